//! The policy document for IAM.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Command, Permission, Target};
use crate::config::{Family, FunctionConfig, StateMachineConfig, Template};
use crate::resources::Kind;
use crate::stack::{Members, Stack};

/// What a policy covers.
pub struct Scope<'a> {
    /// The stage may be a pattern such as `pr-*`; account and region may be `*`.
    pub stack: &'a Stack,
    pub functions: &'a BTreeMap<String, FunctionConfig>,
    pub state_machines: &'a Family<StateMachineConfig>,
    /// The event buses that tests put events on.
    pub event_buses: BTreeSet<&'a Template>,
    /// Whether tests answer tasks that wait for their token.
    pub answers_tasks: bool,
    /// What deploy.toml no longer names but AWS still holds.
    pub former: &'a Members,
    /// A pattern that stands for all functions, `*`, if their names would make the policy too long. It ends in the middle of
    /// a name, so it covers stages whose names begin alike as well.
    pub all: Option<&'a String>,
    /// The ARN of the managed policy that is the permissions boundary of every role of the stack.
    pub boundary: Option<&'a str>,
}

/// The minimal policy for these commands, with one statement for each target.
pub fn document(scope: &Scope<'_>, commands: &[Command]) -> Value {
    let mut statements: BTreeMap<&str, (&Target, BTreeSet<&str>)> = BTreeMap::new();
    for permission in permissions() {
        let mut needed = permission.commands.iter();
        if needed.any(|command| commands.contains(command)) {
            let target = permission.target;
            let statement = statements.entry(target.sid);
            let (_, actions) = statement.or_insert((target, BTreeSet::new()));
            actions.insert(permission.action);
        }
    }
    let statements = statements.into_values();
    let statements = statements.filter_map(|(target, actions)| statement(scope, target, &actions));
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}

/// Every action that txflow may call, except GetCallerIdentity, which needs no permission.
pub fn permissions() -> impl Iterator<Item = &'static Permission> {
    Kind::ALL.into_iter().flat_map(|kind| {
        let operations = kind.operations().iter();
        let written = operations.flat_map(|spec| spec.permissions);
        kind.reads().iter().chain(written)
    })
}

/// `None` if the stack has nothing of the kind.
fn statement(scope: &Scope<'_>, target: &Target, actions: &BTreeSet<&str>) -> Option<Value> {
    let resources = (target.resources)(scope);
    let left_out = target.unbounded && scope.boundary.is_some();
    if resources.is_empty() || left_out {
        return None;
    }
    let mut statement = json!({
        "Sid": target.sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
    });
    if let Some(condition) = (target.condition)(scope) {
        statement["Condition"] = json!({ "StringEquals": condition });
    }
    Some(statement)
}

impl Scope<'_> {
    /// Its functions, or the pattern that stands for them, and its state machines, including former ones.
    pub fn members(&self) -> Members {
        let Members {
            handlers,
            state_machines,
        } = self.former.clone();
        Members {
            handlers: match self.all {
                Some(all) => [all.clone()].into(),
                None => self.functions.keys().cloned().chain(handlers).collect(),
            },
            state_machines: self.state_machines.names().chain(state_machines).collect(),
        }
    }

    /// The handlers of its functions, including former ones, or the pattern that stands for them.
    pub fn handlers(&self) -> impl Iterator<Item = String> {
        self.members().handlers.into_iter()
    }
}

#[cfg(test)]
mod tests;
