//! SIGTERM means what Ctrl-C means, in every command and at every moment of a deploy.

use rustix::process::Signal;
use serde_json::json;

use super::{Local, Said};
use crate::support::gate::Gate;
use crate::support::local_server::{LocalServer, signal};
use crate::support::project::Project;
use crate::support::wire::{Act, Rule};

/// What a deploy says when it goes on only to end what is in flight.
const WAITS: &str = "no other step is begun";

#[tokio::test]
async fn the_first_signal_waits_for_what_is_in_flight_and_begins_nothing_else() {
    for by in [Signal::INT, Signal::TERM] {
        let local = Local::new(Project::transactions()).await;
        let gate = Gate::closed();
        let creation = Rule::on("iam.CreateRole", Act::Before(gate.clone()));
        local.wire.rule(creation.times(3));
        let mut child = local.txflow(&["deploy"]).start_piped();
        let mut said = Said::by(&mut child);
        for _ in 0..3 {
            gate.reached().await;
        }
        signal(child.id().expect("it runs"), by);
        said.until(WAITS).await;
        gate.open();
        let said = said.finish().await;
        assert_eq!(
            child.wait().await.expect("its end").code(),
            Some(130),
            "{said}"
        );
        for part in [
            "error: interrupted: ",
            "  done: role `transactions-dev-purchase-handler` (CreateRole)\n",
            "  done: role `transactions-dev-refund-handler` (CreateRole)\n",
            "  done: role `transactions-dev-state-machine` (CreateRole)\n",
            "  not started: function `transactions-dev-purchase-handler` (CreateFunction)\n",
            "  not started: state machine `transactions-dev` (CreateStateMachine)\n",
            "  not started: alias `transactions-dev:live` (CreateStateMachineAlias)\n",
            "hint: run the same command again",
        ] {
            assert!(said.contains(part), "no {part:?} in:\n{said}");
        }
        assert_eq!(local.wire.count("lambda.CreateFunction"), 0);
        local.txflow(&["deploy"]).run().await.succeeded();
        assert_eq!(local.live().await, Some(1));
    }
}

#[tokio::test]
async fn a_wait_ends_at_the_first_signal() {
    let local = Local::new(Project::transactions()).await;
    let not_yet = "The role defined for the function cannot be assumed by Lambda.";
    let refused = Act::Error(400, "InvalidParameterValueException", not_yet);
    local
        .wire
        .rule(Rule::on("lambda.CreateFunction", refused).always());
    let mut child = local.txflow(&["deploy"]).start_piped();
    let mut said = Said::by(&mut child);
    said.until(
        "Waiting for function `transactions-dev-purchase-handler`: AWS cannot use its role yet",
    )
    .await;
    signal(child.id().expect("it runs"), Signal::TERM);
    let said = said.finish().await;
    assert_eq!(
        child.wait().await.expect("its end").code(),
        Some(130),
        "{said}"
    );
    for part in [
        "        Left function `transactions-dev-purchase-handler`: AWS cannot use its role yet; a new role or policy takes some seconds, at times a minute\n",
        ", 0 failed, ",
        "  stopped waiting, not done: function `transactions-dev-purchase-handler` (CreateFunction)\n    AWS cannot use its role yet; a new role or policy takes some seconds, at times a minute\n",
    ] {
        assert!(said.contains(part), "no {part:?} in:\n{said}");
    }
    assert!(!said.contains("failed: "), "{said}");
}

#[tokio::test]
async fn commands_that_only_read_end_at_once() {
    let local = Local::deployed(Project::transactions()).await;
    let commands: [&[&str]; 6] = [
        &["plan"],
        &["status"],
        &["test"],
        &["executions", "list"],
        &["rollback"],
        &["destroy", "--yes"],
    ];
    for command in commands {
        // None of them comes further than to who is asking.
        local
            .wire
            .rule(Rule::on("sts.GetCallerIdentity", Act::Hold));
        let mut child = local.txflow(command).start_piped();
        let said = Said::by(&mut child);
        local.wire.held().await;
        signal(child.id().expect("it runs"), Signal::TERM);
        let said = said.finish().await;
        let code = child.wait().await.expect("its end").code();
        assert_eq!(code, Some(130), "{command:?}: {said}");
        assert!(said.contains("error: interrupted"), "{command:?}: {said}");
    }
    assert_eq!(local.written(), [""; 0]);
}

#[tokio::test]
async fn a_test_run_that_is_interrupted_says_which_tests_had_passed() {
    let definition = json!({ "StartAt": "Hold", "States": {
        "Hold": { "Type": "Wait", "SecondsPath": "$.hold", "End": true }
    } });
    let tests = "
[tests.SHORT]
input = { hold = 0 }

[tests.WRONG]
input = { hold = 0 }
expect = { output = { hold = 1 } }

[tests.LONG]
input = { hold = 3600 }
";
    let project = Project::new("held").definition(definition).settings(tests);
    let local = Local::deployed(project).await;
    let mut child = local.txflow(&["test", "--json"]).start_piped();
    let mut said = Said::by(&mut child);
    said.until("\"passed\":true").await;
    said.until("\"passed\":false").await;
    signal(child.id().expect("it runs"), Signal::INT);
    let said = said.finish().await;
    assert_eq!(child.wait().await.expect("its end").code(), Some(130));
    for told in [
        "interrupted: 1 of 3 tests passed",
        "passed: `SHORT`",
        "failed: `WRONG`",
        "not finished: `LONG`",
        "executions that were started go on: `txflow executions list --endpoint-url ",
    ] {
        assert!(said.contains(told), "{told} is missing in {said}");
    }
}

#[tokio::test]
async fn the_server_ends_as_with_ctrl_c() {
    let project = Project::transactions().write();
    let mut server = LocalServer::start(project.path(), &[]).await;
    assert_eq!(server.signal(Signal::TERM).await.code(), Some(0));
}

#[tokio::test]
async fn who_serves_others_says_so_and_they_hear_of_its_end() {
    let definition = json!({ "StartAt": "Hold", "States": {
        "Hold": { "Type": "Wait", "SecondsPath": "$.hold", "End": true }
    } });
    let tests = "[tests.LONG]\ninput = { hold = 3600 }\n";
    let project = Project::new("held").definition(definition).settings(tests);
    let project = project.write();
    let run = |arguments: &[&str]| project.alone(arguments).run();
    let names = async || {
        let list = [
            "executions",
            "list",
            "--local",
            "--status",
            "RUNNING",
            "--json",
        ];
        let listed = run(&list).await.succeeded().json();
        let listed = listed.as_array().expect("a list").iter();
        let names = listed.map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    let owner = project.alone(&["deploy", "--local", "--test"]);
    let mut owner = owner.start_piped();
    let mut said = Said::by(&mut owner);
    said.until("Created alias").await;
    let mut running = Vec::new();
    while running.is_empty() {
        running = names().await;
    }
    let mut other = project.alone(&["test", "--local"]).start_piped();
    let other_said = Said::by(&mut other);
    while names().await.len() < 2 {}
    let stop = ["executions", "stop", &running[0], "--local"];
    run(&stop).await.succeeded();
    said.until("other commands use the local AWS of this one")
        .await;
    signal(owner.id().expect("it runs"), Signal::INT);
    assert_eq!(owner.wait().await.unwrap().code(), Some(3));
    let other_said = other_said.finish().await;
    assert!(
        other_said.contains("hint: nothing listens there"),
        "{other_said}"
    );
    assert_ne!(other.wait().await.unwrap().code(), Some(0));
}
