//! Map Runs, and how they are redriven. Source: the AWS documentation, "Redriving Map Runs".

use std::time::Duration;

use serde_json::{Value, json};
use txflow_local_aws::Weather;

use crate::cloud::{Cloud, MACHINE};

const URLS: &str = "https://sqs.us-east-1.amazonaws.com/000000000000";

/// A state machine whose Map sends a message for each item, and then fails for one that names a queue which is missing.
async fn cloud(kind: &str, map: Value, processor: Value) -> Cloud {
    let cloud = Cloud::new(Weather::constant(Duration::ZERO));
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    cloud.allow("workflow", json!("*")).await.ok();
    cloud.queue("log", json!({})).await;
    let mut state = json!({ "Type": "Map", "End": true, "ItemProcessor": processor });
    state["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": kind });
    for (name, value) in map.as_object().unwrap() {
        state[name] = value.clone();
    }
    let definition = json!({ "StartAt": "M", "States": { "M": state } }).to_string();
    let machine = json!({ "name": "m", "definition": definition, "roleArn": role });
    cloud.states("CreateStateMachine", machine).await.ok();
    cloud
}

fn sending() -> Value {
    json!({ "StartAt": "Send", "States": {
        "Send": {
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "Find",
            "Parameters": { "QueueUrl": format!("{URLS}/log"), "MessageBody.$": "$.queue" },
            "ResultPath": null,
        },
        "Find": {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sqs:getQueueUrl", "End": true,
            "Parameters": { "QueueName.$": "$.queue" },
            "ResultSelector": { "redrives.$": "$$.Execution.RedriveCount" },
        },
    } })
}

async fn start(cloud: &Cloud, input: Value) -> Value {
    let start = json!({ "stateMachineArn": MACHINE, "input": input.to_string() });
    let started = cloud.states("StartExecution", start).await.ok().json();
    cloud.settle().await;
    started["executionArn"].clone()
}

async fn redrive(cloud: &Cloud, execution: &Value) {
    let named = json!({ "executionArn": execution });
    cloud.states("RedriveExecution", named).await.ok();
    cloud.settle().await;
}

async fn described(cloud: &Cloud, execution: &Value) -> Value {
    let named = json!({ "executionArn": execution });
    cloud.states("DescribeExecution", named).await.ok().json()
}

async fn history(cloud: &Cloud, execution: &Value) -> Vec<Value> {
    let named = json!({ "executionArn": execution });
    let history = cloud.states("GetExecutionHistory", named).await.ok().json();
    history["events"].as_array().unwrap().clone()
}

fn types(history: &[Value]) -> Vec<&str> {
    history
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}

/// The Map Runs of an execution.
async fn runs(cloud: &Cloud, execution: &Value) -> Vec<Value> {
    let listed = json!({ "executionArn": execution });
    let listed = cloud.states("ListMapRuns", listed).await.ok().json();
    let mut runs = Vec::new();
    for run in listed["mapRuns"].as_array().unwrap() {
        let named = json!({ "mapRunArn": run["mapRunArn"] });
        runs.push(cloud.states("DescribeMapRun", named).await.ok().json());
    }
    runs
}

/// The children of a Map Run, by ARN.
async fn children(cloud: &Cloud, run: &Value) -> Vec<Value> {
    let list = json!({ "mapRunArn": run["mapRunArn"] });
    let listed = cloud.states("ListExecutions", list).await.ok().json();
    let mut children = listed["executions"].as_array().unwrap().clone();
    children.sort_by_key(|child| child["executionArn"].to_string());
    children
}

async fn sent(cloud: &Cloud) -> Vec<String> {
    let mut bodies = cloud
        .bodies("log", json!({ "VisibilityTimeout": 43_200 }))
        .await;
    bodies.sort();
    bodies
}

fn items() -> Value {
    json!([{ "queue": "log" }, { "queue": "missing" }, { "queue": "log" }])
}

