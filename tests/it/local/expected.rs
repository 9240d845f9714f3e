//! What a test says of calls, tables and queues, and of its mocks.

use std::fs;

use serde_json::{Value, json};
use txflow_local_aws::LocalAws;

use super::deployed;
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};

/// A handler whose answer goes through these states.
fn buying(states: &[(&str, Value)], tests: &str) -> Project {
    let mut buy = task("buy");
    goes_to(&mut buy, states[0].0);
    let mut all = json!({ "Buy": buy });
    for (name, state) in states {
        all[*name] = state.clone();
    }
    Project::new("shop")
        .handler("buy")
        .definition(json!({ "StartAt": "Buy", "States": all }))
        .settings(tests)
        .write()
}

fn goes_to(state: &mut Value, next: &str) {
    if let Some(state) = state.as_object_mut() {
        state.remove("End");
        state.insert("Next".to_owned(), next.into());
    }
}

/// Puts the order into a table.
fn store() -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Parameters": {
            "TableName": "orders",
            "Item": { "id": { "S.$": "$.event.id" }, "total": { "N": "3" } }
        },
        "ResultPath": null,
        "End": true
    })
}

const CALLS: &str = r#"
[tests.CALLED]
input = { id = "o-1" }
mock.Store = { result = {} }

[[tests.CALLED.expect.calls]]
service = "lambda"
function = "buy"
where = { Payload = { id = "o-1" } }
times = 1

[[tests.CALLED.expect.calls]]
service = "dynamodb"
action = "putItem"
where = { TableName = "orders", "$.Item.id.S" = "o-1" }

[[tests.CALLED.expect.calls]]
service = "sqs"
action = "sendMessage"
times = 0

[tests.MISSED]
input = { id = "o-2" }
mock.Store = { result = {} }

[[tests.MISSED.expect.calls]]
service = "dynamodb"
action = "putItem"
where = { TableName = "orders", Item = { id = { S = "o-1" } } }

[[tests.MISSED.expect.calls]]
service = "lambda"
function = "buy"
times = { min = 2 }
"#;

#[tokio::test]
async fn a_test_says_what_is_called() {
    let project = buying(&[("Store", store())], CALLS);
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await;
    assert_shown!("called_and_missed", test.exits_with(3).stdout);
    let repeated = ["test", "--local", "--type", "MISSED", "--repeat", "2"];
    let repeated = project.alone(&repeated).run().await.exits_with(3);
    repeated.says("2 failed");
}

const MOCKED: &str = r#"
[tests.SKIPPED]
input = { id = "o-1" }
mock.Buy = { result = { event = { id = "o-1" }, mocked = true } }
expect = { output = { mocked = true } }

[tests.IGNORED]
input = { id = "o-2" }
mock.Buy = { result = { event = { id = "o-2" } } }
mocks-on-aws = "ignore"

[tests.IGNORED.expect.output]
event = { id = "o-2" }

[[tests.IGNORED.expect.calls]]
service = "lambda"
function = "buy"
"#;

#[tokio::test]
async fn a_test_with_mocks_runs_without_them_on_aws_if_it_says_so() {
    let project = buying(&[("Done", json!({ "Type": "Succeed" }))], MOCKED);
    let server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    let local = project.alone(&["test", "--local"]).run().await;
    local.succeeded().says("2 tests: 2 passed, 0 failed");
    // An endpoint that may be AWS.
    let aws = async |arguments: &[&str]| project.txflow(&server.url, arguments).run().await;
    let test = aws(&["test"]).await.succeeded();
    assert_shown!("skipped_on_aws", test.stdout);
    let reports = aws(&["test", "--json"]).await.succeeded().json();
    assert_eq!(reports[0]["test"], "IGNORED");
    assert_eq!(reports[0]["output"]["handler"], "buy", "it is not mocked");
    assert_eq!(reports[1]["test"], "SKIPPED");
    let junit = ["test", "--junit", "junit.xml"];
    aws(&junit).await.succeeded();
    let junit = fs::read_to_string(project.path().join("junit.xml")).expect("a report");
    assert!(junit.contains("tests=\"2\" skipped=\"1\""), "{junit}");
}

const CONTENTS: &str = r#"
[tests.STORED]
input = { id = "o-1" }

[[tests.STORED.expect.items]]
table = "orders"
where = { id = "o-1", total = 3 }
count = 1

