//! An EXPRESS workflow: one call, `StartSyncExecution`, answers with the end of the execution.
//!
//! A gap of ministack 1.5.33: its `StartSyncExecution` knows neither versions nor aliases, and answers 400
//! `StateMachineDoesNotExist`. The wire answers in its place; that the call comes there at all shows that the host has
//! no `sync-` in front, which no custom endpoint has.

use serde_json::{Value, json};

use crate::shown::assert_shown;
use crate::support::project::Project;
use crate::support::reply::Reply;
use crate::support::stack::{STATE_MACHINE, Stack};
use crate::support::wire::{Act, Rule};

const SYNC: &str = "states.StartSyncExecution";

fn project() -> Project {
    Project::transactions().without_tests().settings(
        r#"
[state-machine]
type = "EXPRESS"

[tests.PURCHASE]
input = { type = "PURCHASE", id = "p-1" }
expect = { output = { id = "p-1" } }
"#,
    )
}

fn answer(end: Value) -> Act {
    let mut answer = json!({
        "executionArn": "arn:aws:states:us-east-1:000000000000:express:transactions-dev:e:1",
        "stateMachineArn": STATE_MACHINE,
        "startDate": 1_700_000_000.0,
        "stopDate": 1_700_000_000.25,
        "input": "{}"
    });
    answer
        .as_object_mut()
        .unwrap()
        .extend(end.as_object().unwrap().clone());
    Act::Reply(Reply::json(200, answer.to_string()))
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_test_is_one_synchronous_execution_of_what_is_live() {
    let stack = Stack::deployed(project()).await;
    let end = json!({ "status": "SUCCEEDED", "output": r#"{"id":"p-1","more":true}"# });
    stack.wire.rule(Rule::on(SYNC, answer(end)));
    let test = stack.txflow(&["test"]).run().await.succeeded();
    assert_shown!("passed", test.stdout);
    stack.wire.finish();
    let calls = stack.wire.calls();
    let start = calls.iter().find(|call| call.operation == SYNC).unwrap();
    let release = [
        format!("{STATE_MACHINE}:live"),
        format!("{STATE_MACHINE}:1"),
    ];
    assert!(
        release
            .iter()
            .any(|arn| start.body.contains(&format!("\"{arn}\""))),
        "{}",
        start.body
    );
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn an_execution_that_fails_is_exit_code_3() {
    let stack = Stack::deployed(project()).await;
    let end = json!({ "status": "FAILED", "error": "Refused", "cause": "the event says so" });
    stack.wire.rule(Rule::on(SYNC, answer(end)));
    let test = stack.txflow(&["test"]).run().await.exits_with(3);
    assert_shown!("refused", test.stdout);
}

#[tokio::test]
#[ignore = "needs the emulators"]
async fn its_log_group_comes_and_goes_with_it() {
    let stack = Stack::deployed(project()).await;
    let group = "log group /aws/vendedlogs/states/transactions-dev";
    let snapshot = stack.account.snapshot().await;
    assert!(
        snapshot.0.iter().any(|line| line.starts_with(group)),
        "{snapshot:?}"
    );
    stack.txflow(&["deploy"]).run().await.succeeded();
    assert_eq!(stack.written(), [""; 0]);
    stack.txflow(&["destroy", "--yes"]).run().await.succeeded();
    assert!(stack.account.snapshot().await.is_empty());
}
