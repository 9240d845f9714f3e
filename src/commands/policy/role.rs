//! The policy of one of the stack's roles, and what each of its statements is for.

use std::collections::BTreeMap;

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::commands::context::Printer;
use crate::commands::error::CommandError;
use crate::config::{Deployment, MachineName};
use crate::exit::Exit;
use crate::report::Answer;
use crate::resources::{self, Role, Statement};
use crate::stack::Stack;
use crate::world::unbroken;

/// How the role of the main state machine is named on the command line; the others by their functions and state machines.
const STATE_MACHINE: &str = "state-machine";

/// Prints what the role of a function or of a state machine allows, whoever makes it.
pub(super) fn role(
    deployment: &Deployment,
    stack: &Stack,
    name: &str,
    printer: &Printer,
) -> Result<Exit> {
    resources::check(deployment)?;
    let role = find(deployment, stack, name)?;
    for (i, statement) in role.statements.iter().enumerate() {
        let (wide, needs): (Vec<_>, Vec<_>) =
            { statement.because.iter() }.partition(|why| why.explains().is_some());
        let needs: Vec<String> = needs.into_iter().map(ToString::to_string).collect();
        let mut on: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for why in wide {
            let pattern = why.explains().unwrap_or_default();
            on.entry(pattern).or_default().push(why.to_string());
        }
        let why: String = { on.iter() }
            .map(|(pattern, why)| format!(", on `{pattern}` because {}", why.join(", or ")))
            .collect();
        printer.note(&format!(
            "statement {}, {}, is for {}{why}",
            i + 1,
            statement.actions.join(", "),
            needs.join(", ")
        ));
    }
    let policy = if role.statements.is_empty() {
        &Value::Null
    } else {
        &role.policy
    };
    if policy.is_null() {
        printer.note("the role has no policy, since nothing in the stack needs one; IAM refuses a policy without statements");
    }
    printer.answer(&RolePolicy {
        policy,
        statements: &role.statements,
    })?;
    Ok(Exit::Done)
}

fn find(deployment: &Deployment, stack: &Stack, name: &str) -> Result<Role, CommandError> {
    let machines = deployment.state_machines.named.keys();
    let known = deployment.functions.keys().chain(machines).cloned();
    let known: Vec<String> = [STATE_MACHINE.to_owned()]
        .into_iter()
        .chain(known)
        .collect();
    let named = deployment.state_machines.named.contains_key(name);
    let wanted = match name {
        STATE_MACHINE => stack.state_machine_role(&MachineName::Main),
        name if named => stack.state_machine_role(&MachineName::Named(name.to_owned())),
        handler => stack.function_role(handler),
    };
    let own = resources::roles(deployment, stack).into_values();
    let of_others = resources::roles_of_others(deployment, stack);
    let mut roles = own.chain(of_others.into_iter().map(|(_, role)| role));
    let found = roles.find(|role| role.name == wanted);
    found.ok_or_else(|| CommandError::UnknownRole {
        name: name.to_owned(),
        known,
    })
}

/// On stdout it is the policy alone, so that IAM takes it; `--json` adds what each statement is for.
#[derive(Serialize, JsonSchema)]
pub(in crate::commands) struct RolePolicy<'a> {
    // Null if there are no statements.
    policy: &'a Value,
    statements: &'a [Statement],
}

impl Answer for RolePolicy<'_> {
    fn text(&self) -> String {
        if self.policy.is_null() {
            return String::new();
        }
        unbroken(&format!("{:#}", self.policy))
    }
}
