//! Mocked states: chosen by test case, attempt by attempt, and from another process.

use serde_json::{Value, json};
use txflow_local_aws::{LocalAws, MockedResponse, MockedResponses, Mocks, Time};

use crate::server::Server;

fn definition() -> Value {
    json!({ "StartAt": "Charge", "States": { "Charge": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "none", "Payload.$": "$" },
        "OutputPath": "$.Payload",
        "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 5, "MaxAttempts": 1 }],
        "End": true,
    } } })
}

fn busy() -> MockedResponse {
    MockedResponse::Throw {
        error: "Busy".into(),
        cause: "later".into(),
    }
}

/// It would never answer, and the state that was meant would run.
#[tokio::test(flavor = "multi_thread")]
async fn a_mock_of_an_unknown_state_is_refused_with_the_nearest_name() {
    let mut mocks = Mocks::default();
    mocks.add(
        "orders",
        "Misspelled",
        "Chrage",
        MockedResponses::exactly(vec![busy()]),
    );
    let server = Server::with(Time::Virtual, mocks).await;
    let machine = server.state_machine("orders", &definition());
    let refused = server.start_execution(&format!("{machine}#Misspelled"), &json!({}));
    assert_eq!(refused.status, 400);
    let refused = refused.json()["message"].to_string();
    assert!(
        refused.contains(
            "Test case 'Misspelled' mocks the state 'Chrage', which state machine 'orders' does not have, did you mean 'Charge'?"
        ),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_case_answers_attempt_by_attempt() {
    let mut mocks = Mocks::default();
    mocks.add(
        "orders",
        "Retried",
        "Charge",
        MockedResponses::exactly(vec![busy(), MockedResponse::Payload(json!({ "ok": true }))]),
    );
    mocks.add(
        "orders",
        "TooOften",
        "Charge",
        MockedResponses::exactly(vec![busy()]),
    );
    mocks.add(
        "orders",
        "Always",
        "Charge",
        MockedResponses::repeating_the_last(vec![busy()]),
    );
    let server = Server::with(Time::Virtual, mocks).await;
    let machine = server.state_machine("orders", &definition());
    assert_eq!(
        server.run(&format!("{machine}#Retried"), &json!({}))["output"],
        r#"{"ok":true}"#
    );
    // Each execution starts with the first response.
    assert_eq!(
        server.run(&format!("{machine}#Retried"), &json!({}))["status"],
        "SUCCEEDED"
    );
    let ended = server.run(&format!("{machine}#TooOften"), &json!({}));
    assert_eq!(
        ended["cause"],
        "The state 'Charge' has mocked responses for 1 attempts, and this is one more"
    );
    // The last response answers the retry as well, and the execution ends with its error.
    let ended = server.run(&format!("{machine}#Always"), &json!({}));
    assert_eq!(ended["error"], "Busy");
    assert_eq!(ended["cause"], "later");
    // Without a test case, the real function is called, which does not exist.
    assert_eq!(
        server.run(&machine, &json!({}))["error"],
        "Lambda.ResourceNotFoundException"
    );
    let unknown = server.start_execution(&format!("{machine}#Misspelt"), &json!({}));
    assert_eq!(unknown.status, 400);
    assert_eq!(
        unknown.json()["message"],
        "No mocks are known for test case 'Misspelt' of state machine 'orders'"
    );
    let running = json!({ "stateMachineArn": machine, "statusFilter": "RUNNING" });
    let running = server.client.states("ListExecutions", &running);
    assert_eq!(running.json()["executions"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_brings_its_mocks_along() {
    let server = Server::start().await;
    let machine = server.state_machine("orders", &definition());
    let joined = LocalAws::find(server.directory.path()).unwrap().unwrap();
    let mut mocks = Mocks::default();
    mocks.add(
        "orders",
        "Later",
        "Charge",
        MockedResponses::repeating_the_last(vec![MockedResponse::Return(json!({ "Payload": 7 }))]),
    );
    joined.add_mocks(&mocks).unwrap();
    assert_eq!(
        server.run(&format!("{machine}#Later"), &json!({}))["output"],
        "7"
    );
}
