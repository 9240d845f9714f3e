//! The steps that remove what is no longer in use.

use std::collections::BTreeSet;

use super::{Draft, Milestone, Reason, Removal, StepId};
use crate::config::MachineName;
use crate::resources::function::operations::DeleteFunctionVersion;
use crate::resources::state_machine::operations::DeleteStateMachineVersion;
use crate::resources::{FunctionVersion, Kind, narrow};

/// Removes releases beyond `keep-versions`, function versions that nothing pins, and functions that `deploy.toml` no
/// longer names, all after `live` has moved.
pub(super) fn prune(draft: &mut Draft<'_>) {
    let live = Kind::Alias.named(draft.desired.stack.alias_name());
    let live = draft.steps.until(&live, Milestone::Usable);
    let releases = delete_releases(draft, &live);
    narrow(draft, &live);
    // After them, nothing pins what only they pinned.
    let deletes_releases = !releases.is_empty();
    let mut after = [live, releases].concat();
    // What was left behind goes with the next release, so that a stack in which only that is left is as it should be.
    let prunes_versions = deletes_releases || draft.state_machines.main.publishes();
    if prunes_versions {
        let deleted = delete_versions_beside(draft, &after);
        after.extend(deleted);
    }
    let removed = remove_former_state_machines(draft, &after);
    after.extend(removed);
    if prunes_versions {
        delete_versions(draft, &after);
    }
    remove_former(draft, &after);
    remove_former_roles(draft, &after);
}

fn delete_releases(draft: &mut Draft<'_>, after: &[StepId]) -> Vec<StepId> {
    let stack = &draft.desired.stack;
    let resource = Kind::StateMachine.named(&draft.desired.state_machines.main.name);
    let mut deleted = Vec::new();
    for release in draft.observed.releases() {
        if draft.retained.keeps(release) {
            continue;
        }
        let delete = DeleteStateMachineVersion {
            state_machine_arn: stack.state_machine_arn(&MachineName::Main),
            version: release,
        };
        let after = after.iter().copied();
        let step = draft
            .steps
            .add(&resource, delete, after, vec![Reason::Superseded]);
        deleted.push(step);
    }
    deleted
}

/// The versions of the other state machines that no kept release pins.
fn delete_versions_beside(draft: &mut Draft<'_>, after: &[StepId]) -> Vec<StepId> {
    let stack = &draft.desired.stack;
    let mut deleted = Vec::new();
    for (machine, state) in &draft.observed.state_machines {
        if *machine == MachineName::Main || state.deleting {
            continue;
        }
        let resource = Kind::StateMachine.named(&state.name);
        for (version, _) in &state.versions {
            if !draft.retained.has_superseded(machine, *version) {
                continue;
            }
            let delete = DeleteStateMachineVersion {
                state_machine_arn: stack.state_machine_arn(machine),
                version: *version,
            };
            let after = after.iter().copied();
            let reasons = vec![Reason::Superseded];
            deleted.push(draft.steps.add(&resource, delete, after, reasons));
        }
    }
    deleted
}

/// Removes the state machines that `deploy.toml` no longer names, unless a retained release pins them.
fn remove_former_state_machines(draft: &mut Draft<'_>, after: &[StepId]) -> Vec<StepId> {
    let stack = &draft.desired.stack;
    let mut removed = Vec::new();
    for machine in former_state_machines(draft) {
        let name = stack.state_machine_name(&machine);
        if let Some(by) = draft.retained.machine_pinned_by(&machine) {
            draft.notes.push(format!(
                "state machine `{name}` is no longer in deploy.toml and stays while {by}"
            ));
            continue;
        }
        let mut removal = Removal::new(stack, draft.observed, &mut draft.steps);
        removal.unused = after.to_vec();
        Kind::StateMachine.remove(&mut removal, &name);
        let log_group = stack.state_machine_log_group(&machine);
        if draft.observed.log_groups.contains_key(&log_group) {
            Kind::LogGroup.remove(&mut removal, &log_group);
        }
        let role = stack.state_machine_role(&machine);
        Kind::Role.remove(&mut removal, &role);
        removed.extend(removal.after_everything());
    }
    removed
}

