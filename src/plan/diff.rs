//! (Desired, Observed) → Plan.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::Builder;
use super::functions::FunctionSteps;
use super::prune::Kept;
use super::roles::RoleSteps;
use super::state_machine::{Comparison, Release};
use super::{Plan, Refusal, Resource, StepId, functions, log_groups, prune, removal, roles};
use crate::desired::{Desired, Role, Stack, StateMachine, state_machine_policy};
use crate::observe::Observed;

/// What must be done for AWS to hold what is desired. Destroying is the same against an empty
/// `Desired`.
///
/// # Errors
///
/// [`Refusal`] where a resource carries a name of the stack and is not its own, and where AWS cannot
/// make the change.
pub fn diff(desired: &Desired, observed: &Observed) -> Result<Plan, Refusal> {
    refuse_foreign(&desired.stack, observed)?;
    refuse_type_change(desired, observed)?;
    let mut builder = Builder::default();
    let mut notes = Vec::new();
    match &desired.state_machine {
        Some(wanted) => release(&mut builder, desired, wanted, observed, &mut notes),
        None => remove_everything(&mut builder, &desired.stack, observed),
    }
    Ok(Plan {
        stack: desired.stack.clone(),
        steps: builder.steps,
        notes,
    })
}

/// That all of this is the stack's own.
///
/// # Errors
///
/// [`Refusal::Foreign`] with what is not.
pub fn refuse_foreign(stack: &Stack, observed: &Observed) -> Result<(), Refusal> {
    let mut foreign = Vec::new();
    for (name, role) in &observed.roles {
        if role.path != stack.role_path() || !stack.owns(&role.tags) {
            foreign.push(Resource::Role(name.clone()));
        }
    }
    for (name, log_group) in &observed.log_groups {
        if !stack.owns(&log_group.tags) {
            foreign.push(Resource::LogGroup(name.clone()));
        }
    }
    for function in observed.functions.values() {
        if !stack.owns(&function.tags) {
            foreign.push(Resource::Function(function.name.clone()));
        }
    }
    if let Some(state_machine) = &observed.state_machine
        && !stack.owns(&state_machine.tags)
    {
        foreign.push(Resource::StateMachine(stack.state_machine_name()));
    }
    if foreign.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Foreign(foreign))
    }
}

fn refuse_type_change(desired: &Desired, observed: &Observed) -> Result<(), Refusal> {
    let (Some(wanted), Some(state)) = (&desired.state_machine, &observed.state_machine) else {
        return Ok(());
    };
    let (old, new) = (state.settings.kind, wanted.settings.kind);
    if old == new || state.deleting {
        return Ok(());
    }
    Err(Refusal::TypeChanged {
        name: wanted.name.clone(),
        old: old.as_str(),
        new: new.as_str(),
    })
}

/// Adds the steps of a deploy.
fn release(
    builder: &mut Builder,
    desired: &Desired,
    wanted: &StateMachine,
    observed: &Observed,
    notes: &mut Vec<String>,
) {
    let roles = function_roles(builder, desired, observed);
    let log_groups = wanted_log_groups(builder, desired, observed);
    let functions = wanted_functions(builder, desired, observed, &roles, &log_groups);
    let comparison = Comparison {
        desired,
        wanted,
        // One that is being deleted is created again once it is gone; the call waits for that.
        observed: observed
            .state_machine
            .as_ref()
            .filter(|state| !state.deleting),
        functions: &functions,
    };
    let release = comparison.release();
    // What `Publish` gives is mostly there already.
    let publishes = matches!(release, Release::Create | Release::Update(_));
    let kept = match (comparison.observed, &observed.usage) {
        (Some(state_machine), Some(usage)) => Kept::new(desired, state_machine, usage, publishes),
        _ => Kept::default(),
    };
    let own_role = state_machine_role(builder, desired, wanted, observed, &kept);
    // Step Functions tries out the role and the log destination when it takes the definition.
    let own_log_group = log_groups.get(&desired.stack.state_machine_log_group());
    let tried_out = own_role.permitted.iter().chain(own_log_group).cloned();
    // Callers see the release only when the functions have all that they may need.
    let permitted = roles.into_values().flat_map(|role| role.permitted);
    let live = comparison.add(builder, release, tried_out.collect(), permitted.collect());
    if observed.usage.is_some() {
        let pruned = prune::prune(builder, desired, observed, &kept, live.as_ref());
        let after: Vec<StepId> = live.into_iter().chain(pruned).collect();
        remove_functions(builder, desired, observed, &kept, &after, notes);
    }
}

