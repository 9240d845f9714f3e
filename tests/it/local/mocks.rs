//! Tests whose states are mocked, and time that is virtual.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};

/// Long enough that no test could wait for it.
const BACK_OFF: u64 = 3600;

const TESTS: &str = r#"
[tests.LIST]
input = { id = 1 }
mock."Slow Call" = [{ error = "Busy", cause = "later" }, { error = "Busy" }, { result = { ok = true } }]
expect = { output = { ok = true }, path = ["Slow Call"], retries = { "Slow Call" = 2 } }

[tests.RESULT]
input = { id = 2 }
mock."Slow Call" = { result = { ok = true } }
expect = { output = { ok = true }, retries = { "Slow Call" = 0 } }

[tests.ERROR]
input = { id = 3 }
mock."Slow Call" = { error = "Busy", cause = "still" }
expect = { status = "FAILED", error = "Busy", cause = "still", retries = { "Slow Call" = 2 } }

[tests.LAST]
input = { id = 4 }
mock."Slow Call" = [{ error = "Busy", cause = "first" }, { error = "Busy", cause = "last" }]
expect = { status = "FAILED", cause = "last", retries = { "Slow Call" = 2 } }

[tests.REAL]
input = { id = 5 }
expect = { output = { handler = "purchase-handler" } }
"#;

fn project() -> Project {
    let mut call = task("purchase-handler");
    call["Retry"] = json!([{
        "ErrorEquals": ["Busy"], "IntervalSeconds": BACK_OFF, "BackoffRate": 1, "MaxAttempts": 2
    }]);
    Project::new("patient")
        .handler("purchase-handler")
        .definition(json!({ "StartAt": "Slow Call", "States": { "Slow Call": call } }))
        .settings(TESTS)
        .write()
}

#[tokio::test]
async fn retries_are_tested_in_no_time_by_what_mocks_answer() {
    let project = project();
    deployed(&project, "dev").await;
    let began = Instant::now();
    let test = project.alone(&["test", "--local", "--fast", "--json"]);
    let report = test.run().await.succeeded().json();
    assert!(began.elapsed() < Duration::from_secs(BACK_OFF));
    let seconds = |test: &str| {
        let tests = report.as_array().into_iter().flatten();
        let found = tests.filter(|report| report["test"] == test);
        let seconds = found.filter_map(|report| report["seconds"].as_f64());
        seconds.sum::<f64>()
    };
    // The execution itself tells the time that it would have taken.
    assert!(seconds("LIST") >= 7200.0, "{report}");
    assert!(seconds("RESULT") < 3600.0, "{report}");
}

#[tokio::test]
async fn a_running_server_takes_the_mocks_of_a_test_and_may_skip_waits_itself() {
    let project = project();
    let server = LocalServer::start(project.path(), &["--fast"]).await;
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await.succeeded();
    assert_shown!("mocked", test.stdout);
    // AWS itself takes no mocks, so an endpoint that may be AWS gets none.
    let some = project.txflow(&server.url, &["test"]).run().await;
    let some = some.succeeded();
    assert_shown!("without_the_mocked", some.stdout);
    let none = project.txflow(&server.url, &["test", "--type", "LIST"]);
    let none = none.run().await.exits_with(2);
    assert_shown!("mocked_only", none.stderr);
}

#[tokio::test]
async fn a_command_skips_waits_on_a_server_that_does_not() {
    let wait = json!({ "Type": "Wait", "Seconds": 3 * 24 * 3600, "Next": "Again" });
    let again = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": { "StateMachineArn": "${inner}" },
        "End": true
    });
    let inner = json!({ "StartAt": "Rest", "States": {
        "Rest": { "Type": "Wait", "Seconds": 3600, "End": true }
    } });
    let settings = "[tests.LONG]\ninput = {}\n";
    let project = Project::new("patient")
        .handler("unused-handler")
        .definition(json!({ "StartAt": "Wait", "States": { "Wait": wait, "Again": again } }))
        .beside("inner", inner)
        .settings(settings)
        .write();
    let mut server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    let began = Instant::now();
    let test = project.alone(&["test", "--local", "--fast"]).run().await;
    let test = test.succeeded();
    assert!(began.elapsed() < Duration::from_secs(3600));
    assert!(
        test.stdout.starts_with("PASS LONG 3 d (virtual)\n"),
        "{}",
        test.stdout
    );
    assert!(!test.stderr.contains("--fast"), "{}", test.stderr);

    // The server itself has its time still.
    let start = project.alone(&["start", "--local", "--input", "{}", "--name", "real"]);
    start.run().await.succeeded();
    let shown = ["executions", "show", "real", "--local", "--json"];
    let shown = project.alone(&shown).run().await.succeeded().json();
    assert_eq!(shown["status"], "RUNNING");
    server.signal(rustix::process::Signal::INT).await;
}

/// `TestState` and Step Functions Local take the response of Lambda's API.
#[tokio::test]
async fn a_mock_may_be_the_whole_response_of_lambda() {
    let definition: Value = json!({ "StartAt": "Charge", "States": {
        "Charge": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": { "FunctionName": "${buy}", "Payload.$": "$" },
            "OutputPath": "$.Payload",
            "Next": "Child"
        },
        "Child": {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:000000000000:stateMachine:child" },
            "ResultSelector": { "paid.$": "$.Output.paid" },
            "ResultPath": "$.child",
            "End": true
        }
    } });
    let test = r#"
[tests.PLAIN]
input = {}
mock.Charge = { result = { paid = 1 } }
mock.Child = { result = { Output = { paid = 3 } } }
expect = { output = { paid = 1, child = { paid = 3 } } }

[tests.WHOLE]
input = {}
mock.Charge = { result = { Payload = { paid = 2 }, StatusCode = 200 } }
mock.Child = { result = { Output = { paid = 3 } } }
expect = { output = { paid = 2, child = { paid = 3 } } }
"#;
    let project = Project::new("mocked")
        .handler("buy")
        .definition(definition)
        .settings(test)
        .write();
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await;
    test.succeeded();
    let mock = r#"{"result": {"Payload": {"paid": 4}}}"#;
    let state = ["test-state", "Charge", "--local", "--json", "--mock", mock];
    let tested = project.alone(&state).run().await.succeeded().json();
    assert_eq!(tested["output"], json!({ "paid": 4 }), "{tested}");
}

#[tokio::test]
async fn a_mocked_task_that_calls_no_function_answers_plainly() {
    let definition: Value = json!({ "StartAt": "Read", "States": { "Read": {
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Parameters": { "TableName": "orders", "Key": { "id": { "S": "1" } } },
        "OutputPath": "$.Item",
        "End": true
    } } });
    let test = r#"
[tests.READ]
input = {}
mock.Read = { result = { Item = { id = { S = "1" } } } }
expect = { output = { id = { S = "1" } } }
"#;
    let project = Project::new("reader")
        .handler("unused-handler")
        .definition(definition)
        .settings(test)
        .write();
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await;
    test.succeeded();
}
