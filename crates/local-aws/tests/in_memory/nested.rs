//! Executions that start others.

use std::time::Duration;

use serde_json::{Value, json};
use txflow_local_aws::Weather;

use super::cloud::{ACCOUNT, Cloud};

const STATES: &str = "arn:aws:states:us-east-1:000000000000";

/// A cloud with the state machine `child`, and `parent`, which starts it in this way.
async fn cloud(child: Value, suffix: &str, parameters: Value) -> Cloud {
    let cloud = Cloud::new(Weather::constant(Duration::ZERO));
    cloud.role("workflow", "states.amazonaws.com").await;
    cloud.allow("workflow", json!("*")).await.ok();
    machine(&cloud, "CreateStateMachine", "child", child).await;
    let mut parameters = parameters;
    parameters["StateMachineArn"] = json!(format!("{STATES}:stateMachine:child"));
    let resource = format!("arn:aws:states:::{suffix}");
    let parent = json!({
        "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true,
    });
    machine(&cloud, "CreateStateMachine", "parent", parent).await;
    cloud
}

async fn machine(cloud: &Cloud, operation: &str, name: &str, state: Value) {
    let definition = json!({ "StartAt": "A", "States": { "A": state } }).to_string();
    let mut machine = json!({
        "definition": definition,
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/workflow"),
    });
    match operation {
        "CreateStateMachine" => machine["name"] = json!(name),
        _ => machine["stateMachineArn"] = json!(format!("{STATES}:stateMachine:{name}")),
    }
    cloud.states(operation, machine).await.ok();
}

fn pass() -> Value {
    json!({ "Type": "Pass", "Result": { "done": true }, "End": true })
}

fn wait() -> Value {
    json!({ "Type": "Wait", "Seconds": 100_000, "End": true })
}

async fn run(cloud: &Cloud) -> Value {
    cloud.run(&format!("{STATES}:stateMachine:parent")).await
}

async fn start(cloud: &Cloud) -> Value {
    let start = json!({ "stateMachineArn": format!("{STATES}:stateMachine:parent") });
    let started = cloud.states("StartExecution", start).await.ok().json();
    cloud.settle().await;
    started["executionArn"].clone()
}

/// The executions of the child, newest first.
async fn children(cloud: &Cloud) -> Vec<Value> {
    let list = json!({ "stateMachineArn": format!("{STATES}:stateMachine:child") });
    let listed = cloud.states("ListExecutions", list).await.ok().json();
    listed["executions"].as_array().unwrap().clone()
}

async fn described(cloud: &Cloud, execution: &Value) -> Value {
    let named = json!({ "executionArn": execution });
    cloud.states("DescribeExecution", named).await.ok().json()
}

