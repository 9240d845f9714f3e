//! The permissions boundary of the stack's roles.

use anyhow::Result;
use serde_json::Value;
use txflow_asl::Arn;

use super::pattern::{any, stage_of};
use super::size;
use crate::commands::context::{Printer, Project};
use crate::config::{Deployment, MachineName, PolicyStatement};
use crate::policy;
use crate::resources;
use crate::stack::{Members, Stack};

/// The boundary for an administrator, with notes about it.
pub(super) fn boundary(
    deployment: &Deployment,
    stack: &Stack,
    former: &Members,
    printer: &Printer,
) -> Value {
    let exact = exact(deployment, stack, former);
    let everything = |statements: &[PolicyStatement]| {
        let mut actions = statements.iter().flat_map(|one| &one.actions);
        actions.any(|action| action == "*")
    };
    let functions = deployment.functions.iter();
    let functions =
        functions.map(|(name, function)| (format!("function `{name}`"), &function.statements));
    let machines = deployment.state_machines.iter();
    let machines = machines.map(|(machine, config)| (shown(&machine), &config.statements));
    let declared = functions.chain(machines);
    for (who, statements) in declared {
        if everything(statements) {
            printer.note(&format!(
                "the {who} declares the action `*`, so the boundary allows it to every role"
            ));
        }
    }
    let document = document(deployment, stack, former);
    if document != exact && size::fits(&document) {
        size::note_pattern("boundary", &exact, stack, printer);
    }
    document
}

fn shown(machine: &MachineName) -> String {
    let name = machine.given();
    name.map_or_else(
        || "state machine".to_owned(),
        |name| format!("state machine `{name}`"),
    )
}

/// The boundary that an administrator would have created, unless it is one of AWS's own policies. One that a stage
/// has in common with others covers them all.
pub(in crate::commands) fn local_boundary<'a>(
    project: &Project,
    deployment: &'a Deployment,
    stack: &Stack,
    former: &Members,
) -> Result<Option<(&'a str, Value)>> {
    let own = |arn: &&str| Arn::parse(arn).is_none_or(|arn| arn.account != "aws");
    let Some(arn) = deployment.permissions_boundary.as_deref().filter(own) else {
        return Ok(None);
    };
    let mut stack = stack.clone();
    let of_any_stage = project.load_stage(&stage_of("*"))?.permissions_boundary;
    if of_any_stage.as_deref() == Some(arn) {
        stack.stage = any();
    }
    Ok(Some((arn, document(deployment, &stack, former))))
}

/// The boundary of the stack's roles, including those of functions that deploy.toml no longer names. If their names would
/// make it too long, one pattern stands for them.
fn document(deployment: &Deployment, stack: &Stack, former: &Members) -> Value {
    let exact = exact(deployment, stack, former);
    if size::fits(&exact) {
        return exact;
    }
    let mut policies = policies(deployment, stack, former);
    for policy in &mut policies {
        widen(policy, stack);
    }
    policy::boundary(&policies)
}

fn exact(deployment: &Deployment, stack: &Stack, former: &Members) -> Value {
    policy::boundary(&policies(deployment, stack, former))
}

fn policies(deployment: &Deployment, stack: &Stack, former: &Members) -> Vec<Value> {
    let roles = resources::roles(deployment, stack).into_values();
    let former = resources::former_policy(stack, former);
    roles.map(|role| role.policy).chain([former]).collect()
}

/// Puts a pattern in the place of the names of the stack's functions and of their log groups.
fn widen(policy: &mut Value, stack: &Stack) {
    let own = [
        stack.function_arn(""),
        stack.log_group_arn(&stack.function_log_group("")),
    ];
    let statements = policy["Statement"].as_array_mut();
    let resources = statements
        .into_iter()
        .flatten()
        .filter_map(|statement| statement["Resource"].as_array_mut());
    for resource in resources.flatten() {
        let text = resource.as_str().unwrap_or_default();
        if let Some(own) = own.iter().find(|own| text.starts_with(own.as_str())) {
            *resource = format!("{own}*:*").into();
        }
    }
}