/// The state machines of which something is left.
fn former_state_machines(draft: &Draft<'_>) -> BTreeSet<MachineName> {
    let (desired, observed) = (draft.desired, draft.observed);
    let stack = &desired.stack;
    let roles = observed.roles.keys();
    let roles = roles.filter_map(|role| stack.state_machine_of_role(role));
    let log_groups = observed.log_groups.keys();
    let log_groups = log_groups.filter_map(|group| stack.state_machine_of_log_group(group));
    roles
        .chain(log_groups)
        .chain(observed.state_machines.keys().cloned())
        .filter(|machine| desired.state_machines.get(machine).is_none())
        .collect()
}

fn delete_versions(draft: &mut Draft<'_>, after: &[StepId]) {
    for (handler, function) in &draft.observed.functions {
        // The newest version is the one that this release pins, or is about to.
        let Some((_, older)) = function.versions.split_last() else {
            continue;
        };
        if !draft.desired.functions.contains_key(handler) {
            continue;
        }
        let resource = Kind::Function.named(&function.name);
        for FunctionVersion { version, .. } in older {
            if draft.retained.pins(handler, version) || !draft.retained.is_past(handler, version) {
                continue;
            }
            let delete = DeleteFunctionVersion {
                name: function.name.clone(),
                version: version.clone(),
            };
            let after = after.iter().copied();
            draft
                .steps
                .add(&resource, delete, after, vec![Reason::Superseded]);
        }
    }
}

/// Removes the functions that `deploy.toml` no longer names, unless a retained release pins them.
fn remove_former(draft: &mut Draft<'_>, after: &[StepId]) {
    let stack = &draft.desired.stack;
    for handler in former(draft) {
        let name = stack.function_name(handler);
        if let Some(by) = draft.retained.pinned_by(handler) {
            draft.notes.push(format!(
                "function `{name}` is no longer in deploy.toml and stays while {by}"
            ));
            continue;
        }
        let mut removal = Removal::new(stack, draft.observed, &mut draft.steps);
        removal.unused = after.to_vec();
        if draft.observed.functions.contains_key(handler) {
            Kind::Function.remove(&mut removal, &name);
        }
        let log_group = stack.function_log_group(handler);
        if draft.observed.log_groups.contains_key(&log_group) {
            Kind::LogGroup.remove(&mut removal, &log_group);
        }
        Kind::Role.remove(&mut removal, &stack.function_role(handler));
    }
}

/// The handlers of which something is left: they are found through their roles, or else through their log groups.
fn former<'a>(draft: &Draft<'a>) -> BTreeSet<&'a str> {
    let (desired, observed) = (draft.desired, draft.observed);
    let stack = &desired.stack;
    let roles = observed.roles.keys();
    let roles = roles.filter_map(|role| stack.handler_of_role(role));
    let log_groups = observed.log_groups.keys();
    let log_groups = log_groups.filter_map(|group| stack.handler_of_log_group(group));
    roles
        .chain(log_groups)
        .chain(observed.functions.keys().map(String::as_str))
        .filter(|handler| !desired.functions.contains_key(*handler))
        .collect()
}

/// Removes the roles that nothing needs since others make them, or since roles are named in another way.
fn remove_former_roles(draft: &mut Draft<'_>, after: &[StepId]) {
    let stack = &draft.desired.stack;
    let former = former(draft);
    let former_machines = former_state_machines(draft);
    for name in draft.observed.roles.keys() {
        let handler = stack.handler_of_role(name);
        let machine = stack.state_machine_of_role(name);
        if draft.desired.roles.contains_key(name)
            || handler.is_some_and(|handler| former.contains(handler))
            || machine.is_some_and(|machine| former_machines.contains(&machine))
        {
            continue;
        }
        if draft
            .retained
            .runs_with(&stack.role_arn(name), draft.observed)
        {
            draft.notes.push(format!(
                "role `{name}` is no longer used and stays while a release that uses it is kept"
            ));
            continue;
        }
        let mut removal = Removal::new(stack, draft.observed, &mut draft.steps);
        removal.unused = after.to_vec();
        Kind::Role.remove(&mut removal, name);
    }
}
