//! Executions that the caller waits for.

use std::time::Duration;

use serde_json::{Value, json};
use txflow_local_aws::Weather;

use super::cloud::{ACCOUNT, Cloud};

/// Recorded on 2024-07-15: only the context object of what `StartSyncExecution` starts has no count of redrives.
#[tokio::test(start_paused = true)]
async fn what_the_caller_waits_for_is_never_redriven() {
    let cloud = Cloud::new(Weather::constant(Duration::ZERO));
    cloud.role("workflow", "states.amazonaws.com").await;
    let count = json!({ "Type": "Pass", "Parameters": { "n.$": "$$.Execution.RedriveCount" }, "End": true });
    let definition = json!({ "StartAt": "A", "States": { "A": count } }).to_string();
    let machine = |name: &str, kind: &str| {
        cloud.states(
            "CreateStateMachine",
            json!({
                "name": name,
                "type": kind,
                "definition": definition,
                "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/workflow"),
            }),
        )
    };
    let created = machine("sync", "EXPRESS").await.ok().json();
    let start = json!({ "stateMachineArn": created["stateMachineArn"] });
    let ended: Value = cloud.states("StartSyncExecution", start).await.ok().json();
    assert_eq!(ended["status"], "FAILED");
    assert_eq!(ended["error"], "States.Runtime");
    let standard = machine("standard", "STANDARD").await.ok().json();
    let ended = cloud
        .run(standard["stateMachineArn"].as_str().unwrap())
        .await;
    assert_eq!(ended["output"], "{\"n\":0}");
}
