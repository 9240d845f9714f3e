//! Activities: tasks that workers elsewhere ask for.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use txflow_local_aws::Weather;

use super::cloud::{Answer, Cloud, MACHINE};

const PACK: &str = "arn:aws:states:us-east-1:000000000000:activity:pack";

/// A cloud with the activity `pack`, and with the state machine `m` that has it done.
async fn cloud(limits: Value) -> Cloud {
    let cloud = Cloud::new(Weather::constant(Duration::ZERO));
    let created = cloud.states("CreateActivity", json!({ "name": "pack" }));
    assert_eq!(created.await.ok().json()["activityArn"], PACK);
    let mut state = json!({ "Type": "Task", "Resource": PACK, "End": true });
    let limits = limits.as_object().unwrap().clone();
    state.as_object_mut().unwrap().extend(limits);
    machine(&cloud, state).await;
    cloud
}

async fn machine(cloud: &Cloud, state: Value) {
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    let definition = json!({ "StartAt": "A", "States": { "A": state } }).to_string();
    let machine = json!({ "name": "m", "definition": definition, "roleArn": role });
    cloud.states("CreateStateMachine", machine).await.ok();
}

async fn start(cloud: &Cloud, input: &Value) -> Value {
    let start = json!({ "stateMachineArn": MACHINE, "input": input.to_string() });
    let started = cloud.states("StartExecution", start).await.ok().json();
    started["executionArn"].clone()
}

async fn described(cloud: &Cloud, execution: &Value) -> Value {
    let named = json!({ "executionArn": execution });
    cloud.states("DescribeExecution", named).await.ok().json()
}

async fn events(cloud: &Cloud, execution: &Value) -> Vec<Value> {
    let named = json!({ "executionArn": execution });
    let history = cloud.states("GetExecutionHistory", named).await.ok().json();
    history["events"].as_array().unwrap().clone()
}

async fn poll(cloud: &Cloud, worker: &str) -> Value {
    let poll = json!({ "activityArn": PACK, "workerName": worker });
    cloud.states("GetActivityTask", poll).await.ok().json()
}

async fn succeed(cloud: &Cloud, task: &Value, output: Value) -> Answer {
    let report = json!({ "taskToken": task["taskToken"], "output": output.to_string() });
    cloud.states("SendTaskSuccess", report).await
}

