//! What makes one release another one.

use serde_json::{Value, json};

use crate::endings::Local;
use crate::shown::assert_shown;
use crate::support::project::{Project, task};

const QUEUE: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/orders";

fn definition(timeout: u32, told: bool) -> Value {
    let mut buy = task("purchase-handler");
    buy["TimeoutSeconds"] = timeout.into();
    let mut states = json!({ "Each": {
        "Type": "Map",
        "ItemProcessor": { "StartAt": "Buy", "States": { "Buy": buy } },
        "Next": "Refund",
    }, "Refund": task("refund-handler") });
    if told {
        states["Each"]["Next"] = "Tell".into();
        states["Tell"] = json!({
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": { "QueueUrl": QUEUE, "MessageBody.$": "$" },
            "Next": "Refund",
        });
    }
    json!({ "StartAt": "Each", "States": states })
}

/// A stage with a release, and a working folder in which all has changed that a release has.
async fn changed() -> Local {
    let first = Project::transactions()
        .without_tests()
        .function_settings("purchase-handler", "environment = { LEVEL = \"info\" }")
        .definition(definition(3, false));
    let mut local = Local::deployed(first).await;
    local.project = local
        .project
        .function_settings(
            "purchase-handler",
            "memory = 256\nenvironment = { LEVEL = \"debug\" }",
        )
        .settings("[state-machine]\nlogging = \"ERROR\"\n")
        .definition(definition(5, true))
        .change_handler("purchase-handler");
    local
}

#[tokio::test]
async fn the_working_folder_is_compared_with_what_is_live() {
    let local = changed().await;
    let diff = local.txflow(&["diff", "--exit-code"]).run().await;
    let shown = without_hashes(&diff.exits_with(4).stdout);
    assert_shown!("working_folder", shown);
    let diff = local.txflow(&["diff", "--json"]).run().await.succeeded();
    let diff = diff.json();
    assert_eq!((&diff["old"], &diff["new"]), (&json!(1), &Value::Null));
    let states = &diff["state_machines"][0]["states"];
    assert_eq!(
        states[1],
        json!({ "state": ["Each", "Buy"], "change": "changed", "fields": [
            { "path": "TimeoutSeconds", "old": 3, "new": 5 },
        ] })
    );
    assert_eq!(states[2]["change"], "added");
    assert_eq!(
        diff["permissions"][1],
        json!({
            "role": "transactions-dev-state-machine",
            "change": "added",
            "actions": ["sqs:SendMessage"],
            "resource": "arn:aws:sqs:us-east-1:000000000000:orders",
        })
    );
    assert_eq!(local.written(), [""; 0]);
}

#[tokio::test]
async fn two_releases_are_compared_without_a_build() {
    let local = changed().await;
    local.txflow(&["deploy"]).run().await.succeeded();
    local.wire.clear();
    // Neither is needed for that.
    std::fs::remove_dir_all(local.project.path().join("lambdas")).expect("the handlers");
    let diff = local.txflow(&["diff", "1", "live"]).run().await.succeeded();
    assert_shown!("two_releases", without_hashes(&diff.stdout));
    let back = local.txflow(&["diff", "2", "1", "--json"]).run().await;
    let back = back.succeeded().json();
    assert_eq!(back["state_machines"][0]["states"][2]["change"], "removed");
    assert_eq!(back["functions"][0]["old_version"], "2");
    local
        .txflow(&["diff", "2", "2", "--exit-code"])
        .run()
        .await
        .succeeded()
        .says("Nothing differs.");
    local
        .txflow(&["diff", "1", "9"])
        .run()
        .await
        .exits_with(2)
        .says("there is no release 9")
        .says("the releases are 2, 1");
    local
        .txflow(&["diff", "one"])
        .run()
        .await
        .exits_with(2)
        .says("a release is a number, or `live`");
    assert_eq!(local.written(), [""; 0]);
}

#[tokio::test]
async fn markdown_has_the_workflow_before_and_after() {
    let local = changed().await;
    let diff = local
        .txflow(&["diff", "--markdown"])
        .run()
        .await
        .succeeded();
    assert_shown!("markdown", without_hashes(&diff.stdout));
}

#[tokio::test]
async fn a_stage_without_a_release_has_nothing_to_compare_with() {
    let local = Local::new(Project::transactions()).await;
    for arguments in [&["diff"][..], &["diff", "1", "2"]] {
        local
            .txflow(arguments)
            .run()
            .await
            .exits_with(1)
            .says("is not deployed");
    }
}

/// The hashes of code depend on the toolchain.
fn without_hashes(text: &str) -> String {
    let is_hash = |word: &str| word.len() == 44 && word.ends_with('=');
    let lines = text.lines().map(|line| {
        let parts = line.split_inclusive(|c: char| c.is_whitespace() || "<>".contains(c));
        let parts = parts.map(|part| {
            let word = part.trim_end_matches(|c: char| c.is_whitespace() || "<>".contains(c));
            match is_hash(word) {
                true => part.replace(word, "[hash]"),
                false => part.to_owned(),
            }
        });
        parts.collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}