#[tokio::test(start_paused = true)]
async fn standard_children_go_on_where_they_failed() {
    let one_by_one = json!({ "MaxConcurrency": 1 });
    let cloud = cloud("STANDARD", one_by_one, sending()).await;
    let execution = start(&cloud, items()).await;
    let failed = described(&cloud, &execution).await;
    assert_eq!(failed["error"], "States.ExceedToleratedFailureThreshold");
    assert_eq!(failed["redriveStatus"], "REDRIVABLE");
    let run = &runs(&cloud, &execution).await[0];
    let before = children(&cloud, run).await;
    let unsuccessful: Vec<&Value> = { before.iter() }
        .filter(|child| child["status"] != "SUCCEEDED")
        .collect();
    let child = described(&cloud, &unsuccessful[0]["executionArn"]).await;
    assert_eq!(child["redriveStatus"], "REDRIVABLE_BY_MAP_RUN");
    let direct = json!({ "executionArn": child["executionArn"] });
    let refused = cloud.states("RedriveExecution", direct).await;
    refused.refused(400, &["ExecutionNotRedrivable", "Map Run"]);
    assert_eq!(sent(&cloud).await, ["log", "missing"]);

    cloud.queue("missing", json!({})).await;
    redrive(&cloud, &execution).await;
    let ended = described(&cloud, &execution).await;
    assert_eq!(
        (&ended["status"], &ended["redriveCount"]),
        (&json!("SUCCEEDED"), &json!(1))
    );
    assert_eq!(
        ended["redriveStatusReason"],
        "Execution is SUCCEEDED and cannot be redriven"
    );
    // The first state of the child that failed had succeeded; the third child had not begun.
    assert_eq!(sent(&cloud).await, ["log"]);
    let all = runs(&cloud, &execution).await;
    assert_eq!(all.len(), 1);
    let now = &all[0];
    assert_eq!(now["mapRunArn"], run["mapRunArn"]);
    assert_eq!(
        (&now["status"], &now["redriveCount"]),
        (&json!("SUCCEEDED"), &json!(1))
    );
    assert!(
        now["redriveDate"].is_number() && now["startDate"] == run["startDate"],
        "{now}"
    );
    assert_eq!(now["executionCounts"]["succeeded"], 3);
    assert_eq!(now["executionCounts"]["total"], 3);
    let after = children(&cloud, now).await;
    assert_eq!((before.len(), after.len()), (2, 3));
    let again = |child: &Value| {
        after
            .iter()
            .any(|now| now["executionArn"] == child["executionArn"])
    };
    assert!(before.iter().all(again), "{before:?} {after:?}");
    let output: Value = serde_json::from_str(ended["output"].as_str().unwrap()).unwrap();
    assert_eq!(
        output,
        json!([{ "redrives": 0 }, { "redrives": 1 }, { "redrives": 0 }])
    );

    let parent = history(&cloud, &execution).await;
    let types_of_parent = types(&parent);
    let redriven = types_of_parent
        .iter()
        .position(|name| *name == "ExecutionRedriven")
        .unwrap();
    assert_eq!(types_of_parent[redriven + 1], "MapRunRedriven");
    let details = &parent[redriven + 1]["mapRunRedrivenEventDetails"];
    assert_eq!(
        details,
        &json!({ "mapRunArn": run["mapRunArn"], "redriveCount": 1 })
    );
    let child = history(&cloud, &unsuccessful[0]["executionArn"]).await;
    let ids: Vec<u64> = child
        .iter()
        .map(|event| event["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids, (1..=child.len() as u64).collect::<Vec<_>>());
    let types = types(&child);
    let redriven = types
        .iter()
        .position(|name| *name == "ExecutionRedriven")
        .unwrap();
    assert_eq!(types[redriven - 1], "ExecutionFailed");
    assert_eq!(types[redriven + 1], "TaskScheduled");
}

#[tokio::test(start_paused = true)]
async fn express_children_start_again() {
    let cloud = cloud("EXPRESS", json!({}), sending()).await;
    let execution = start(&cloud, items()).await;
    assert_eq!(described(&cloud, &execution).await["status"], "FAILED");
    sent(&cloud).await;
    cloud.queue("missing", json!({})).await;
    redrive(&cloud, &execution).await;
    let ended = described(&cloud, &execution).await;
    assert_eq!(ended["status"], "SUCCEEDED", "{ended}");
    let again = sent(&cloud).await;
    assert!(
        again.contains(&"missing".to_owned()) && again.len() < 3,
        "{again:?}"
    );
    let run = &runs(&cloud, &execution).await[0];
    assert_eq!(
        (&run["redriveCount"], &run["itemCounts"]["succeeded"]),
        (&json!(1), &json!(3))
    );
}

#[tokio::test(start_paused = true)]
async fn a_map_run_that_succeeded_starts_anew_if_its_state_failed() {
    // The output is too large.
    let large = json!({ "StartAt": "P", "States": { "P": {
        "Type": "Pass", "Result": "x".repeat(150_000), "End": true,
    } } });
    let cloud = cloud("STANDARD", json!({}), large).await;
    let execution = start(&cloud, json!([1, 2])).await;
    let failed = described(&cloud, &execution).await;
    assert_eq!(failed["error"], "States.DataLimitExceeded");
    redrive(&cloud, &execution).await;
    assert_eq!(runs(&cloud, &execution).await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_express_child_is_held_to_five_minutes() {
    let waiting = json!({ "StartAt": "W", "States": {
        "W": { "Type": "Wait", "Seconds": 301, "End": true },
    } });
    for (kind, status) in [("EXPRESS", "FAILED"), ("STANDARD", "SUCCEEDED")] {
        let cloud = cloud(kind, json!({}), waiting.clone()).await;
        let execution = start(&cloud, json!([1])).await;
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(described(&cloud, &execution).await["status"], status);
        let counts = &runs(&cloud, &execution).await[0]["executionCounts"];
        assert_eq!(counts["timedOut"], u8::from(kind == "EXPRESS"), "{counts}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_standard_child_ends_at_the_limit_of_its_history() {
    let endless = json!({ "StartAt": "P", "States": {
        "P": { "Type": "Pass", "Next": "C" },
        "C": {
            "Type": "Choice", "Default": "P",
            "Choices": [{ "Variable": "$.end", "IsPresent": true, "Next": "Done" }],
        },
        "Done": { "Type": "Succeed" },
    } });
    let cloud = cloud("STANDARD", json!({ "ToleratedFailureCount": 1 }), endless).await;
    let execution = start(&cloud, json!([{}])).await;
    assert_eq!(described(&cloud, &execution).await["status"], "SUCCEEDED");
    let run = &runs(&cloud, &execution).await[0];
    assert_eq!(run["executionCounts"]["failed"], 1);
    assert_eq!(run["executionCounts"]["failuresNotRedrivable"], 1);
    let child = &children(&cloud, run).await[0];
    let child = described(&cloud, &child["executionArn"]).await;
    assert_eq!(
        (&child["status"], &child["error"]),
        (&json!("FAILED"), &json!("States.Runtime"))
    );
    assert_eq!(
        child["redriveStatusReason"],
        "Execution history event limit exceeded"
    );
    let last =
        json!({ "executionArn": child["executionArn"], "reverseOrder": true, "maxResults": 1 });
    let last = cloud.states("GetExecutionHistory", last).await.ok().json();
    assert_eq!(last["events"][0]["id"], 25_000);
}

#[tokio::test(start_paused = true)]
async fn what_failed_long_ago_is_not_redriven() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail" } } });
    let cloud = cloud("STANDARD", json!({}), fail).await;
    let execution = start(&cloud, json!([1])).await;
    tokio::time::sleep(Duration::from_secs(15 * 24 * 3600)).await;
    let named = json!({ "executionArn": execution });
    let refused = cloud.states("RedriveExecution", named).await;
    refused.refused(
        400,
        &[
            "ExecutionNotRedrivable",
            "Execution redrivable period exceeded",
        ],
    );
    let described = described(&cloud, &execution).await;
    assert_eq!(described["redriveStatus"], "NOT_REDRIVABLE");
}