fn output(ended: &Value) -> Value {
    serde_json::from_str(
        ended["output"]
            .as_str()
            .unwrap_or_else(|| panic!("{ended}")),
    )
    .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_started_execution_is_not_waited_for() {
    for resource in ["states:startExecution", "aws-sdk:sfn:startExecution"] {
        let parameters = json!({ "Name": "one", "Input": { "a": [1] } });
        let cloud = cloud(wait(), resource, parameters).await;
        let output = output(&run(&cloud).await);
        let child = &children(&cloud).await[0];
        assert_eq!(child["status"], "RUNNING");
        assert_eq!(output["ExecutionArn"], child["executionArn"]);
        let started = output["StartDate"].as_str().unwrap();
        assert!(
            started.starts_with("2027-01-15T") && started.ends_with('Z'),
            "{started}"
        );
        let child = described(&cloud, &child["executionArn"]).await;
        assert_eq!(child["input"], r#"{"a":[1]}"#);
        let optimized = output.get("SdkHttpMetadata").is_some();
        assert_eq!(optimized, resource.starts_with("states:"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_second_sync_has_values_and_the_first_has_texts() {
    for (suffix, result) in [
        ("states:startExecution.sync", json!(r#"{"done":true}"#)),
        ("states:startExecution.sync:2", json!({ "done": true })),
    ] {
        let cloud = cloud(pass(), suffix, json!({})).await;
        let output = output(&run(&cloud).await);
        assert_eq!(output["Output"], result);
        assert_eq!(output["Status"], "SUCCEEDED");
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_that_fails_fails_the_task() {
    let fail = json!({ "Type": "Fail", "Error": "Torn", "Cause": "thin" });
    let cloud = cloud(fail, "states:startExecution.sync:2", json!({})).await;
    let ended = run(&cloud).await;
    assert_eq!(ended["error"], "States.TaskFailed");
    let cause: Value = serde_json::from_str(ended["cause"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&cause["Error"], &cause["Cause"]),
        (&json!("Torn"), &json!("thin"))
    );
    assert_eq!(
        (&cause["Status"], cause.get("Output")),
        (&json!("FAILED"), None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_reaches_the_child_that_is_waited_for() {
    let cloud = cloud(wait(), "states:startExecution.sync", json!({})).await;
    let parent = start(&cloud).await;
    assert_eq!(children(&cloud).await[0]["status"], "RUNNING");
    cloud
        .states("StopExecution", json!({ "executionArn": parent }))
        .await
        .ok();
    cloud.settle().await;
    assert_eq!(children(&cloud).await[0]["status"], "ABORTED");
}

#[tokio::test(start_paused = true)]
async fn a_child_is_stopped_when_its_task_times_out() {
    let cloud = cloud(wait(), "states:startExecution.sync", json!({})).await;
    let resource = "arn:aws:states:::states:startExecution.sync";
    let parameters = json!({ "StateMachineArn": format!("{STATES}:stateMachine:child") });
    let parent = json!({
        "Type": "Task", "Resource": resource, "Parameters": parameters,
        "TimeoutSeconds": 5, "End": true,
    });
    machine(&cloud, "UpdateStateMachine", "parent", parent).await;
    let ended = run(&cloud).await;
    assert_eq!(ended["error"], "States.Timeout");
    cloud.settle().await;
    let child = described(&cloud, &children(&cloud).await[0]["executionArn"]).await;
    assert_eq!(child["status"], "ABORTED");
    // Measured in September 2026.
    let arn = ended["executionArn"].as_str().unwrap();
    assert_eq!(
        child["cause"],
        format!(
            "The Task state in AWS Step Functions execution [{arn}] which was managing this resource was aborted"
        )
    );
    assert!(child.get("error").is_none());
}

/// Measured in September 2026 for every way in which a child can end.
#[tokio::test(start_paused = true)]
async fn a_child_that_fails_is_described_with_its_input_as_text() {
    for suffix in ["sync", "sync:2"] {
        let fail = json!({ "Type": "Fail", "Error": "Torn" });
        let resource = format!("states:startExecution.{suffix}");
        let cloud = cloud(fail, &resource, json!({ "Input": { "k": 1 } })).await;
        let ended = run(&cloud).await;
        assert_eq!(ended["error"], "States.TaskFailed");
        let cause: Value = serde_json::from_str(ended["cause"].as_str().unwrap()).unwrap();
        assert_eq!(cause["Input"], "{\"k\":1}", "{suffix}");
        assert_eq!(cause["Error"], "Torn");
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_holds_the_token_of_its_task() {
    let input = json!({ "Input": { "token.$": "$$.Task.Token" } });
    // With `.sync`, the end of the child would do as well.
    for suffix in ["waitForTaskToken", "sync"] {
        let resource = format!("states:startExecution.{suffix}");
        let cloud = cloud(wait(), &resource, input.clone()).await;
        let parent = start(&cloud).await;
        let child = described(&cloud, &children(&cloud).await[0]["executionArn"]).await;
        let input: Value = serde_json::from_str(child["input"].as_str().unwrap()).unwrap();
        let report = json!({ "taskToken": input["token"], "output": "\"by token\"" });
        cloud.states("SendTaskSuccess", report).await.ok();
        cloud.settle().await;
        assert_eq!(output(&described(&cloud, &parent).await), "by token");
        let named = json!({ "executionArn": parent });
        let history = cloud.states("GetExecutionHistory", named).await.ok().json();
        let events = history["events"].as_array().unwrap();
        let submitted = events
            .iter()
            .filter(|event| event["type"] == "TaskSubmitted");
        assert_eq!(submitted.count(), 1, "{events:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_is_redriven_starts_another_child() {
    let fail = json!({ "Type": "Fail", "Error": "Torn" });
    let cloud = cloud(fail, "states:startExecution.sync:2", json!({})).await;
    let parent = run(&cloud).await["executionArn"].clone();
    machine(&cloud, "UpdateStateMachine", "child", pass()).await;
    cloud.settle().await;
    cloud
        .states("RedriveExecution", json!({ "executionArn": parent }))
        .await
        .ok();
    cloud.settle().await;
    let ended = described(&cloud, &parent).await;
    let children = children(&cloud).await;
    let statuses: Vec<&Value> = children.iter().map(|child| &child["status"]).collect();
    assert_eq!(statuses, ["SUCCEEDED", "FAILED"]);
    assert_eq!(output(&ended)["ExecutionArn"], children[0]["executionArn"]);
}

#[tokio::test(start_paused = true)]
async fn what_step_functions_refuses_fails_the_task_in_its_words() {
    let parameters = json!({ "Name": "a b" });
    let resources = [
        (
            "states:startExecution",
            "StepFunctions.InvalidNameException",
        ),
        ("aws-sdk:sfn:startExecution", "Sfn.InvalidNameException"),
    ];
    for (resource, error) in resources {
        let cloud = cloud(pass(), resource, parameters.clone()).await;
        let ended = run(&cloud).await;
        assert_eq!(ended["error"], error);
        let cause = ended["cause"].as_str().unwrap();
        assert!(
            cause.starts_with("Invalid Name: 'a b' (Service: "),
            "{cause}"
        );
    }
}
