//! `txflow replay`: what ran on the embedded AWS against a definition that was changed since.

use std::fs;

use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::project::Project;

const CORPUS: &str = r#"
[replay]
redact = ["$.id"]
corpus = "tests/histories/"
"#;

#[tokio::test]
async fn executions_are_replayed_kept_and_replayed_without_aws() {
    let project = Project::transactions().settings(CORPUS).write();
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    deployed(&project, "dev").await;
    run(&["test", "--local"]).await.succeeded();
    let kept = project.path().join("tests/histories");
    fs::create_dir_all(&kept).expect("a folder");
    let export = "tests/histories/dev.jsonl";
    let same = run(&["replay", "--local", "--from", "live", "--export", export]).await;
    assert_shown!("replayed_the_same", same.succeeded().stdout);
    let kept = fs::read_to_string(kept.join("dev.jsonl")).expect("the recordings");
    assert_eq!(kept.lines().count(), 2);
    assert!(!kept.contains("p-1") && !kept.contains("r-1"), "{kept}");
    assert!(kept.contains("[redacted]"));

    // Another stage, without AWS.
    let corpus = run(&["replay", "--stage", "prod"]).await;
    assert_shown!("replayed_from_the_corpus", corpus.succeeded().stdout);

    let definition = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&definition).expect("the definition");
    fs::write(&definition, text.replace("\"REFUND\"", "\"RETURN\"")).expect("write");
    let summary = project.path().join("summary.md");
    let diverged = project
        .alone(&["replay"])
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let diverged = diverged.run().await.exits_with(3);
    assert_shown!("replayed_another_way", diverged.stdout);
    let summary = fs::read_to_string(summary).expect("the summary");
    assert!(summary.contains("| diverged | 1 |"), "{summary}");
    run(&["replay", "--allow"]).await.succeeded();
    let json: Value = run(&["replay", "--json"]).await.exits_with(3).json();
    assert_eq!(json["counts"]["same"], 1);
    assert_eq!(json["counts"]["diverged"], 1);
    let rows = json["executions"].as_array().expect("a list");
    let other = rows.iter().find(|row| row["result"] == "diverged");
    assert_eq!(other.expect("one")["state"], "Choose");

    fs::write(project.path().join("broken.jsonl"), "{\n").expect("write");
    let broken = run(&["replay", "--from", "broken.jsonl"])
        .await
        .exits_with(2);
    assert_shown!("recordings_that_cannot_be_read", broken.stderr);
    let failed = run(&["replay", "--failed"]).await.succeeded();
    assert_eq!(failed.stdout, "No executions.\n");
}

/// The name of an execution may hold what is redacted, and a path may be misspelled.
#[tokio::test]
async fn nothing_that_replay_shows_or_writes_holds_what_is_redacted() {
    let redact = "[replay]\nredact = [\"$.id\", \"$.crad\"]\n";
    let project = Project::transactions()
        .without_tests()
        .settings(redact)
        .write();
    deployed(&project, "dev").await;
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    let input = r#"{"type": "PURCHASE", "id": "ann-4111"}"#;
    let start = ["start", "--local", "--wait", "--name", "of-ann-4111"];
    run(&[&start[..], &["--input", input]].concat())
        .await
        .succeeded();
    // It differs, so that its name and data are shown.
    let definition = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&definition).expect("the definition");
    fs::write(&definition, text.replace("\"PURCHASE\"", "\"SALE\"")).expect("write");
    let summary = project.path().join("summary.md");
    let export = ["replay", "--local", "--export", "kept.jsonl"];
    let shown = project
        .alone(&export)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary.display().to_string());
    let shown = shown.run().await.exits_with(3);
    let json = run(&["replay", "--local", "--json"]).await.exits_with(3);
    let read = |name: &str| fs::read_to_string(project.path().join(name)).expect("a file");
    for written in [
        &shown.stdout,
        &shown.stderr,
        &json.stdout,
        &json.stderr,
        &read("kept.jsonl"),
        &read("summary.md"),
    ] {
        assert!(!written.contains("4111"), "{written}");
    }
    assert!(shown.stdout.contains("of-[redacted]"), "{}", shown.stdout);
    shown
        .says("`$.crad` in `redact` of `[replay]` finds nothing in the execution")
        .says("wrote 1 execution to kept.jsonl");
}

/// What is exported becomes the corpus, so it comes from AWS.
#[tokio::test]
async fn an_export_is_not_made_of_the_corpus() {
    let project = Project::transactions().settings(CORPUS).write();
    deployed(&project, "dev").await;
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    run(&["test", "--local"]).await.succeeded();
    let folder = project.path().join("tests/histories");
    fs::create_dir_all(&folder).expect("a folder");
    let export = ["replay", "--local", "--export", "tests/histories/dev.jsonl"];
    run(&export).await.succeeded().says("wrote 2 executions to");
    run(&["test", "--local"]).await.succeeded();
    run(&export).await.succeeded().says("wrote 4 executions to");
}

/// AWS keeps nothing of an EXPRESS execution but its log.
#[tokio::test]
async fn express_executions_are_replayed_from_their_log() {
    let express = |level: &str| {
        format!(
            "[state-machine]\ntype = \"EXPRESS\"\nlogging = \"{level}\"\ninclude-execution-data = true\n"
        )
    };
    let project = Project::transactions()
        .without_tests()
        .settings(&express("ALL"))
        .write();
    deployed(&project, "dev").await;
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    for kind in ["PURCHASE", "REFUND"] {
        let input = format!("{{\"type\": \"{kind}\", \"id\": \"p-1\"}}");
        run(&["start", "--local", "--sync", "--input", &input])
            .await
            .succeeded();
    }
    let same: Value = run(&["replay", "--local", "--from", "live", "--json"])
        .await
        .succeeded()
        .json();
    assert_eq!(
        (&same["counts"]["same"], &same["executions"][0]["release"]),
        (&json!(2), &json!(1))
    );
    let definition = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&definition).expect("the definition");
    fs::write(&definition, text.replace("\"REFUND\"", "\"RETURN\"")).expect("write");
    let changed: Value = run(&["replay", "--local", "--json"])
        .await
        .exits_with(3)
        .json();
    assert_eq!(changed["counts"]["diverged"], 1);

    // A log that leaves events out is not taken for a history.
    let project = Project::transactions()
        .without_tests()
        .settings(&express("ERROR"))
        .write();
    deployed(&project, "dev").await;
    let input = "{\"type\": \"PURCHASE\", \"fail\": true}";
    project
        .alone(&["start", "--local", "--sync", "--input", input])
        .run()
        .await
        .exits_with(1);
    let replay = project
        .alone(&["replay", "--local"])
        .run()
        .await
        .succeeded();
    assert!(
        replay.stdout.contains("its log does not hold"),
        "{}",
        replay.stdout
    );
}

#[tokio::test]
async fn an_execution_that_was_redriven_is_replayed() {
    let project = Project::transactions().without_tests().write();
    deployed(&project, "dev").await;
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    let input = "{\"type\": \"PURCHASE\", \"id\": \"p-1\", \"fail\": true}";
    let start = [
        "start", "--local", "--wait", "--name", "order-1", "--input", input,
    ];
    run(&start).await.exits_with(1);
    run(&["executions", "redrive", "order-1", "--local"])
        .await
        .exits_with(1);
    let same: Value = run(&["replay", "--local", "--json"])
        .await
        .succeeded()
        .json();
    assert_eq!(same["counts"]["same"], 1, "{same}");
}
