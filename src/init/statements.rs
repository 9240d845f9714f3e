//! What the role of something existing allows → the statements of deploy.toml.

use serde_json::Value;
use txflow_asl::permissions::{Need, NeededResource};

use super::StateMachineArn;
use super::definition::general;
use crate::resources::{ExistingRole, LOG_DELIVERY, MOUNT, NETWORK, SAMPLING, TRACING};

/// What is copied of a role, and what is not.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Copied {
    pub statements: Vec<Statement>,
    /// What could not be copied, for people.
    pub left: Vec<String>,
}

/// An `Allow` statement as deploy.toml has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub actions: Vec<String>,
    pub resources: Vec<String>,
    pub condition: Option<Value>,
}

impl Statement {
    /// In every account and region.
    fn general(self, home: &StateMachineArn) -> Self {
        let general_text = |text: String| {
            let mut value = Value::from(text);
            general(&mut value, home);
            value.as_str().unwrap_or_default().to_owned()
        };
        let mut condition = self.condition;
        if let Some(condition) = &mut condition {
            general(condition, home);
        }
        Self {
            resources: self.resources.into_iter().map(general_text).collect(),
            condition,
            ..self
        }
    }
}

/// What a function needs to write its own logs.
const OWN_LOGS: [&str; 3] = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];

/// Whether each role that txflow makes for a function allows it, if its settings need it.
fn is_of_functions(action: &str) -> bool {
    [&OWN_LOGS[..], &TRACING, &NETWORK, &MOUNT]
        .concat()
        .contains(&action)
}

/// The same for a state machine, besides what its states need.
fn is_of_state_machines(action: &str) -> bool {
    action == "lambda:InvokeFunction"
        || [&LOG_DELIVERY[..], &SAMPLING, &TRACING]
            .concat()
            .contains(&action)
}

/// Managed policies of AWS that allow what txflow's own roles allow if it is needed. The one of EFS also allows to look up
/// mount targets, which Lambda does for its functions.
const MANAGED: [&str; 6] = [
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
    "AmazonElasticFileSystemClientReadWriteAccess",
];

pub(super) fn of_function(role: &ExistingRole, home: &StateMachineArn) -> Copied {
    copied(role, home, is_of_functions)
}

/// Leaves out what txflow reads off the definition.
pub(super) fn of_state_machine(
    role: &ExistingRole,
    home: &StateMachineArn,
    needs: &[Need],
) -> Copied {
    let is_derived = |action: &str| {
        let mut needs = needs.iter().filter(|need| need.action == action).peekable();
        let is_needed = needs.peek().is_some();
        // The role that exists may say which one of a type.
        let is_known = |need: &Need| {
            matches!(
                need.resource,
                NeededResource::Arn(_) | NeededResource::Any(_)
            )
        };
        is_needed && needs.all(is_known)
    };
    copied(role, home, |action| {
        is_of_state_machines(action) || is_derived(action)
    })
}

fn copied(role: &ExistingRole, home: &StateMachineArn, is_own: impl Fn(&str) -> bool) -> Copied {
    let mut copied = Copied::default();
    let documents = role.policies.iter();
    for statement in documents.flat_map(|document| list(&document["Statement"])) {
        match read(statement) {
            Some(mut statement) => {
                statement.actions.retain(|action| !is_own(action));
                if !statement.actions.is_empty() {
                    copied.statements.push(statement.general(home));
                }
            }
            None => copied.left.push(format!(
                "a statement of role `{}` that deploy.toml cannot hold: {statement}",
                role.name
            )),
        }
    }
    let managed = role.managed.iter().filter(|arn| {
        let name = arn.rsplit('/').next().unwrap_or_default();
        !MANAGED.contains(&name)
    });
    let managed = managed.map(|arn| {
        format!(
            "what `{arn}` allows, which is attached to role `{}`",
            role.name
        )
    });
    copied.left.extend(managed);
    copied
}

/// `None` if it does not name what it allows.
fn read(statement: &Value) -> Option<Statement> {
    if statement["Effect"] != "Allow" {
        return None;
    }
    let texts = |member: &str| -> Option<Vec<String>> {
        let texts = list(&statement[member]).map(|text| Some(text.as_str()?.to_owned()));
        let texts: Vec<String> = texts.collect::<Option<_>>()?;
        (!texts.is_empty()).then_some(texts)
    };
    Some(Statement {
        actions: texts("Action")?,
        resources: texts("Resource")?,
        condition: statement.get("Condition").cloned(),
    })
}

