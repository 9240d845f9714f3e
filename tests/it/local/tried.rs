//! `txflow start`, `invoke` and `test-state`: a definition that is tried out.

use std::fs;

use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;

const PURCHASE: &str = r#"{"type": "PURCHASE", "id": "p-1"}"#;

#[tokio::test]
async fn an_execution_is_started_and_shown() {
    let project = Project::transactions().write();
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    let start = run(&["start", "--local"]).await.exits_with(1);
    assert_shown!("start_of_nothing", start.stderr);
    deployed(&project, "dev").await;

    // The embedded AWS of a command ends with it, so the execution is waited for.
    let start = run(&["start", "--local", "--input", PURCHASE]).await;
    start.succeeded().says("SUCCEEDED in");
    let _server = LocalServer::start(project.path(), &[]).await;
    let named = ["start", "--local", "--name", "order-1", "--input"];
    let start = run(&[&named[..], &[PURCHASE]].concat()).await.succeeded();
    assert_shown!("started", start.stdout);
    let taken = run(&[&named[..], &["{}"]].concat()).await.exits_with(1);
    assert_shown!("start_of_a_name_that_is_taken", taken.stderr);

    fs::write(project.path().join("refund.json"), r#"{"type":"REFUND"}"#).expect("write");
    let file = ["start", "--local", "--wait", "--name", "order-2", "--input"];
    let start = run(&[&file[..], &["@refund.json"]].concat()).await;
    assert_shown!("waited_for", start.succeeded().stdout);
    let failing = r#"{"type": "REFUND", "fail": true}"#;
    let start = run(&["start", "--local", "--wait", "--json", "--input", failing]).await;
    let start = start.exits_with(1);
    assert_eq!(start.json()["status"], "FAILED");
    assert!(start.stderr.contains("\"attempt-failed\""), "{start:?}");

    let sync = run(&["start", "--local", "--sync"]).await.exits_with(2);
    assert_shown!("start_sync_of_a_standard", sync.stderr);
    let bad = ["start", "--local", "--input", "order.json"];
    let bad = run(&bad).await.exits_with(2);
    assert_shown!("start_with_a_bad_input", bad.stderr);
}

#[tokio::test]
async fn a_release_before_the_live_one_and_a_state_machine_beside_are_started() {
    let pass = |text: &str| json!({ "StartAt": "Say", "States": { "Say": { "Type": "Pass", "Result": text, "End": true } } });
    let project = Project::new("shop")
        .handler("unused-handler")
        .definition(pass("first"))
        .beside("ship", pass("shipped"))
        .write();
    deployed(&project, "dev").await;
    let project = project.definition(pass("second")).write();
    deployed(&project, "dev").await;
    let output = async |options: &[&str]| {
        let start = [&["start", "--local", "--wait", "--json"], options].concat();
        let run = project.alone(&start).run().await.succeeded();
        run.json()["output"].clone()
    };
    assert_eq!(output(&[]).await, "second");
    assert_eq!(output(&["--release", "1"]).await, "first");
    assert_eq!(output(&["--state-machine", "ship"]).await, "shipped");
}

#[tokio::test]
async fn an_express_execution_is_started_synchronously() {
    let project = Project::transactions()
        .without_tests()
        .settings("[state-machine]\ntype = \"EXPRESS\"\n")
        .write();
    deployed(&project, "dev").await;
    let sync = ["start", "--local", "--sync", "--input", PURCHASE];
    let start = project.alone(&sync).run().await.succeeded();
    assert_shown!("started_synchronously", start.stdout);
    let start = project.alone(&["start", "--local", "--sync"]).run().await;
    start.exits_with(1);
}

#[tokio::test]
async fn a_handler_is_invoked_at_the_version_that_is_live() {
    let project = Project::transactions().write();
    deployed(&project, "dev").await;
    let project = project.change_handler("purchase-handler");
    deployed(&project, "dev").await;
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    let invoke = ["invoke", "purchase-handler", "--local", "--payload"];
    let called = run(&[&invoke[..], &[r#"{"id":1}"#]].concat()).await;
    let called = called.succeeded();
    let response: Value = serde_json::from_str(&called.stdout).expect("JSON");
    let expected = json!({ "handler": "purchase-handler", "revision": 2, "event": { "id": 1 } });
    assert_eq!(response, expected);
    let logged = called.says("purchase-handler revision 2 has {\"id\":1}");
    assert!(logged.stderr.contains("START RequestId: "), "{logged:?}");

    run(&["rollback", "--local"]).await.succeeded();
    let revision = async |options: &[&str]| {
        let arguments = [&invoke[..3], &["--json"], options].concat();
        let answer = run(&arguments).await.succeeded().json();
        (
            answer["response"]["revision"].clone(),
            answer["version"].clone(),
        )
    };
    assert_eq!(revision(&[]).await, (json!(1), json!("1")));
    assert_eq!(
        revision(&["--qualifier", "2"]).await,
        (json!(2), json!("2"))
    );

    let failed = run(&[&invoke[..], &[r#"{"fail": true}"#]].concat()).await;
    let failed = failed.exits_with(1);
    let response: Value = serde_json::from_str(&failed.stdout).expect("JSON");
    assert_eq!(response["errorType"], "Refused");
    assert_shown!("invoked_and_failed", failed.error());
    let unknown = run(&["invoke", "purchase-handlr", "--local"]).await;
    assert_shown!("invoked_by_a_wrong_name", unknown.exits_with(2).stderr);
}

fn nested() -> Project {
    let charge = json!({ "StartAt": "Charge", "States": { "Charge": {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "${buy}", "Payload.$": "$" },
        "OutputPath": "$.Payload",
        "Retry": [{ "ErrorEquals": ["Busy"], "MaxAttempts": 1 }],
        "Catch": [{ "ErrorEquals": ["Lost"], "Next": "Give Up" }],
        "End": true
    }, "Give Up": { "Type": "Pass", "End": true } } });
    Project::new("shop")
        .handler("buy")
        .definition(json!({ "StartAt": "First", "States": {
            "First": { "Type": "Pass", "Parameters": { "id.$": "$.order" }, "Next": "Each" },
            "Each": { "Type": "Map", "ItemProcessor": charge, "Next": "Get" },
            "Get": { "Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": true,
                "Parameters": { "TableName": "t", "Key": { "id": { "S": "1" } } } },
        }}))
        .write()
}

#[tokio::test]
async fn one_state_is_run_and_its_data_shown() {
    let project = nested();
    let run = async |options: &[&str]| {
        let arguments = [&["test-state", "--local"], options].concat();
        project.alone(&arguments).run().await
    };
    // Nothing is deployed yet.
    let first = ["First", "--input", r#"{"order": 7}"#];
    assert_shown!("state_tested", run(&first).await.succeeded().stdout);
    let mocked = ["Each/Charge", "--mock", r#"{"result": {"paid": true}}"#];
    assert_shown!("state_mocked", run(&mocked).await.succeeded().stdout);
    let real = run(&["Charge"]).await.exits_with(1);
    assert_shown!("state_of_nothing", real.stderr);
    let failing = |error: &str| format!(r#"{{"error": "{error}", "cause": "later"}}"#);
    let busy = run(&["Charge", "--mock", &failing("Busy")]).await;
    assert_shown!("state_to_be_retried", busy.exits_with(1).stdout);
    let busy = ["Charge", "--mock", &failing("Busy"), "--retries", "1"];
    let busy = run(&[&busy[..], &["--json"]].concat()).await.exits_with(1);
    assert_eq!(busy.json()["status"], "FAILED");
    let lost = run(&["Charge", "--mock", &failing("Lost")]).await;
    lost.succeeded().says("CAUGHT_ERROR → Give Up");
    let each = run(&["Each", "--input", "[1]"]).await.exits_with(2);
    assert_shown!("state_that_needs_a_mock", each.stderr);
    let each = ["Each", "--input", "[1]", "--mock", r#"{"result": [2]}"#];
    run(&each).await.succeeded().says("SUCCEEDED");
    let pass = run(&["First", "--mock", r#"{"result": 1}"#]).await;
    let refused = "State type 'Pass' is not supported when a mock is specified";
    pass.exits_with(1).says(refused);
    let impossible = r#"{"result": {"Item": 1}}"#;
    let impossible = run(&["Get", "--mock", impossible]).await.exits_with(1);
    impossible.says("Field 'Item' must be an object");
    let unknown = run(&["Chrage"]).await.exits_with(2);
    assert_shown!("state_by_a_wrong_name", unknown.stderr);

    project
        .alone(&["deploy", "--local"])
        .run()
        .await
        .succeeded();
    let called = ["Charge", "--input", r#"{"id": 7}"#, "--json"];
    let called = run(&called).await.succeeded().json();
    assert_eq!(called["output"]["event"]["id"], 7);
    let parameters = &called["inspection_data"]["afterParameters"];
    let function = parameters["FunctionName"].as_str().unwrap_or_default();
    assert!(function.ends_with("function:shop-dev-buy:1"), "{called}");
    let failed = run(&["Charge", "--input", r#"{"fail": true}"#]).await;
    failed.exits_with(1).says("Refused");
}
