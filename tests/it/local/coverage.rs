//! `txflow test --coverage`: what the tests reached, in all its forms.

use std::fs;

use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::project::{Project, start_and_wait, task};

/// A choice, a task that retries and catches, and a Parallel.
fn definition() -> Value {
    let branch = |name: &str| {
        let state = json!({ "Type": "Pass", "End": true });
        json!({ "StartAt": name, "States": { name: state } })
    };
    let mut purchase = task("purchase-handler");
    purchase["Retry"] = json!([
        { "ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 2 },
        { "ErrorEquals": ["States.Timeout"] }
    ]);
    purchase["Catch"] = json!([
        { "ErrorEquals": ["Refused"], "Next": "Refused" },
        { "ErrorEquals": ["States.ALL"], "Next": "Refused" }
    ]);
    json!({ "StartAt": "Choose", "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [
                { "Variable": "$.type", "StringEquals": "PURCHASE", "Next": "Purchase" },
                { "Variable": "$.type", "StringEquals": "BOTH", "Next": "Both" }
            ],
            "Default": "Refused"
        },
        "Purchase": purchase,
        "Both": {
            "Type": "Parallel",
            "Branches": [branch("Label"), branch("Charge")],
            "End": true
        },
        "Refused": { "Type": "Fail", "Error": "Refused" }
    } })
}

const TESTS: &str = r#"
[tests.BUSY]
input = { type = "PURCHASE" }
mock.Purchase = [{ error = "Busy" }, { result = {} }]

[tests.REFUSED]
input = { type = "PURCHASE" }
mock.Purchase = { error = "Refused" }
expect = { status = "FAILED" }
"#;

fn project() -> Project {
    let project = Project::transactions().without_tests();
    project.definition(definition()).settings(TESTS)
}

fn covered<'a>(report: &'a Value, state: &str, kind: &str) -> Vec<&'a Value> {
    let machines = report["state_machines"].as_array().expect("state machines");
    let items = machines
        .iter()
        .flat_map(|machine| machine["items"].as_array().expect("items"));
    let items = items.filter(|item| item["state"] == state && item["kind"] == kind);
    items.map(|item| &item["times"]).collect()
}

/// The coverage at the end of what `--json` prints.
fn coverage(report: &Value) -> Value {
    let entries = report.as_array().expect("a list");
    entries.last().expect("the coverage")["coverage"].clone()
}

#[tokio::test]
async fn the_report_says_what_no_test_reached_and_where() {
    let project = project().write();
    deployed(&project, "dev").await;
    let test = ["test", "--local", "--fast", "--coverage"];
    let shown = project.alone(&test).run_on_screen(40, 80).await.succeeded();
    assert_shown!("coverage", shown.stdout);
    let verbose = ["test", "--local", "--fast", "--coverage", "--verbose"];
    let verbose = project.alone(&verbose).run().await.succeeded();
    assert_shown!("coverage_verbose", verbose.stdout);
    let json = ["test", "--local", "--fast", "--coverage", "--json"];
    let report = coverage(&project.alone(&json).run().await.succeeded().json());
    assert_eq!(
        covered(&report, "Choose", "choice-rule"),
        [&json!(2), &json!(0), &json!(0)]
    );
    assert_eq!(
        covered(&report, "Purchase", "retrier"),
        [&json!(1), &json!(0)]
    );
    assert_eq!(
        covered(&report, "Purchase", "catcher"),
        [&json!(1), &json!(0)]
    );
    assert_eq!(covered(&report, "Both", "branch"), [&json!(0), &json!(0)]);
    let choice = json!({ "reached": 1, "not_reached": 2, "unknown": 0 });
    assert_eq!(report["kinds"]["choice-rule"], choice);
}

#[tokio::test]
async fn a_coverage_that_is_too_low_fails_and_the_files_are_written_all_the_same() {
    let project = project().write();
    let git = project.path().join(".git");
    fs::create_dir(git).expect("a repository");
    deployed(&project, "dev").await;
    let test = async |fail_under: &str| {
        let dir = ["--coverage-dir", "target/coverage"];
        let test = ["test", "--local", "--fast", "--fail-under", fail_under];
        project.alone(&[&test[..], &dir].concat()).run().await
    };
    let low = test("90").await.exits_with(3);
    assert_shown!("coverage_too_low", low.stdout);
    let read = |name: &str| {
        let path = project.path().join("target/coverage").join(name);
        fs::read_to_string(path).expect(name)
    };
    let (lcov, cobertura) = (read("lcov.info"), read("cobertura.xml"));
    assert!(lcov.contains("SF:definition.asl.json\n"), "{lcov}");
    assert!(
        cobertura.contains("filename=\"definition.asl.json\""),
        "{cobertura}"
    );
    assert!(read("coverage.svg").contains("not reached"));
    test("40").await.succeeded();
    let bad = project.alone(&["test", "--fail-under", "101"]).run().await;
    bad.exits_with(2)
        .says("a percentage is a number from 0 to 100");
}

