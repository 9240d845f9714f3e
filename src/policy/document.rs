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
    if on == On::PassedRoles {
        let services = ["lambda.amazonaws.com", "states.amazonaws.com"];
        statement["Condition"] = json!({ "StringEquals": { "iam:PassedToService": services } });
    }
    Some(statement)
}

fn resources(scope: &Scope<'_>, on: On) -> Vec<String> {
    let Scope { stack, functions } = scope;
    let roles = stack.role_arn(&stack.function_name("*"));
    match on {
        On::Roles | On::PassedRoles => vec![roles],
        On::RoleNames => vec![roles.replace(&stack.role_path(), "/"), roles],
        On::Functions => vec![stack.function_arn("*")],
        On::Layers => {
            let layers = functions.values().flat_map(|function| &function.layers);
            let layers: BTreeSet<&String> = layers.collect();
            layers.into_iter().cloned().collect()
        }
        // AWS holds some actions against the group, others against a stream of it.
        On::LogGroups => {
            let state_machine = stack.log_group_arn(&stack.state_machine_log_group());
            vec![
                stack.log_group_arn(&stack.function_log_group("*")),
                format!("{state_machine}:*"),
                state_machine,
            ]
        }
        On::AllLogGroups => vec![stack.log_group_arn("*")],
        // AWS's documents disagree on whether a version or an alias is held against its own ARN.
        On::StateMachine => {
            let arn = stack.state_machine_arn();
            vec![format!("{arn}:*"), arn]
        }
        On::Executions => vec![stack.execution_arn("*")],
        On::Anything => vec!["*".to_owned()],
        On::Networks => {
            let in_network = functions.values().any(|function| function.vpc.is_some());
            in_network.then(|| "*".to_owned()).into_iter().collect()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::desired::sample::stack;

    fn policy(commands: &[Command]) -> Value {
        let functions = BTreeMap::new();
        let stack = stack();
        let scope = Scope {
            stack: &stack,
            functions: &functions,
        };
        document(&scope, commands)
    }

    #[test]
    fn a_reader_may_write_nothing() {
        let readers = [
            Command::Plan,
            Command::Status,
            Command::Logs,
            Command::Graph,
        ];
        let policy = policy(&readers);
        let statements = policy["Statement"].as_array().unwrap();
        let actions = statements
            .iter()
            .flat_map(|statement| statement["Action"].as_array().unwrap());
        for action in actions {
            let name = action.as_str().unwrap().split(':').nth(1).unwrap();
            let reads = ["Get", "List", "Describe", "Filter"];
            assert!(reads.iter().any(|read| name.starts_with(read)), "{name}");
        }
    }

    /// A managed policy has 6,144 characters at most; white space does not count.
    #[test]
    fn the_whole_policy_fits_into_a_managed_policy() {
        assert!(policy(&Command::ALL).to_string().len() < 6144);
    }

    #[test]
    fn roles_are_passed_to_two_services_only() {
        let policy = policy(&[Command::Deploy]);
        let statements = policy["Statement"].as_array().unwrap();
        let passing: Vec<&Value> = statements
            .iter()
            .filter(|statement| statement.to_string().contains("iam:PassRole"))
            .collect();
        let [passing] = passing.as_slice() else {
            panic!("{passing:?}")
        };
        let roles = "arn:aws:iam::123456789012:role/txflow/shop/dev/shop-dev-*";
        assert_eq!(passing["Resource"], json!([roles]));
        assert_eq!(
            passing["Condition"]["StringEquals"]["iam:PassedToService"],
            json!(["lambda.amazonaws.com", "states.amazonaws.com"])
        );
    }
}
