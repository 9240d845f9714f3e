//! The permissions that the operations of Step Functions need.

use serde_json::Value;
use txflow_asl::Arn;

use crate::http::call::Call;
use crate::permission::{Permission, body, filled};

const SERVICE: &str = "states.amazonaws.com";

pub(super) fn needed(call: &Call) -> Option<Vec<Permission>> {
    let body = body(call);
    let text = |member: &str| body[member].as_str();
    let resource = match call.operation.as_str() {
        // The task operations are authorized by their token, so they name no resource.
        "ListStateMachines"
        | "ListActivities"
        | "ValidateStateMachineDefinition"
        | "TestState"
        | "SendTaskSuccess"
        | "SendTaskFailure"
        | "SendTaskHeartbeat" => "*".to_owned(),
        "CreateStateMachine" => super::arn::machine(&call.scope, text("name")?),
        "CreateActivity" => super::activities::activity_arn(&call.scope, text("name")?),
        "CreateStateMachineAlias" => {
            let version = &body["routingConfiguration"][0]["stateMachineVersionArn"];
            unqualified(version.as_str()?)
        }
        _ => unqualified(subject(&body)?),
    };
    let mut needed = vec![Permission::of(call, &resource)];
    if call.operation == "TestState" {
        // A mock does nothing in the name of the role.
        let role = text("roleArn").filter(|_| body["mock"].is_null());
        needed.extend(role.map(|role| Permission::pass_role(role, SERVICE)));
        if body["revealSecrets"] == true {
            needed.push(Permission::new("states:RevealSecrets", &resource));
        }
    }
    if let "CreateStateMachine" | "UpdateStateMachine" = call.operation.as_str() {
        let role = text("roleArn").map(|role| Permission::pass_role(role, SERVICE));
        needed.extend(role);
        if body["publish"] == true {
            needed.push(Permission::new(
                "states:PublishStateMachineVersion",
                &resource,
            ));
        }
        if let Some(key) = body["encryptionConfiguration"]["kmsKeyId"].as_str() {
            needed.push(Permission::new("kms:DescribeKey", key));
            needed.push(Permission::new("kms:GenerateDataKey", key));
        }
    }
    let creates = call.operation.starts_with("Create") || call.operation == "UpdateStateMachine";
    if creates && filled(&body["tags"]) {
        needed.push(Permission::new("states:TagResource", &resource));
    }
    Some(needed)
}

/// The ARN that a request is about.
fn subject(body: &Value) -> Option<&str> {
    [
        "stateMachineArn",
        "stateMachineVersionArn",
        "stateMachineAliasArn",
        "executionArn",
        "mapRunArn",
        "activityArn",
        "resourceArn",
    ]
    .iter()
    .find_map(|member| body[*member].as_str())
}

/// Versions and aliases are authorized by the ARN of their state machine.
fn unqualified(arn: &str) -> String {
    let arn = arn.split('#').next().unwrap_or(arn);
    match Arn::parse(arn) {
        Some(arn) if arn.resource_type() == Some("stateMachine") => {
            arn.without_qualifier().to_string()
        }
        _ => arn.to_owned(),
    }
}