/// IAM accepts one value where it accepts several.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    let (one, several) = match value {
        Value::Null => (None, None),
        Value::Array(several) => (None, Some(several)),
        one => (Some(one), None),
    };
    one.into_iter().chain(several.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use txflow_asl::permissions::Owner;

    use super::*;

    fn home() -> StateMachineArn {
        let arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders";
        arn.parse().unwrap()
    }

    fn role(statements: Value) -> ExistingRole {
        ExistingRole {
            name: "orders".to_owned(),
            path: "/".to_owned(),
            boundary: None,
            policies: vec![json!({ "Statement": statements })],
            managed: vec![
                "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole".to_owned(),
                "arn:aws:iam::123456789012:policy/own".to_owned(),
            ],
        }
    }

    #[test]
    fn what_a_function_may_do_is_copied_but_for_what_each_may() {
        let copied = of_function(
            &role(json!([
                { "Effect": "Allow", "Action": ["logs:PutLogEvents", "logs:CreateLogStream", "elasticfilesystem:ClientMount"], "Resource": "*" },
                {
                    "Effect": "Allow", "Action": "dynamodb:GetItem",
                    "Resource": "arn:aws:dynamodb:eu-west-1:123456789012:table/${x}",
                    "Condition": { "Bool": { "aws:SecureTransport": "true" } },
                },
                { "Effect": "Deny", "Action": "s3:*", "Resource": "*" },
                { "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" },
            ])),
            &home(),
        );
        assert_eq!(
            copied.statements,
            [Statement {
                actions: vec!["dynamodb:GetItem".to_owned()],
                resources: vec![
                    "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${!x}"
                        .to_owned()
                ],
                condition: Some(json!({ "Bool": { "aws:SecureTransport": "true" } })),
            }]
        );
        let left = copied.left.join("\n");
        for told in ["s3:*", "NotAction", "policy/own"] {
            assert!(left.contains(told), "{told} is missing in {left}");
        }
        assert_eq!(copied.left.len(), 3);
    }

    #[test]
    fn what_the_states_tell_is_not_copied_and_what_only_an_execution_knows_is() {
        let task = |resource: &str, parameters: Value| json!({ "Type": "Task", "Resource": format!("arn:aws:states:::{resource}"), "Parameters": parameters, "End": true });
        let queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders";
        let definition = json!({ "StartAt": "Send", "States": {
            "Send": task("sqs:sendMessage", json!({ "QueueUrl": queue, "MessageBody": "x" })),
            "Put": task("dynamodb:putItem", json!({ "TableName.$": "$.table", "Item": {} })),
        } });
        let owner = Owner {
            partition: "aws",
            region: "eu-west-1",
            account: "123456789012",
            state_machine: "orders",
        };
        let needs = txflow_asl::permissions::needs(&definition, &owner);
        let role = role(json!([
            { "Effect": "Allow", "Action": ["sqs:SendMessage", "lambda:InvokeFunction"], "Resource": "*" },
            { "Effect": "Allow", "Action": ["dynamodb:PutItem", "s3:GetObject"], "Resource": "*" },
        ]));
        let copied = of_state_machine(&role, &home(), &needs);
        let actions = copied.statements.iter().map(|statement| &statement.actions);
        assert_eq!(
            actions.collect::<Vec<_>>(),
            [&["dynamodb:PutItem", "s3:GetObject"]]
        );
    }

    /// The actions of AWS's page on policies for distributed Maps.
    #[test]
    fn what_a_distributed_map_needs_is_not_copied() {
        let processor = json!({
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "Item",
            "States": { "Item": { "Type": "Pass", "End": true } },
        });
        let bucket = |operation: &str, bucket: &str| json!({ "Resource": format!("arn:aws:states:::s3:{operation}"), "Parameters": { "Bucket": bucket, "Prefix": "orders" } });
        let definition = json!({ "StartAt": "Each", "States": { "Each": {
            "Type": "Map",
            "ItemProcessor": processor,
            "ItemReader": bucket("listObjectsV2", "in"),
            "ResultWriter": bucket("putObject", "out"),
            "End": true,
        } } });
        let owner = Owner {
            partition: "aws",
            region: "eu-west-1",
            account: "123456789012",
            state_machine: "orders",
        };
        let needs = txflow_asl::permissions::needs(&definition, &owner);
        let role = role(json!([
            { "Effect": "Allow", "Action": ["states:StartExecution"], "Resource": "arn:aws:states:eu-west-1:123456789012:stateMachine:orders" },
            { "Effect": "Allow", "Action": ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"], "Resource": "arn:aws:states:eu-west-1:123456789012:execution:orders/*" },
            { "Effect": "Allow", "Action": ["s3:ListBucket", "s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"], "Resource": ["arn:aws:s3:::in", "arn:aws:s3:::out/*"] },
            { "Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::in/*" },
        ]));
        let copied = of_state_machine(&role, &home(), &needs);
        let actions = copied.statements.iter().map(|statement| &statement.actions);
        assert_eq!(actions.collect::<Vec<_>>(), [&["s3:DeleteObject"]]);
    }
}
