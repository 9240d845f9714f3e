//! The permissions boundary of a stack's roles: everything that they may need, and what they may never have.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// What a handler must not call, unless deploy.toml names it: the ways to escape the boundary.
const NEVER: [&str; 4] = ["account:*", "iam:*", "organizations:*", "sts:AssumeRole*"];

/// The prefixes of the actions of those services. If deploy.toml names an action, those with other prefixes stay denied.
const VERBS: [&str; 34] = [
    "Accept",
    "Add",
    "Attach",
    "Cancel",
    "Change",
    "Close",
    "Create",
    "Deactivate",
    "Decline",
    "Delete",
    "Deregister",
    "Describe",
    "Detach",
    "Disable",
    "Enable",
    "Generate",
    "Get",
    "Invite",
    "Leave",
    "List",
    "Move",
    "Pass",
    "Put",
    "Register",
    "Remove",
    "Reset",
    "Resync",
    "Send",
    "Set",
    "Simulate",
    "Start",
    "Tag",
    "Untag",
    "Up",
];

/// The maximum permissions of the roles with these policies: what the policies allow now. A role that is given another
/// policy has no more than this.
pub fn boundary<'a>(policies: impl IntoIterator<Item = &'a Value>) -> Value {
    let mut allowed = Allowed::default();
    for policy in policies {
        let statements = policy["Statement"].as_array();
        statements
            .into_iter()
            .flatten()
            .for_each(|statement| allowed.add(statement));
    }
    let denied: Vec<String> = NEVER
        .into_iter()
        .flat_map(|never| allowed.without_named(never))
        .collect();
    let mut statements = allowed.statements();
    if !denied.is_empty() {
        statements.push(json!({ "Effect": "Deny", "Action": denied, "Resource": "*" }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// `Allow` statements; those that differ only in their resources are merged.
#[derive(Default)]
struct Allowed {
    /// By actions and condition, each as JSON.
    resources: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Allowed {
    fn add(&mut self, statement: &Value) {
        let key = (
            statement["Action"].to_string(),
            statement["Condition"].to_string(),
        );
        let resources = self.resources.entry(key).or_default();
        resources.extend(strings(&statement["Resource"]));
    }

    /// The actions of the pattern, minus those that a statement names: `*` names none.
    fn without_named(&self, never: &str) -> Vec<String> {
        if !self.names(never) {
            return vec![never.to_owned()];
        }
        let Some(service) = never.strip_suffix('*').filter(|start| start.ends_with(':')) else {
            return Vec::new();
        };
        let patterns = VERBS.iter().map(|verb| format!("{service}{verb}*"));
        patterns.filter(|pattern| !self.names(pattern)).collect()
    }

    /// Whether a statement names an action that the pattern may mean.
    fn names(&self, pattern: &str) -> bool {
        self.resources.keys().any(|(actions, _)| {
            let actions: Value = serde_json::from_str(actions).unwrap_or_default();
            strings(&actions)
                .iter()
                .any(|action| action.contains(':') && may_meet(action, pattern))
        })
    }

    fn statements(self) -> Vec<Value> {
        let statement = |((actions, condition), resources): (_, BTreeSet<String>)| {
            let read = |text: String| serde_json::from_str::<Value>(&text).unwrap_or_default();
            let mut statement = json!({
                "Effect": "Allow",
                "Action": read(actions),
                "Resource": resources,
            });
            let condition = read(condition);
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        };
        self.resources.into_iter().map(statement).collect()
    }
}

/// Whether two patterns may match the same action, judged by the text before their first wildcards.
fn may_meet(one: &str, other: &str) -> bool {
    let fixed = |pattern: &str| {
        let end = pattern.find(['*', '?']).unwrap_or(pattern.len());
        pattern[..end].to_ascii_lowercase()
    };
    let (one, other) = (fixed(one), fixed(other));
    one.starts_with(&other) || other.starts_with(&one)
}

/// A string, or a list of strings.
fn strings(value: &Value) -> Vec<String> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let items = items.iter().filter_map(Value::as_str);
    items.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Deployment, LogLevel, PolicyStatement, VpcConfig};
    use crate::resources::{roles, sample};

    fn printed(change: impl FnOnce(&mut Deployment)) -> Vec<Value> {
        let mut deployment = sample::deployment();
        change(&mut deployment);
        let roles = roles(&deployment, &sample::stack());
        boundary(roles.values().map(|role| &role.policy))["Statement"]
            .as_array()
            .unwrap()
            .clone()
    }

    fn declare(actions: &[&str]) -> impl FnOnce(&mut Deployment) {
        let actions = actions.iter().map(|&action| action.to_owned()).collect();
        |deployment| {
            let buy = deployment.functions.get_mut("buy").unwrap();
            buy.statements.push(PolicyStatement {
                actions,
                resources: vec!["*".into()],
                condition: Some(json!({ "Bool": { "aws:SecureTransport": "true" } }).into()),
            });
        }
    }

    fn denied(statements: &[Value]) -> Option<Vec<String>> {
        let deny = statements.iter().find(|one| one["Effect"] == "Deny")?;
        Some(strings(&deny["Action"]))
    }

    #[test]
    fn it_covers_the_logs_and_the_calls_of_the_own_functions_and_nothing_else() {
        let statements = printed(|_| {});
        let arn = |rest: &str| format!("arn:aws:{rest}");
        let function = |name: &str| arn(&format!("lambda:eu-west-1:123456789012:function:{name}"));
        let group = |name: &str| {
            arn(&format!(
                "logs:eu-west-1:123456789012:log-group:/aws/lambda/{name}:*"
            ))
        };
        assert_eq!(
            statements,
            [
                json!({
                    "Effect": "Allow",
                    "Action": ["lambda:InvokeFunction"],
                    "Resource": [
                        function("shop-dev-buy:*"), function("shop-dev-sell:*"),
                    ],
                }),
                json!({
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": [group("shop-dev-buy"), group("shop-dev-sell")],
                }),
                json!({ "Effect": "Deny", "Action": NEVER, "Resource": "*" }),
            ]
        );
    }

    #[test]
    fn it_covers_what_deploy_toml_switches_on() {
        let statements = printed(|deployment| {
            deployment.state_machines.main.logging = LogLevel::All;
            let buy = deployment.functions.get_mut("buy").unwrap();
            buy.settings.tracing = true;
            buy.settings.dead_letter_target =
                Some("arn:aws:sqs:eu-west-1:123456789012:lost".to_owned());
            buy.settings.vpc = Some(VpcConfig {
                subnet_ids: vec!["subnet-1".to_owned()],
                security_group_ids: vec!["sg-1".to_owned()],
                dual_stack: false,
            });
            declare(&["dynamodb:PutItem"])(deployment);
        });
        let text = Value::from(statements).to_string();
        for action in [
            "logs:CreateLogDelivery",
            "xray:PutTraceSegments",
            "ec2:CreateNetworkInterface",
            "sqs:SendMessage",
            "dynamodb:PutItem",
            "aws:SecureTransport",
        ] {
            assert!(text.contains(action), "{action}");
        }
    }

    #[test]
    fn the_ways_out_are_denied_even_to_a_handler_that_may_do_everything() {
        assert_eq!(denied(&printed(declare(&["*"]))).unwrap(), NEVER);
    }

    #[test]
    fn what_deploy_toml_names_is_not_denied_and_all_else_of_its_service_is() {
        let denied = denied(&printed(declare(&["sts:AssumeRole", "iam:GetRole"]))).unwrap();
        for (action, expected) in [
            ("account:*", true),
            ("organizations:*", true),
            ("sts:AssumeRole*", false),
            ("iam:Get*", false),
            ("iam:*", false),
            ("iam:Create*", true),
            ("iam:Attach*", true),
            ("iam:Pass*", true),
            ("iam:Put*", true),
            ("iam:Up*", true),
        ] {
            assert_eq!(denied.iter().any(|one| one == action), expected, "{action}");
        }
    }

    #[test]
    fn an_action_that_is_no_way_out_lifts_nothing() {
        let denied = denied(&printed(declare(&["sts:GetCallerIdentity", "*"]))).unwrap();
        assert_eq!(denied, NEVER);
    }
}
