//! What recorded executions say, in the output of canaries, forks, replays and explorations.

use std::fs;

use tempfile::TempDir;

use super::{EVIL, MODES, Mode, execute, shop, tampered};
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::wire::Wire;

const LIVE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:shop-dev:live";

#[tokio::test]
async fn no_text_of_an_execution_is_obeyed_that_is_compared_replayed_or_forked() {
    let project = shop();
    let server = LocalServer::start(project.path(), &[]).await;
    let run = async |arguments: &[&str]| project.txflow(&server.url, arguments).run().await;
    run(&["deploy"]).await.succeeded();
    let definition = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&definition).expect("the definition");
    // Another release, whose name of a state and comment are hostile as well.
    let evil = serde_json::Value::from(EVIL).to_string();
    let other = text.replacen('{', &format!("{{ \"Comment\": {evil},"), 1);
    fs::write(&definition, &other).expect("write");
    run(&["deploy", "--canary", "50%", "--detach"])
        .await
        .succeeded();
    let states = Account::at(&server.url).await.states;
    for _ in 0..6 {
        let start = states
            .start_execution()
            .state_machine_arn(LIVE)
            .input("{\"fail\": true}");
        start.send().await.expect("an execution");
    }
    let running = async || {
        let list = run(&["executions", "list", "--status", "RUNNING", "--json"]).await;
        list.succeeded().json().as_array().map_or(0, Vec::len)
    };
    while running().await > 0 {
        tokio::task::yield_now().await;
    }
    // What is replayed differs, so that its names and data are shown.
    run(&["replay", "--export", "kept.jsonl", "--allow"])
        .await
        .succeeded();
    let kept = project.path().join("kept.jsonl");
    let recorded = fs::read_to_string(&kept).expect("the executions");
    let named = recorded.lines().map(|line| {
        let mut one: serde_json::Value = serde_json::from_str(line).expect("JSON");
        one["name"] = EVIL.into();
        one["events"][0]["executionStartedEventDetails"]["input"] =
            format!("{{\"a\": {evil}}}").into();
        one.to_string()
    });
    let named: Vec<String> = named.collect();
    fs::write(&kept, named.join("\n")).expect("write");

    let wire = Wire::in_front_of(&server.url).await;
    // The description of the alias says that there is a canary.
    wire.tamper(|operation, body| match operation.contains("Alias") {
        true => body.to_owned(),
        false => tampered(operation, body),
    });
    let files = TempDir::with_prefix("txflow-it-").expect("a temporary directory");
    for (arguments, shows) in [
        (&["canary", "status"][..], true),
        (&["replay", "--from", "kept.jsonl", "--allow"], false),
        (&["executions", "fork", "--failed"], true),
        (&["executions", "fork", "--failed", "--yes"], true),
        (&["executions", "fork", "last", "--from", "Buy"], true),
        (&["canary", "abort"], true),
    ] {
        for mode in MODES {
            let json: &[&str] = if mode == Mode::Json { &["--json"] } else { &[] };
            let arguments = [arguments, json].concat();
            let what = format!("txflow {} ({mode:?})", arguments.join(" "));
            let txflow = project.txflow(&wire.url(), &arguments);
            let outcome = execute(&what, txflow, mode, files.path()).await;
            let told = outcome.stdout + &outcome.stderr;
            // There is one canary to end.
            let ended = arguments[1] == "abort" && mode != MODES[0];
            assert!(
                !shows || ended || told.contains("FORGED"),
                "{what} shows nothing hostile:\n{told}"
            );
        }
    }
}
