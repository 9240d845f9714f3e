//! `txflow explore`: what it finds, and the tests that show it.

use std::fs;

use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::project::{Project, task};

const TESTS: &str = r#"
[tests.PAID]
input = { id = 1, orders = [{ sku = "cup" }, { sku = "tea" }] }
"#;

/// With a path that leads nowhere, an entry that nothing comes to, and a task without a `Retry`.
fn project() -> Project {
    let mut charge = task("purchase-handler");
    charge["ResultPath"] = "$.receipt".into();
    charge["Catch"] = json!([
        { "ErrorEquals": ["Declined"], "ResultPath": "$.failure", "Next": "Tell" },
        { "ErrorEquals": ["Declined"], "Next": "Tell" },
    ]);
    charge["Next"] = "Ship".into();
    let fields = charge.as_object_mut().expect("a state");
    fields.retain(|name, _| !["End", "OutputPath"].contains(&name.as_str()));
    let mut pack = task("purchase-handler");
    pack["Retry"] = json!([{ "ErrorEquals": [
        "Lambda.ServiceException", "Lambda.AWSLambdaException",
        "Lambda.SdkClientException", "Lambda.TooManyRequestsException",
    ] }]);
    let definition = json!({ "StartAt": "Charge", "States": {
        "Charge": charge,
        "Tell": { "Type": "Pass", "Parameters": { "why.$": "$.error.Cause" }, "End": true },
        "Ship": {
            "Type": "Map",
            "ItemsPath": "$.orders",
            "ItemProcessor": { "StartAt": "Pack", "States": { "Pack": pack } },
            "Next": "Read",
        },
        "Read": { "Type": "Pass", "InputPath": "$[0].handler", "End": true },
    }});
    Project::new("shop")
        .handler("purchase-handler")
        .definition(definition)
        .settings(TESTS)
        .write()
}

fn ids(found: &Value) -> Vec<&str> {
    let found = found.as_array().into_iter().flatten();
    found.filter_map(|one| one["id"].as_str()).collect()
}

#[tokio::test]
async fn what_is_found_is_shown_by_tests_that_can_be_pasted_and_then_is_deliberate() {
    let project = project();
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    deployed(&project, "dev").await;
    let explored = run(&["explore", "--local"]).await.exits_with(3);
    assert_shown!("explored", explored.stdout);
    let explored: Value = run(&["explore", "--local", "--json"])
        .await
        .exits_with(3)
        .json();
    let found = [
        "broken-data: Tell",
        "not-retried: Charge",
        "never-taken: Charge",
    ];
    assert_eq!(ids(&explored["findings"]), found);
    assert_eq!(explored["unknown"], json!([]));
    assert_eq!(
        (&explored["states"], &explored["reached"]),
        (&json!(5), &json!(5))
    );
    let notes = ["needs-field: Read", "uncaught: Charge", "uncaught: Pack"];
    assert_eq!(ids(&explored["notes"]), notes);

    // Each passes as long as nothing is repaired.
    let all = ["findings", "notes"].map(|list| explored[list].as_array().expect("a list").clone());
    let all = all.concat();
    let tests: Vec<&str> = all.iter().filter_map(|one| one["test"].as_str()).collect();
    assert_eq!(tests.len(), 5);
    let path = project.path().join("deploy.toml");
    let text = fs::read_to_string(&path).expect("deploy.toml");
    fs::write(&path, format!("{text}\n{}\n", tests.join("\n\n"))).expect("write");
    let tested = run(&["test", "--local", "--fast"]).await.succeeded();
    assert!(
        tested.stdout.contains("6 tests: 6 passed, 0 failed"),
        "{}",
        tested.stdout
    );

    // Now they are expected; what no test shows is allowed by its name.
    let left: Value = run(&["explore", "--local", "--json"])
        .await
        .exits_with(3)
        .json();
    assert_eq!(ids(&left["findings"]), ["never-taken: Charge"]);
    let text = fs::read_to_string(&path).expect("deploy.toml");
    let allow = "[explore]\nallow = [\"never-taken: Charge\", \"not-retried: Pack\"]\n";
    fs::write(&path, format!("{text}\n{allow}")).expect("write");
    let allowed = run(&["explore", "--local"]).await.succeeded();
    assert!(
        allowed.stdout.contains("no findings, 1 allowed"),
        "{}",
        allowed.stdout
    );
    assert!(
        allowed
            .stderr
            .contains("`not-retried: Pack`, which was not found"),
        "{}",
        allowed.stderr
    );

    // A repair lets the test fail that showed the fault.
    let definition = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&definition).expect("the definition");
    fs::write(
        &definition,
        text.replace("$.error.Cause", "$.failure.Cause"),
    )
    .expect("write");
    deployed(&project, "dev").await;
    let tested = run(&["test", "--local", "--fast"]).await.exits_with(3);
    assert!(
        tested.stdout.contains("6 tests: 5 passed, 1 failed"),
        "{}",
        tested.stdout
    );
}

#[tokio::test]
async fn mocks_are_enough_to_explore_without_anything_deployed() {
    let mocked = r#"
[tests.PAID]
input = { id = 1, orders = [{ sku = "cup" }, { sku = "tea" }] }
mock.Charge = { result = { ok = true } }
mock.Pack = { result = { handler = "h" } }
"#;
    let project = Project::new("shop");
    let definition = fs::read_to_string(self::project().path().join("definition.asl.json"));
    let definition: Value = serde_json::from_str(&definition.expect("a file")).expect("JSON");
    let project = project
        .handler("purchase-handler")
        .definition(definition)
        .settings(mocked)
        .write();
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    let items = ["explore", "--json", "--items", "Ship=5000"];
    let explored: Value = run(&items).await.exits_with(3).json();
    assert_eq!(explored["findings"].as_array().map(Vec::len), Some(3));
    let ship = &explored["forecasts"][0]["maps"][0];
    assert_eq!(ship["state"], "Ship");
    assert_eq!(ship["transitions_per_item"], 1.0);
    let large = &ship["forecasts"][0];
    assert_eq!(large["items"], 5000);
    assert_eq!(large["transitions"], 5003);
    let events = large["events"].as_u64().unwrap_or_default();
    let most = ship["most_for_events"].as_u64().unwrap_or_default();
    assert!(events > 25_000 && most < 5000 && most > 2000, "{ship}");

    let other = run(&["explore", "--items", "Shop=5"]).await.exits_with(2);
    assert!(other.stderr.contains("Ship"), "{}", other.stderr);
    let unknown = run(&["explore", "--type", "PAYED"]).await.exits_with(2);
    assert!(unknown.stderr.contains("PAID"), "{}", unknown.stderr);

    let summary = project.path().join("summary.md");
    let annotated = project
        .alone(&["explore"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let annotated = annotated.run().await.exits_with(3);
    let lines = annotated.stderr.lines();
    let errors = lines.filter(|line| line.starts_with("::error file=definition.asl.json,line="));
    assert_eq!(errors.count(), 3, "{}", annotated.stderr);
    let summary = fs::read_to_string(summary).expect("the summary");
    assert!(
        summary.contains("[tests.PAID_BROKEN_DATA_TELL]"),
        "{summary}"
    );
}
