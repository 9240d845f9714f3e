//! `txflow test --repeat`: many executions, and what they came to.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::project::{Project, task};
use crate::support::txflow::interrupt;

#[tokio::test]
async fn each_test_is_run_many_times_and_failures_are_grouped_by_cause() {
    let refused = r#"
[tests.REFUSED]
input = { type = "PURCHASE", fail = true }

[tests.OTHER]
input = { type = "PURCHASE" }
expect = { output = { revision = 7 }, retries = { Purchase = 0 } }
"#;
    let project = Project::transactions().settings(refused).write();
    deployed(&project, "dev").await;
    let load = ["test", "--local", "--repeat", "6", "--concurrency", "3"];
    let load = project
        .alone(&[&load[..], &["--json"]].concat())
        .run()
        .await;
    let report = load.exits_with(3).json();
    assert_eq!(counts(&report["all"]), json!([24, 12, 12]));
    let tests = report["tests"].as_array().expect("a list");
    let names: Vec<&Value> = tests.iter().map(|test| &test["test"]).collect();
    assert_eq!(names, ["PURCHASE", "REFUND", "REFUSED", "OTHER"]);
    assert_eq!(counts(&tests[0]), json!([6, 6, 0]));
    assert_eq!(tests[0]["failures"], json!([]));
    let took = &tests[0]["seconds"];
    assert!(took["p50"].as_f64() <= took["max"].as_f64(), "{took}");

    let refused = &tests[2]["failures"];
    assert_eq!(refused.as_array().map(Vec::len), Some(1), "{refused}");
    assert_eq!(refused[0]["kind"], "execution");
    assert_eq!(refused[0]["what"], "Refused");
    assert_eq!(refused[0]["detail"], "the event says so");
    assert_eq!(refused[0]["count"], 6);
    let example = refused[0]["example"].as_str().unwrap_or_default();
    assert!(
        example.contains(":execution:transactions-dev:txflow-REFUSED-"),
        "{example}"
    );

    let other = &tests[3]["failures"];
    assert_eq!(other[0]["kind"], "expectation");
    assert_eq!(other[0]["what"], "output");
    assert_eq!(other[0]["count"], 6);
}

#[tokio::test]
async fn a_load_run_tells_how_far_it_is_a_tenth_at_a_time() {
    let project = Project::transactions().write();
    deployed(&project, "dev").await;
    let load = ["test", "--local", "--type", "REFUND", "--repeat", "40"];
    let load = project.alone(&load).run().await.succeeded();
    let lines = load
        .stderr
        .lines()
        .filter(|line| line.contains(" of 40 executions"));
    assert_eq!(lines.count(), 10, "{}", load.stderr);
    assert_shown!("passed", load.stdout);
    load.says("Running 4 of 40 executions, 0 failed");
}

#[tokio::test]
async fn mocks_answer_a_load_run_whose_waits_take_no_time() {
    let mut call = task("purchase-handler");
    call["Retry"] = json!([{ "ErrorEquals": ["Busy"], "IntervalSeconds": 3600, "MaxAttempts": 1 }]);
    let test = r#"
[tests.BUSY]
input = {}
mock.Call = [{ error = "Busy" }, { result = { ok = true } }]
expect = { output = { ok = true }, retries = { Call = 1 } }
"#;
    let project = Project::new("busy")
        .handler("purchase-handler")
        .definition(json!({ "StartAt": "Call", "States": { "Call": call } }))
        .settings(test)
        .write();
    deployed(&project, "dev").await;
    let load = ["test", "--local", "--fast", "--repeat", "20", "--json"];
    let report = project.alone(&load).run().await.succeeded().json();
    assert_eq!(counts(&report["all"]), json!([20, 20, 0]));
    let shortest = report["all"]["seconds"]["p50"].as_f64();
    assert!(shortest >= Some(3600.0), "{report}");
}

#[tokio::test]
async fn an_express_workflow_is_run_many_times_as_well() {
    let express =
        "[state-machine]\ntype = \"EXPRESS\"\n\n[tests.ANY]\ninput = { type = \"REFUND\" }\n";
    let project = Project::transactions().without_tests().settings(express);
    let project = project.write();
    deployed(&project, "dev").await;
    let load = ["test", "--local", "--repeat", "10"];
    let load = project.alone(&load).run().await.succeeded();
    assert_shown!("express", load.stdout);
}

#[tokio::test]
async fn ctrl_c_ends_a_load_run_with_what_it_has() {
    let definition = json!({ "StartAt": "Hold", "States": {
        "Hold": { "Type": "Wait", "SecondsPath": "$.hold", "End": true }
    } });
    let project = Project::new("held")
        .handler("unused-handler")
        .definition(definition)
        .settings("[tests.SHORT]\ninput = { hold = 0 }\n\n[tests.LONG]\ninput = { hold = 3600 }\n")
        .write();
    deployed(&project, "dev").await;
    let load = ["test", "--local", "--repeat", "10", "--concurrency", "4"];
    let load = project.alone(&[&load[..], &["--json"]].concat());
    let mut child = load.start_piped();
    let mut progress = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    // The long ones hold all places before many of the short ones have had one.
    let first = progress.next_line().await.expect("text").expect("a line");
    assert!(first.contains("\"executions\":2,"), "{first}");
    interrupt(&child);
    let ended = child.wait_with_output().await.expect("its end");
    assert_eq!(ended.status.code(), Some(130));
    let report: Value = serde_json::from_slice(&ended.stdout).expect("JSON");
    assert_eq!(report["planned"], 20);
    assert_eq!(report["tests"][1]["executions"], 0);
    let ran = report["all"]["executions"].as_u64();
    assert!(ran >= Some(2) && ran < Some(10), "{report}");
    assert_eq!(report["all"]["failed"], 0);
}

/// Executions, and how many of them passed and failed.
fn counts(figures: &Value) -> Value {
    json!([figures["executions"], figures["passed"], figures["failed"]])
}