[[tests.STORED.expect.messages]]
queue = "sold"
where = { id = "o-1" }
count = { min = 1, max = 1 }

[tests.NOT_STORED]
input = { id = "o-2" }

[[tests.NOT_STORED.expect.items]]
table = "orders"
where = { id = "o-3" }

[[tests.NOT_STORED.expect.messages]]
queue = "nowhere"
"#;

#[tokio::test]
async fn a_test_says_what_tables_and_queues_hold() {
    let mut put = store();
    goes_to(&mut put, "Tell");
    let tell = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {
            "QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/sold",
            "MessageBody.$": "$.event"
        },
        "ResultPath": null,
        "End": true
    });
    let project = buying(&[("Store", put), ("Tell", tell)], CONTENTS);
    let _server = LocalServer::start(project.path(), &[]).await;
    let joined = LocalAws::find(project.path().join(".txflow/local"));
    let joined = joined.expect("the endpoint file").expect("a server");
    let aws = joined.direct("000000000000", "us-east-1");
    let table = json!({
        "TableName": "orders",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    let made = aws.call("dynamodb", "CreateTable", table).await;
    made.expect("CreateTable");
    let made = aws.call("sqs", "CreateQueue", json!({ "QueueName": "sold" }));
    made.await.expect("CreateQueue");
    deployed(&project, "dev").await;
    let stored = ["test", "--local", "--type", "STORED"];
    project.alone(&stored).run().await.succeeded();
    // The messages were put back, so a second look finds two.
    let again = project.alone(&stored).run().await.exits_with(3);
    again.says("expected 1, got 2");
    let test = ["test", "--local", "--type", "NOT_STORED"];
    let test = project.alone(&test).run().await.exits_with(3);
    assert_shown!("not_stored", test.stdout);
}

/// In the format of AWS's own example.
const MOCK_CONFIG: &str = r#"{
  "StateMachines": { "shop-dev": { "TestCases": {
    "HappyPath": { "Buy": "Bought" },
    "RetryPath": { "Buy": "BoughtAtLast" }
  } } },
  "MockedResponses": {
    "Bought": { "0": { "Return": { "StatusCode": 200, "Payload": { "mocked": true } } } },
    "BoughtAtLast": {
      "0": { "Throw": { "Error": "Lambda.ResourceNotReadyException", "Cause": "not ready" } },
      "1-2": { "Throw": { "Error": "Lambda.TimeoutException", "Cause": "timed out" } },
      "3": { "Return": { "StatusCode": 200, "Payload": { "mocked": "at last" } } }
    }
  }
}"#;

#[tokio::test]
async fn the_mocks_of_step_functions_local_are_served() {
    let mut buy = task("buy");
    buy["Retry"] =
        json!([{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3 }]);
    let project = Project::new("shop")
        .handler("buy")
        .definition(json!({ "StartAt": "Buy", "States": { "Buy": buy } }))
        .write();
    fs::write(project.path().join("mocks.json"), MOCK_CONFIG).expect("write");
    let server = LocalServer::start(project.path(), &["--fast", "--mocks", "mocks.json"]).await;
    let account = Account::at(&server.url).await;
    let live = deployed(&project, "dev").await;
    let arn = live["state_machine_arn"].as_str().expect("an ARN");
    for (case, expected) in [("HappyPath", json!(true)), ("RetryPath", json!("at last"))] {
        let start = account.states.start_execution();
        let start = start.state_machine_arn(format!("{arn}#{case}")).input("{}");
        let started = start.send().await.expect("StartExecution").execution_arn;
        super::executions::ended(&account, &started).await;
        let described = account.states.describe_execution().execution_arn(&started);
        let described = described.send().await.expect("DescribeExecution");
        let output: Value =
            serde_json::from_str(described.output().unwrap_or("null")).expect("JSON");
        assert_eq!(output["mocked"], expected, "{case}: {described:?}");
    }
    drop(server);
    fs::write(
        project.path().join("mocks.json"),
        MOCK_CONFIG.replace("1-2", "1-x"),
    )
    .expect("write");
    let local = ["local", "--port", "0", "--mocks", "mocks.json"];
    let local = project.alone(&local).run().await.exits_with(2);
    assert_shown!("mocks_that_cannot_be_read", local.stderr);
}
