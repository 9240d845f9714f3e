//! What `txflow test` tells while tests run, and of those that fail.

use std::fs;

use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::project::{Project, task};

#[tokio::test]
async fn a_failed_test_shows_what_its_handler_wrote_and_all_else_that_explains_it() {
    let refused = "[tests.REFUSED]\ninput = { type = \"PURCHASE\", fail = true }\n";
    let project = Project::transactions().settings(refused).write();
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await;
    let test = test.exits_with(3);
    let line = line(&project, "[tests.REFUSED]");
    assert!(test.stdout.contains(&format!("deploy.toml:{line}")));
    assert_shown!("failed", test.stdout);
}

#[tokio::test]
async fn an_expectation_that_was_not_met_is_shown_with_its_line_in_the_stage() {
    let settings = r#"
[tests.BUY]
input = {}

[tests.BUY.expect]
path = ["Buy"]
output = { handler = "buyer", revision = 1 }

[stages.prod.tests.BUY.expect]
output = { revision = 7 }
"#;
    let project = Project::new("shop")
        .handler("buyer")
        .definition(json!({ "StartAt": "Buy", "States": { "Buy": task("buyer") } }))
        .settings(settings)
        .write();
    deployed(&project, "prod").await;
    let test = ["test", "--local", "--stage", "prod"];
    let test = project.alone(&test).run().await.exits_with(3);
    let line = line(&project, "output = { revision = 7 }");
    assert!(test.stdout.contains(&format!("deploy.toml:{line}")));
    assert_shown!("not_as_expected", test.stdout);
}

#[tokio::test]
async fn an_execution_that_hangs_is_no_longer_watched() {
    let tests = r#"
[tests.HANGS]
input = {}

[tests.HANGS.expect]
max-duration = 0.1
"#;
    let project = Project::new("shop")
        .handler("buyer")
        .definition(waiting(900))
        .settings(tests)
        .write();
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await;
    assert_shown!("hangs", test.exits_with(3).stdout);
}

#[tokio::test]
async fn what_ends_first_is_told_first_and_the_result_has_the_order_of_the_file() {
    let tests = "[tests.SLOW]\ninput = { slow = true }\n[tests.FAST]\ninput = { slow = false }\n";
    let project = Project::new("shop")
        .handler("buyer")
        .definition(waiting(1))
        .settings(tests)
        .write();
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await.succeeded();
    in_order(&test.stderr, &["FAST Buy", "SLOW Rest", "SLOW Buy"]);
    // The result has a line for each test, so there is no other.
    assert!(!test.stderr.contains("Passed test"), "{}", test.stderr);
    in_order(&test.stdout, &["PASS SLOW", "PASS FAST"]);

    let one_by_one = ["test", "--local", "--json", "--concurrency", "1"];
    let test = project.alone(&one_by_one).run().await.succeeded();
    let events = test.stderr.lines().map(|line| {
        let event: Value = serde_json::from_str(line).expect("an event a line");
        format!("{} {}", event["event"], event["test"]).replace('"', "")
    });
    let of_tests = events.filter(|event| event.starts_with("test-"));
    assert_eq!(
        of_tests.collect::<Vec<_>>(),
        [
            "test-started SLOW",
            "test-finished SLOW",
            "test-started FAST",
            "test-finished FAST",
        ]
    );
}

/// A workflow that waits where its input says `slow` or says nothing.
fn waiting(seconds: u32) -> Value {
    let fast = json!({ "And": [
        { "Variable": "$.slow", "IsPresent": true },
        { "Variable": "$.slow", "BooleanEquals": false },
    ], "Next": "Buy" });
    json!({ "StartAt": "Choose", "States": {
        "Choose": { "Type": "Choice", "Choices": [fast], "Default": "Rest" },
        "Rest": { "Type": "Wait", "Seconds": seconds, "Next": "Buy" },
        "Buy": task("buyer"),
    } })
}

/// The number of the first line of deploy.toml that holds `text`.
fn line(project: &Project, text: &str) -> usize {
    let toml = fs::read_to_string(project.path().join("deploy.toml")).expect("deploy.toml");
    let found = toml.lines().position(|line| line.contains(text));
    found.expect("the text is there") + 1
}

fn in_order(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("{part:?} is not in its place in\n{text}");
        };
        rest = after;
    }
}