fn function_roles(
    builder: &mut Builder,
    desired: &Desired,
    observed: &Observed,
) -> BTreeMap<String, RoleSteps> {
    let own = desired.stack.state_machine_role();
    let roles = desired.roles.iter().filter(|(name, _)| **name != own);
    roles
        .map(|(name, role)| {
            let steps = roles::role(builder, role, observed.roles.get(name));
            (name.clone(), steps)
        })
        .collect()
}

/// The role may also invoke what `deploy.toml` no longer names and a kept release pins: a rollback
/// needs it.
fn state_machine_role(
    builder: &mut Builder,
    desired: &Desired,
    wanted: &StateMachine,
    observed: &Observed,
    kept: &Kept,
) -> RoleSteps {
    let stack = &desired.stack;
    let name = stack.state_machine_role();
    let Some(role) = desired.roles.get(&name) else {
        return RoleSteps::default();
    };
    let handlers: BTreeSet<&String> = desired.functions.keys().chain(kept.handlers()).collect();
    let role = Role {
        policy: state_machine_policy(stack, handlers.into_iter(), &wanted.settings),
        ..role.clone()
    };
    roles::role(builder, &role, observed.roles.get(&name))
}

/// Gives the creations, by log group.
fn wanted_log_groups(
    builder: &mut Builder,
    desired: &Desired,
    observed: &Observed,
) -> BTreeMap<String, StepId> {
    desired
        .log_groups
        .iter()
        .filter_map(|(name, log_group)| {
            let state = observed.log_groups.get(name);
            let created = log_groups::log_group(builder, &desired.stack, log_group, state)?;
            Some((name.clone(), created))
        })
        .collect()
}

fn wanted_functions(
    builder: &mut Builder,
    desired: &Desired,
    observed: &Observed,
    roles: &BTreeMap<String, RoleSteps>,
    log_groups: &BTreeMap<String, StepId>,
) -> BTreeMap<String, FunctionSteps> {
    let nothing = RoleSteps::default();
    desired
        .functions
        .iter()
        .map(|(handler, function)| {
            let role = roles.get(&function.name).unwrap_or(&nothing);
            let log_group = log_groups.get(&desired.stack.function_log_group(handler));
            let state = observed.functions.get(handler);
            let stack = &desired.stack;
            let steps = functions::function(builder, stack, function, state, role, log_group);
            (handler.clone(), steps)
        })
        .collect()
}

/// Removes the functions that `deploy.toml` no longer names, unless a kept release pins them.
fn remove_functions(
    builder: &mut Builder,
    desired: &Desired,
    observed: &Observed,
    kept: &Kept,
    after: &[StepId],
    notes: &mut Vec<String>,
) {
    let stack = &desired.stack;
    for (name, role) in &observed.roles {
        let Some(handler) = stack.handler_of_role(name) else {
            continue;
        };
        if desired.functions.contains_key(handler) {
            continue;
        }
        if let Some(release) = kept.release_that_pins(handler) {
            notes.push(format!(
                "function `{name}` is no longer in deploy.toml and stays while release {release}, which pins it, is kept"
            ));
            continue;
        }
        let mut gone = Vec::new();
        if observed.functions.contains_key(handler) {
            gone.push(removal::function(builder, name, after.to_vec()));
        }
        let log_group = stack.function_log_group(handler);
        if observed.log_groups.contains_key(&log_group) {
            gone.push(removal::log_group(builder, &log_group, gone.clone()));
        }
        removal::role(builder, name, role, after, &gone);
    }
}

fn remove_everything(builder: &mut Builder, stack: &Stack, observed: &Observed) {
    let state_machine = removal::state_machine(builder, stack, observed);
    let begun = state_machine.begun;
    let mut gone = state_machine.over;
    for function in observed.functions.values() {
        gone.push(removal::function(builder, &function.name, begun.clone()));
    }
    // The roles may not create log groups, so what still ran leaves none behind.
    for name in observed.log_groups.keys() {
        gone.push(removal::log_group(builder, name, begun.clone()));
    }
    for (name, role) in &observed.roles {
        removal::role(builder, name, role, &begun, &gone);
    }
}

/// Whether the plan can only be made with [`crate::observe::Usage`]: something may have to go that
/// something else still uses.
pub fn needs_usage(plan: &Plan, desired: &Desired, observed: &Observed) -> bool {
    let releases = observed.releases().count() + usize::from(plan.publishes_release());
    let unwanted = observed
        .roles
        .keys()
        .any(|name| !desired.roles.contains_key(name));
    observed.usage.is_none() && (releases > desired.keep_versions || unwanted)
}