/// A test that fails has reached what it reached, and one state machine that another one starts is measured as well.
#[tokio::test]
async fn what_executions_start_is_measured_in_their_own_definitions() {
    let child = json!({ "QueryLanguage": "JSONata", "StartAt": "Large", "States": {
        "Large": {
            "Type": "Choice",
            "Choices": [{ "Condition": "{% $states.input.order > 10 %}", "Next": "Charge" }],
            "Default": "Charge"
        },
        "Charge": { "Type": "Pass", "End": true }
    } });
    let project = Project::new("orders")
        .handler("purchase-handler")
        .definition(json!({ "StartAt": "Start", "States": { "Start": start_and_wait("bill") } }))
        .beside("bill", child)
        .settings("[tests.ORDER]\ninput = { order = 1 }\nexpect.output = 7\n")
        .write();
    deployed(&project, "dev").await;
    let test = ["test", "--local", "--coverage", "--json"];
    let report = coverage(&project.alone(&test).run().await.exits_with(3).json());
    let names = report["state_machines"].as_array().expect("state machines");
    let names: Vec<&Value> = names
        .iter()
        .map(|machine| &machine["state_machine"])
        .collect();
    assert_eq!(names, [&Value::Null, &json!("bill")]);
    assert_eq!(covered(&report, "Start", "state"), [&json!(1)]);
    assert_eq!(
        covered(&report, "Large", "choice-rule"),
        [&json!(0), &json!(1)]
    );
}

/// The children of a distributed Map have histories of their own; the state machine around them cannot run again.
#[tokio::test]
async fn what_is_not_known_is_said_and_not_guessed() {
    let definition = json!({ "StartAt": "Each", "States": {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
                "StartAt": "Even",
                "States": {
                    "Even": {
                        "Type": "Choice",
                        "Choices": [{ "Variable": "$", "NumericEquals": 2, "Next": "Done" }],
                        "Default": "Done"
                    },
                    "Done": { "Type": "Succeed" }
                }
            },
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Failed" }],
            "End": true
        },
        "Failed": { "Type": "Fail" }
    } });
    let project = Project::new("items")
        .definition(definition)
        .settings("[tests.ITEMS]\ninput = [1, 2, 3]\n")
        .write();
    deployed(&project, "dev").await;
    let test = ["test", "--local", "--coverage", "--json"];
    let report = coverage(&project.alone(&test).run().await.succeeded().json());
    assert_eq!(covered(&report, "Even", "state"), [&json!(3)]);
    assert_eq!(
        covered(&report, "Even", "choice-rule"),
        [&json!(1), &json!(2)]
    );
    assert_eq!(covered(&report, "Each", "branch"), [&json!(3)]);
    assert_eq!(covered(&report, "Each", "catcher"), [&Value::Null]);
    let test = ["test", "--local", "--coverage"];
    let shown = project.alone(&test).run().await.succeeded();
    assert_shown!("coverage_not_known", shown.stdout);
}

/// Only the log knows what an EXPRESS execution did.
#[tokio::test]
async fn of_an_express_workflow_the_log_tells() {
    let project = |data: bool| {
        let express =
            format!("[state-machine]\ntype = \"EXPRESS\"\ninclude-execution-data = {data}\n");
        project().settings(&express).write()
    };
    let report = async |project: &Project| {
        deployed(project, "dev").await;
        let test = ["test", "--local", "--fast", "--coverage", "--json"];
        coverage(&project.alone(&test).run().await.succeeded().json())
    };
    let with_data = report(&project(true)).await;
    assert_eq!(
        covered(&with_data, "Choose", "choice-rule"),
        [&json!(2), &json!(0), &json!(0)]
    );
    assert_eq!(
        covered(&with_data, "Purchase", "retrier"),
        [&json!(1), &json!(0)]
    );
    let without = report(&project(false)).await;
    assert_eq!(covered(&without, "Choose", "state"), [&json!(2)]);
    assert_eq!(
        covered(&without, "Choose", "choice-rule"),
        [&Value::Null; 3]
    );
}

#[tokio::test]
async fn coverage_is_of_the_definition_that_ran() {
    let project = project().write();
    deployed(&project, "dev").await;
    let mut changed = definition();
    changed["States"]["Choose"]["Default"] = "Both".into();
    let project = project.definition(changed).write();
    let test = ["test", "--local", "--fast", "--coverage"];
    let refused = project.alone(&test).run().await.exits_with(1);
    assert_shown!("coverage_of_another_definition", refused.stderr);
    let deploy = [
        "deploy",
        "--local",
        "--test-before-live",
        "--fail-under",
        "90",
    ];
    let low = project.alone(&deploy).run().await.exits_with(3);
    low.says("is below the 90 % of `--fail-under`");
    let alone = project
        .alone(&["deploy", "--local", "--coverage"])
        .run()
        .await;
    alone.exits_with(2).says("coverage is of tests");
}

#[tokio::test]
async fn executions_of_a_load_run_are_measured_together() {
    let project = project().write();
    deployed(&project, "dev").await;
    let test = [
        "test",
        "--local",
        "--fast",
        "--repeat",
        "3",
        "--coverage",
        "--json",
    ];
    let report = project.alone(&test).run().await.succeeded().json();
    let coverage = &report["coverage"];
    assert_eq!(
        covered(coverage, "Choose", "choice-rule"),
        [&json!(6), &json!(0), &json!(0)]
    );
    assert_eq!(
        covered(coverage, "Purchase", "retrier"),
        [&json!(3), &json!(0)]
    );
}
