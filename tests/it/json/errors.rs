//! What `--json` prints of an error.

use std::fs;

use serde_json::{Value, json};

use crate::support::project::Project;
use crate::support::txflow::Outcome;

/// The error: the last line on stderr, before which each is an event.
fn error(outcome: &Outcome) -> Value {
    let mut events = outcome.stderr.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(event["event"].is_string(), "{line}");
        event
    });
    let last = events.next_back().expect("a line on stderr");
    assert_eq!(last["event"], "error", "{outcome:?}");
    assert_eq!(last["exit_code"].as_i64(), outcome.code.map(i64::from));
    last
}

#[tokio::test]
async fn an_error_is_one_object_whatever_went_wrong() {
    let project = Project::shop().write();
    let run = async |arguments: &[&str]| {
        let outcome = project.alone(arguments).run().await;
        assert!(outcome.stdout.is_empty(), "{outcome:?}");
        error(&outcome)
    };
    let usage = run(&["deploy", "--json", "--stgae", "prod"]).await;
    assert_eq!(usage["kind"], "usage");
    assert_eq!(usage["exit_code"], 2);
    assert_eq!(usage["message"], "unexpected argument '--stgae' found");
    let tip = "a similar argument exists: '--stage'";
    assert_eq!(usage["hint"], tip);
    let none = run(&["--json"]).await;
    assert_eq!(none["kind"], "usage");

    let nothing = run(&["test", "--local", "--json"]).await;
    assert_eq!(nothing["kind"], "not-deployed");
    assert_eq!(nothing["exit_code"], 1);
    assert_eq!(nothing["hint"], "run `txflow deploy --local` first");
    assert_eq!(nothing["places"], json!([]));
    let unknown = run(&["test", "--local", "--json", "--type", "GOD"]).await;
    assert_eq!(unknown["kind"], "unknown-test");
    assert_eq!(unknown["hint"], "did you mean `GOOD`?");
    let denied = run(&["status", "--json"]).await;
    assert_eq!(denied["kind"], "aws-no-credentials");

    // Behind `--` it is a value.
    let text = project.alone(&["invoke", "--", "--json", "x"]).run().await;
    text.exits_with(2)
        .says("error: unexpected argument 'x' found");
}

#[tokio::test]
async fn an_error_in_a_file_says_where_and_validate_lists_all_findings() {
    let project = Project::shop().write();
    let deploy_toml = project.path().join("deploy.toml");
    let text = fs::read_to_string(&deploy_toml).expect("read");
    let wrong = text.replace(
        "[functions.buy]",
        "[functions.buy]\nmemroy = 1\ntimeuot = 2",
    );
    fs::write(&deploy_toml, &wrong).expect("write");
    let place = |key: &str| {
        let line = wrong.lines().position(|line| line.starts_with(key));
        let line = line.expect("the key") + 1;
        json!({ "file": "deploy.toml", "line": line, "column": 1 })
    };
    let places = json!([place("memroy"), place("timeuot")]);

    let plan = project.alone(&["plan", "--local", "--json"]).run().await;
    let failed = error(&plan.exits_with(2));
    assert_eq!(failed["kind"], "invalid-files");
    assert_eq!(failed["message"], "2 errors");
    assert_eq!(failed["places"], places);
    let first = &failed["findings"][0];
    assert_eq!(first["code"], "unknown-key");
    assert_eq!(first["severity"], "error");
    assert_eq!(first["hint"], "did you mean `memory`?");

    let validate = project.alone(&["validate", "--json"]).run().await;
    let validate = validate.exits_with(2);
    let found = validate.json();
    assert_eq!(found["valid"], false);
    assert_eq!(found["findings"], failed["findings"]);
    assert_eq!(found["findings"][0]["place"]["file"], "deploy.toml");
    assert_eq!(error(&validate)["places"], places);
}

#[tokio::test]
async fn what_cargo_says_of_a_broken_handler_is_in_events() {
    let project = Project::shop().write();
    let source = project.path().join("lambdas/buy/src/main.rs");
    fs::write(source, "fn main() { nowhere(); }\n").expect("write the handler");
    let deploy = project.alone(&["deploy", "--local", "--json"]).run().await;
    let failed = error(&deploy.exits_with(1));
    assert_eq!(failed["kind"], "cargo");
    assert_eq!(failed["nothing_written"], true);
}

#[tokio::test]
async fn a_secret_is_masked_in_an_error() {
    let project = Project::shop()
        .function_settings(
            "buy",
            "environment = { KEY = { env = \"KEY\", secret = true } }\n",
        )
        .write();
    let test = ["test", "--local", "--json", "--type", "sesame-open"];
    let test = project.alone(&test).env("KEY", "sesame-open").run().await;
    let failed = error(&test.exits_with(2));
    assert_eq!(failed["message"], "deploy.toml has no test `***`");
}
