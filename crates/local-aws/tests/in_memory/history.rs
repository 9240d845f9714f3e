//! GetExecutionHistory, page by page.

use std::time::Duration;

use serde_json::{Value, json};
use txflow_local_aws::Weather;

use super::cloud::{ACCOUNT, Cloud};

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:waits";

/// A cloud with an execution that waits between its states, so that its history was written in several parts.
async fn executed() -> (Cloud, Value) {
    let cloud = Cloud::new(Weather::constant(Duration::ZERO));
    cloud.role("workflow", "states.amazonaws.com").await;
    let wait = |next: &str| json!({ "Type": "Wait", "Seconds": 10, "Next": next });
    let definition = json!({ "StartAt": "A", "States": {
        "A": wait("B"), "B": wait("C"), "C": wait("D"), "D": { "Type": "Succeed" },
    } });
    let machine = json!({
        "name": "waits",
        "definition": definition.to_string(),
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/workflow"),
    });
    cloud.states("CreateStateMachine", machine).await.ok();
    let execution = cloud.run(MACHINE).await["executionArn"].clone();
    (cloud, execution)
}

/// The ids of the events, and how many pages they came in.
async fn ids(cloud: &Cloud, execution: &Value, reversed: bool, size: usize) -> (Vec<u64>, usize) {
    let (mut ids, mut pages, mut token) = (Vec::new(), 0, Value::Null);
    loop {
        let mut request =
            json!({ "executionArn": execution, "maxResults": size, "reverseOrder": reversed });
        if !token.is_null() {
            request["nextToken"] = token;
        }
        let page = cloud
            .states("GetExecutionHistory", request)
            .await
            .ok()
            .json();
        let events = page["events"].as_array().expect("events").iter();
        ids.extend(events.map(|event| event["id"].as_u64().expect("an id")));
        pages += 1;
        token = page["nextToken"].clone();
        if token.is_null() {
            return (ids, pages);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_event_is_on_one_page_in_either_order() {
    let (cloud, execution) = executed().await;
    let all: Vec<u64> = (1..=10).collect();
    let back: Vec<u64> = all.iter().rev().copied().collect();
    for size in [1, 2, 3, 4, 7, 9, 10, 11, 1000] {
        let pages = all.len().div_ceil(size);
        let forward = ids(&cloud, &execution, false, size).await;
        assert_eq!(forward, (all.clone(), pages), "{size}");
        let backward = ids(&cloud, &execution, true, size).await;
        assert_eq!(backward, (back.clone(), pages), "{size}");
    }
}