#[tokio::test(start_paused = true)]
async fn an_activity_is_created_once_and_tagged() {
    let cloud = cloud(json!({})).await;
    let again = json!({ "name": "pack", "tags": [{ "key": "team", "value": "a" }] });
    cloud.states("CreateActivity", again).await.ok();
    let tags = cloud.states("ListTagsForResource", json!({ "resourceArn": PACK }));
    assert_eq!(tags.await.ok().json(), json!({ "tags": [] }));
    let tag = json!({ "resourceArn": PACK, "tags": [{ "key": "team", "value": "b" }] });
    cloud.states("TagResource", tag).await.ok();
    let tags = cloud.states("ListTagsForResource", json!({ "resourceArn": PACK }));
    let team = json!({ "tags": [{ "key": "team", "value": "b" }] });
    assert_eq!(tags.await.ok().json(), team);
    let untag = json!({ "resourceArn": PACK, "tagKeys": ["team"] });
    cloud.states("UntagResource", untag).await.ok();
    let tags = cloud.states("ListTagsForResource", json!({ "resourceArn": PACK }));
    assert_eq!(tags.await.ok().json(), json!({ "tags": [] }));

    cloud
        .states("CreateActivity", json!({ "name": "send" }))
        .await
        .ok();
    let first = cloud.states("ListActivities", json!({ "maxResults": 1 }));
    let first = first.await.ok().json();
    assert_eq!(first["activities"][0]["activityArn"], PACK);
    let next = json!({ "nextToken": first["nextToken"] });
    let next = cloud.states("ListActivities", next).await.ok().json();
    assert_eq!(next["activities"][0]["name"], "send");
    assert_eq!(next.get("nextToken"), None);

    let named = json!({ "activityArn": PACK });
    let found = cloud.states("DescribeActivity", named.clone());
    assert_eq!(found.await.ok().json()["name"], "pack");
    for _ in 0..2 {
        cloud.states("DeleteActivity", named.clone()).await.ok();
    }
    for operation in ["DescribeActivity", "GetActivityTask"] {
        let refused = cloud.states(operation, named.clone()).await;
        refused.refused(
            400,
            &[
                "ActivityDoesNotExist",
                &format!("Activity Does Not Exist: '{PACK}'"),
            ],
        );
    }
    let other = cloud.states("DescribeActivity", json!({ "activityArn": MACHINE }));
    let words = "Resource type not valid in this context: stateMachine";
    other.await.refused(400, &["InvalidArn", words]);
    let name = cloud
        .states("CreateActivity", json!({ "name": "a b" }))
        .await;
    name.refused(400, &["InvalidName", "Invalid Name: 'a b'"]);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_waits_gets_the_task_at_once() {
    let cloud = cloud(json!({})).await;
    let begun = Instant::now();
    let (first, second, execution) = tokio::join!(poll(&cloud, "w"), poll(&cloud, "w"), async {
        tokio::time::sleep(Duration::from_secs(30)).await;
        start(&cloud, &json!({ "box": 1 })).await
    });
    // One of the two was given the task when it came, the other nothing after a minute.
    assert_eq!(begun.elapsed().as_secs(), 60);
    let (task, nothing) = match second.get("taskToken") {
        Some(_) => (second, first),
        None => (first, second),
    };
    assert_eq!(nothing, json!({}));
    assert_eq!(task["input"], r#"{"box":1}"#);
    succeed(&cloud, &task, json!("packed")).await.ok();
    cloud.settle().await;
    assert_eq!(described(&cloud, &execution).await["output"], r#""packed""#);
    let events = events(&cloud, &execution).await;
    let started = events
        .iter()
        .find(|event| event["type"] == "ActivityStarted");
    let started = started.unwrap();
    assert_eq!(
        started["activityStartedEventDetails"],
        json!({ "workerName": "w" })
    );
    let at = |event: &Value| event["timestamp"].as_f64().unwrap();
    assert!(at(started) - at(&events[0]) < 1.0, "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn tasks_are_handed_out_in_order_and_once() {
    let cloud = cloud(json!({})).await;
    let mut executions = Vec::new();
    for number in 0..3 {
        executions.push(start(&cloud, &json!(number)).await);
        cloud.settle().await;
    }
    // Nobody is to do what no longer waits.
    let stop = json!({ "executionArn": executions[1] });
    cloud.states("StopExecution", stop).await.ok();
    assert_eq!(poll(&cloud, "w").await["input"], "0");
    let last = poll(&cloud, "w").await;
    assert_eq!(last["input"], "2");
    assert_eq!(poll(&cloud, "w").await, json!({}));
    let failure = json!({ "taskToken": last["taskToken"], "error": "Torn", "cause": "thin" });
    cloud.states("SendTaskFailure", failure).await.ok();
    cloud.settle().await;
    assert_eq!(described(&cloud, &executions[2]).await["error"], "Torn");
    succeed(&cloud, &last, json!(1))
        .await
        .refused(400, &["TaskTimedOut"]);
}

/// "Troubleshooting activities" in the developer guide: a task that no worker has taken is not timed out.
#[tokio::test(start_paused = true)]
async fn the_time_of_a_task_counts_from_its_start() {
    let cloud = cloud(json!({ "TimeoutSeconds": 60, "HeartbeatSeconds": 10 })).await;
    let execution = start(&cloud, &json!({})).await;
    tokio::time::sleep(Duration::from_secs(1000)).await;
    assert_eq!(described(&cloud, &execution).await["status"], "RUNNING");
    let task = poll(&cloud, "w").await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(8)).await;
        let beat = json!({ "taskToken": task["taskToken"] });
        cloud.states("SendTaskHeartbeat", beat).await.ok();
    }
    assert_eq!(described(&cloud, &execution).await["status"], "RUNNING");
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(
        described(&cloud, &execution).await["error"],
        "States.Timeout"
    );
    let late = succeed(&cloud, &task, json!(1)).await;
    late.refused(400, &["TaskTimedOut"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_of_an_activity_that_does_not_exist_fails() {
    let cloud = cloud(json!({})).await;
    let deleted = cloud.states("DeleteActivity", json!({ "activityArn": PACK }));
    deleted.await.ok();
    let ended = cloud.run(MACHINE).await;
    assert_eq!(ended["error"], "States.Runtime");
    let cause = ended["cause"].as_str().unwrap();
    assert!(
        cause.ends_with(&format!("The activity {PACK} does not exist.")),
        "{cause}"
    );
}
