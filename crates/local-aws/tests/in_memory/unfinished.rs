//! Deletions that wait, creations that fail, and roles of executions within executions. Each test names its source.

use serde_json::{Value, json};
use txflow_local_aws::{ChildSource, Weather};

use crate::cloud::{Cloud, MACHINE, invoking};

/// The API reference of DeleteStateMachine: "deleted only when all its executions are completed. On the next state transition, the
/// state machine's executions are terminated". The error is in the knowledge center, "step-functions-stuck-deleting-status".
#[tokio::test(start_paused = true)]
async fn a_state_machine_is_deleted_once_its_executions_have_ended() {
    let cloud = Cloud::new(Weather::calm());
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Wait", "Seconds": 3000, "Next": "B" },
        "B": { "Type": "Succeed" },
    } });
    let input = json!({ "name": "m", "definition": definition.to_string(), "roleArn": role });
    cloud.states("CreateStateMachine", input).await.ok();
    let machine = json!({ "stateMachineArn": MACHINE });
    let started = cloud.states("StartExecution", machine.clone()).await.ok();
    let execution = json!({ "executionArn": started.json()["executionArn"] });
    cloud
        .states("DeleteStateMachine", machine.clone())
        .await
        .ok();
    let refused = cloud.states("StartExecution", machine.clone()).await;
    refused.refused(400, &["StateMachineDeleting"]);
    for _ in 0..49 {
        cloud.settle().await;
    }
    let described = cloud.states("DescribeStateMachine", machine.clone()).await;
    assert_eq!(described.ok().json()["status"], "DELETING");
    let waits = cloud.states("DescribeExecution", execution.clone()).await;
    assert_eq!(waits.ok().json()["status"], "RUNNING");
    tokio::time::sleep(std::time::Duration::from_millis(60_020)).await;
    let ended = cloud.states("DescribeExecution", execution).await;
    let ended = ended.ok().json();
    assert_eq!(ended["status"], "FAILED", "{ended}");
    assert_eq!(ended["error"], "States.Runtime");
    assert_eq!(ended["cause"], "State machine m has been deleted.");
    cloud.settle().await;
    let gone = cloud.states("DescribeStateMachine", machine).await;
    gone.refused(400, &["StateMachineDoesNotExist"]);
}

/// AWS does not document for which ARN the children of a Distributed Map assume the role.
#[tokio::test(start_paused = true)]
async fn a_trust_policy_is_held_against_the_source_of_a_child_execution() {
    let map_run = MACHINE.replace(":stateMachine:", ":mapRun:");
    let execution = MACHINE.replace(":stateMachine:", ":execution:");
    for (child_source, pattern) in [
        (ChildSource::Label, format!("{MACHINE}/*")),
        (ChildSource::MapRun, format!("{map_run}/*")),
        (ChildSource::Execution, format!("{execution}/*")),
    ] {
        let cloud = Cloud::new(Weather {
            child_source,
            ..Weather::calm()
        });
        cloud.function("f").await;
        let role = cloud.role("workflow", "states.amazonaws.com").await;
        cloud.allow("workflow", json!("*")).await.ok();
        let mut processor: Value = serde_json::from_str(&invoking("f")).unwrap();
        processor["ProcessorConfig"] =
            json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
        let definition = json!({ "StartAt": "I", "States": {
            "I": { "Type": "Pass", "Result": [1, 2], "Next": "M" },
            "M": { "Type": "Map", "ItemProcessor": processor, "End": true },
        } });
        let input = json!({ "name": "m", "definition": definition.to_string(), "roleArn": role });
        cloud.states("CreateStateMachine", input).await.ok();
        for (sources, status) in [
            (json!([MACHINE]), "FAILED"),
            (json!([MACHINE, pattern]), "SUCCEEDED"),
        ] {
            let trust = json!({ "Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": { "Service": "states.amazonaws.com" },
                "Condition": { "ArnLike": { "aws:SourceArn": sources } },
            } })
            .to_string();
            let parameters = [("RoleName", "workflow"), ("PolicyDocument", &trust)];
            cloud.iam("UpdateAssumeRolePolicy", &parameters).await.ok();
            let ran = cloud.run(MACHINE).await;
            assert_eq!(ran["status"], status, "{child_source:?}: {ran}");
        }
    }
}

/// "Lambda function states" in Lambda's developer guide: a function whose creation failed must be deleted and created again;
/// after an update that failed, another one can be made.
#[tokio::test(start_paused = true)]
async fn a_function_whose_creation_failed_takes_no_update() {
    let cloud = Cloud::new(Weather {
        failed_creations: 1.0,
        failed_updates: 1.0,
        ..Weather::calm()
    });
    let role = cloud.role("r", "lambda.amazonaws.com").await;
    let found = async || {
        let found = cloud.lambda("GET", "/f/configuration", json!({})).await;
        found.ok().json()
    };
    cloud.create_function("f", &role, json!({})).await.ok();
    assert_eq!(found().await["State"], "Pending");
    cloud.settle().await;
    let failed = found().await;
    assert_eq!(failed["State"], "Failed");
    assert_eq!(failed["StateReasonCode"], "InternalError");
    let update = json!({ "Timeout": 5 });
    let updated = cloud
        .lambda("PUT", "/f/configuration", update.clone())
        .await;
    updated.refused(409, &["following state: Failed"]);
    let invoked = cloud.lambda("POST", "/f/invocations", json!({})).await;
    invoked.refused(409, &["following state: Failed"]);
    cloud.lambda("DELETE", "/f", json!({})).await.ok();
    cloud.aws.set_weather(Weather {
        failed_updates: 1.0,
        ..Weather::calm()
    });
    cloud.create_function("f", &role, json!({})).await.ok();
    cloud.settle().await;
    cloud
        .lambda("PUT", "/f/configuration", update.clone())
        .await
        .ok();
    cloud.settle().await;
    let failed = found().await;
    assert_eq!(failed["State"], "Active");
    assert_eq!(failed["LastUpdateStatus"], "Failed");
    assert_eq!(failed["LastUpdateStatusReasonCode"], "InternalError");
    cloud.lambda("POST", "/f/invocations", json!({})).await.ok();
    cloud.aws.set_weather(Weather::calm());
    cloud.lambda("PUT", "/f/configuration", update).await.ok();
    cloud.settle().await;
    assert_eq!(found().await["LastUpdateStatus"], "Successful");
}
