//! What a canary shows on a terminal and in a GitHub job, on the embedded AWS.

use std::fs;

use serde_json::json;

use crate::endings::Local;
use crate::support::account::Account;
use crate::support::project::{Project, start_and_wait};
use crate::support::pseudo_terminal::PseudoTerminal;
use crate::support::stack::STATE_MACHINE;

/// Without a pause, so that the first look decides; undecided, the old release gets all.
const AT_ONCE: &str = "[canary]\nfor = 0\nwait = 0\n";

async fn changed(settings: &str) -> Local {
    let project = Project::transactions().without_tests().settings(settings);
    let mut local = Local::deployed(project).await;
    let project = std::mem::replace(&mut local.project, Project::new("none"));
    local.project = project.change_handler("purchase-handler");
    local
}

#[tokio::test]
async fn the_live_line_fits_a_terminal_of_80_columns() {
    let local = changed("").await;
    local
        .txflow(&["deploy", "--canary", "50%", "--detach"])
        .run()
        .await
        .succeeded();
    let terminal = PseudoTerminal::of(24, 80);
    let mut child = local.txflow(&["canary", "watch"]).start_on(&terminal);
    terminal.until("Canary").await;
    // The line is broken between words.
    terminal.until("step takes").await;
    assert!(terminal.shows("50 % on release 2: 0 of 0 failed; release 1: 0 of 0;"));
    terminal.interrupt();
    child.wait().await.expect("its end");
    let screen = terminal.last_screen();
    // What was drawn is gone, and the hint is there.
    assert!(!screen.contains("Canary"), "{screen}");
    assert!(screen.contains("txflow canary promote"), "{screen}");
    assert!(
        screen.lines().all(|line| line.chars().count() <= 80),
        "{screen}"
    );
}

#[tokio::test]
async fn a_job_has_the_summary_of_a_canary_and_an_annotation_if_it_is_routed_back() {
    let local = changed(AT_ONCE).await;
    let summary = local.project.path().join("summary.md");
    let output = local.project.path().join("output");
    let path = |path: &std::path::Path| path.display().to_string();
    let deploy = local
        .txflow(&["deploy", "--canary", "50%"])
        .env("GITHUB_ACTIONS", "true");
    let deploy = deploy
        .env("GITHUB_STEP_SUMMARY", &path(&summary))
        .env("GITHUB_OUTPUT", &path(&output));
    let ended = deploy.run().await.exits_with(1);
    let headline = "is live: release 1 again; release 2 gets no executions";
    assert!(ended.stdout.contains(headline), "{}", ended.stdout);
    let error = ended
        .stderr
        .lines()
        .find(|line| line.starts_with("::error title=canary::"));
    let error = error.unwrap_or_else(|| panic!("no annotation: {}", ended.stderr));
    assert!(error.contains("its time is over"), "{error}");
    let summary = fs::read_to_string(summary).expect("a summary");
    assert!(
        summary.contains(&format!("## transactions-dev {headline}")),
        "{summary}"
    );
    assert!(summary.contains("| failed |"), "{summary}");
    let output = fs::read_to_string(output).expect("the outputs");
    for pair in [("canary", "routed-back"), ("live", "1"), ("release", "2")] {
        let (name, value) = pair;
        assert!(
            output.contains(&format!("{name}<<")) && output.contains(value),
            "{output}"
        );
    }
}

#[tokio::test]
async fn what_is_redacted_is_in_no_comparison_of_a_canary() {
    let local = changed("[replay]\nredact = [\"$.id\"]\n").await;
    local
        .txflow(&["deploy", "--canary", "50%", "--detach"])
        .run()
        .await
        .succeeded();
    let states = Account::at(&local.server.url).await.states;
    let input = json!({ "type": "PURCHASE", "id": "ann-4111", "fail": true }).to_string();
    for number in 0..4 {
        let start = states
            .start_execution()
            .state_machine_arn(format!("{STATE_MACHINE}:live"));
        let start = start.name(format!("order-{number}-ann-4111")).input(&input);
        start.send().await.expect("an execution");
    }
    let failed = async || {
        let status = local
            .txflow(&["canary", "status", "--json"])
            .run()
            .await
            .succeeded()
            .json();
        let count = |which: &str| status["look"][which]["failed"].as_u64().unwrap_or_default();
        count("old") + count("new")
    };
    while failed().await < 4 {
        tokio::task::yield_now().await;
    }
    for arguments in [
        &["canary", "status"][..],
        &["canary", "status", "--json"],
        &["canary", "abort"],
    ] {
        let shown = local.txflow(arguments).run().await.succeeded();
        assert!(
            !shown.stdout.contains("4111") && !shown.stderr.contains("4111"),
            "{}",
            shown.stdout
        );
        assert!(shown.stdout.contains("order-"), "{}", shown.stdout);
    }
}

/// What the main state machine starts belongs to its release.
#[tokio::test]
async fn a_canary_of_a_family_moves_what_the_release_starts_with_it() {
    let child = |value: u64| {
        json!({ "StartAt": "Bill", "States": {
            "Bill": { "Type": "Pass", "Result": value, "End": true },
        } })
    };
    let family = |value: u64| {
        Project::new("orders")
            .definition(
                json!({ "StartAt": "Start", "States": { "Start": start_and_wait("bill") } }),
            )
            .beside("bill", child(value))
    };
    let mut local = Local::deployed(family(1)).await;
    local.project = family(2).write();
    local
        .txflow(&["deploy", "--canary", "50%", "--detach"])
        .run()
        .await
        .succeeded();
    let run = async |release: &str| {
        let start = ["start", "--wait", "--release", release, "--json"];
        local.txflow(&start).run().await.succeeded().json()["output"].clone()
    };
    assert_eq!((run("1").await, run("2").await), (json!(1), json!(2)));
    local.txflow(&["canary", "abort"]).run().await.succeeded();
    let start = ["start", "--wait", "--json"];
    let output = local.txflow(&start).run().await.succeeded().json()["output"].clone();
    assert_eq!(output, 1);
}
