//! The permissions boundary of the stack's roles.

use anyhow::Result;
use serde_json::Value;
use txflow_asl::Arn;

use super::pattern::{any, stage_of};
use super::size::note_size;
use crate::commands::context::{Printer, Project};
use crate::config::{Deployment, FunctionConfig};
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
    let document = document(deployment, stack, former);
    let everything = |function: &FunctionConfig| {
        let mut actions = function.statements.iter().flat_map(|one| &one.actions);
        actions.any(|action| action == "*")
    };
    for (name, function) in &deployment.functions {
        if everything(function) {
            printer.note(&format!(
                "the function `{name}` declares the action `*`, so the boundary allows it to every role"
            ));
        }
    }
    note_size(
        "boundary",
        &document,
        "use a wildcard for resources that `statements` in deploy.toml name one by one",
        printer,
    );
    document
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

/// The boundary of the stack's roles, including those of what deploy.toml no longer names.
fn document(deployment: &Deployment, stack: &Stack, former: &Members) -> Value {
    let roles = resources::roles(deployment, stack);
    let former = resources::former_policy(stack, former);
    policy::boundary(roles.values().map(|role| &role.policy).chain([&former]))
}
