//! The policy as IAM takes it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Command;
use super::table::{On, TABLE};
use crate::config::FunctionConfig;
use crate::desired::Stack;

/// What a policy is for.
pub struct Scope<'a> {
    /// The stage may be a pattern such as `pr-*`; account and region may be `*`.
    pub stack: &'a Stack,
    pub functions: &'a BTreeMap<String, FunctionConfig>,
    /// Functions that deploy.toml no longer names, and AWS still holds.
    pub former: &'a [String],
    /// The ARN of the managed policy that every role of the stack carries.
    pub boundary: Option<&'a str>,
}

/// The least that these commands need, one statement for each kind of resource.
pub fn document(scope: &Scope<'_>, commands: &[Command]) -> Value {
    let mut actions: BTreeMap<On, Vec<&str>> = BTreeMap::new();
    for row in TABLE {
        if row
            .commands
            .iter()
            .any(|command| commands.contains(command))
        {
            actions.entry(row.on).or_default().push(row.action);
        }
    }
    let statements = actions
        .into_iter()
        .filter_map(|(on, actions)| statement(scope, on, actions));
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}

/// `None` where the stack has nothing of the kind.
fn statement(scope: &Scope<'_>, on: On, mut actions: Vec<&str>) -> Option<Value> {
    let resources = resources(scope, on);
    if resources.is_empty() {
        return None;
    }
    actions.sort_unstable();
    let mut statement = json!({
        "Sid": format!("{on:?}"),
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
    });
    if let Some(condition) = condition(scope, on) {
        statement["Condition"] = json!({ "StringEquals": condition });
    }
    Some(statement)
}

fn condition(scope: &Scope<'_>, on: On) -> Option<Value> {
    match on {
        On::PassedRoles => {
            let services = ["lambda.amazonaws.com", "states.amazonaws.com"];
            Some(json!({ "iam:PassedToService": services }))
        }
        On::BoundedRoles | On::Boundary => scope
            .boundary
            .map(|boundary| json!({ "iam:PermissionsBoundary": boundary })),
        _ => None,
    }
}

fn resources(scope: &Scope<'_>, on: On) -> Vec<String> {
    let stack = scope.stack;
    let roles = || stack.role_arn(&stack.function_name("*"));
    match on {
        On::Roles | On::BoundedRoles | On::PassedRoles => vec![roles()],
        On::Boundary => scope.boundary.map(|_| roles()).into_iter().collect(),
        On::Trust if scope.boundary.is_none() => vec![roles()],
        On::Trust => Vec::new(),
        On::RoleNames => {
            let names = scope.handlers().map(|handler| stack.function_name(handler));
            let names = names.chain([stack.state_machine_role()]);
            let without_path =
                |name: String| stack.role_arn(&name).replace(&stack.role_path(), "/");
            names.map(without_path).chain([roles()]).collect()
        }
        // A function's versions have ARNs of their own. A pattern for all functions of the stage would end in the
        // middle of a name: `prod-*` covers the stage `prod-2`.
        On::Functions => {
            let functions = scope.handlers().map(|handler| stack.function_arn(handler));
            functions.flat_map(with_parts).collect()
        }
        On::Layers => {
            let functions = scope.functions.values();
            let layers = functions.flat_map(|function| &function.layers);
            let layers: BTreeSet<&String> = layers.collect();
            layers.into_iter().cloned().collect()
        }
        // AWS holds some actions against the group, others against a stream of it.
        On::LogGroups => {
            let groups = scope
                .handlers()
                .map(|handler| stack.function_log_group(handler));
            groups
                .chain([stack.state_machine_log_group()])
                .flat_map(|group| with_parts(stack.log_group_arn(&group)))
                .collect()
        }
        On::AllLogGroups => vec![stack.log_group_arn("*")],
        // AWS's documents disagree on whether a version or an alias is held against its own ARN.
        On::StateMachine => with_parts(stack.state_machine_arn()).to_vec(),
        On::Executions => vec![stack.execution_arn("*")],
        On::Anything => vec!["*".to_owned()],
        On::Networks => {
            let mut functions = scope.functions.values();
            let in_network = functions.any(|function| function.vpc.is_some());
            in_network.then(|| "*".to_owned()).into_iter().collect()
        }
    }
}

/// The resource, and what has an ARN below its own.
fn with_parts(arn: String) -> [String; 2] {
    let parts = format!("{arn}:*");
    [arn, parts]
}

impl Scope<'_> {
    fn handlers(&self) -> impl Iterator<Item = &String> {
        let handlers: BTreeSet<&String> = self.functions.keys().chain(self.former).collect();
        handlers.into_iter()
    }
}

#[cfg(test)]
mod tests;
