//! `txflow executions`.

use std::fs;
use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};
use crate::support::wire::Wire;

#[tokio::test]
async fn a_failed_execution_is_listed_shown_and_redriven() {
    let project = Project::transactions().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let live = deployed(&project, "dev").await;
    let none = project.alone(&["executions", "list", "--local"]).run();
    assert_shown!("none_to_list", none.await.succeeded().stdout);
    let show = project.alone(&["executions", "show", "--local"]).run();
    let show = show.await.exits_with(1);
    assert_shown!("none_to_show", show.stderr);

    let needs = project.path().join("needed");
    let input = json!({ "type": "PURCHASE", "needs": needs });
    let execution = start(&account, &live, &input).await;
    ended(&account, &execution).await;
    let name = execution.rsplit(':').next().expect("a name");

    let failed = ["executions", "list", "--local", "--status", "failed"];
    let list = project.alone(&failed).run().await.succeeded();
    assert_shown!("one_failed", list.stdout);
    let succeeded = ["executions", "list", "--local", "--status", "SUCCEEDED"];
    let list = project.alone(&succeeded).run().await.succeeded();
    assert_shown!("none_of_a_status", list.stdout);

    let show = project.alone(&["executions", "show", "--local"]).run();
    assert_shown!("failed", show.await.succeeded().stdout);
    let show = ["executions", "show", name, "--local", "--json"];
    let shown = project.alone(&show).run().await.succeeded().json();
    assert_eq!(shown["states"][1]["name"], "Purchase");
    let attempt = &shown["states"][1]["attempts"][0];
    assert_eq!(attempt["failure"]["error"], "Refused");

    let redrive = ["executions", "redrive", "last", "--local"];
    let again = project.alone(&redrive).run().await.exits_with(1);
    assert_shown!("redriven_and_failed", again.stdout);
    release(&project, "needed");
    let again = project.alone(&redrive).run().await.succeeded();
    assert_shown!("redriven", again.stdout);
    let over = project.alone(&redrive).run().await.exits_with(1);
    assert_shown!("nothing_to_redrive", over.error());
}

#[tokio::test]
async fn a_test_whose_state_machine_is_destroyed_ends() {
    let hold = json!({ "Type": "Wait", "Seconds": 3600, "End": true });
    let project = Project::new("held")
        .handler("unused-handler")
        .definition(json!({ "StartAt": "Hold", "States": { "Hold": hold } }))
        .settings("[tests.HELD]\ninput = {}\n")
        .write();
    let server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run();
    let destroy = async {
        // It looks seldom by then, and what is gone between two looks was never seen to end.
        let looks = |call: &&String| call.starts_with("states:DescribeExecution 200");
        while server.calls().iter().filter(looks).count() < 10 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let destroy = project.alone(&["destroy", "--local", "--yes"]).run();
        destroy.await.succeeded()
    };
    let (test, _) = tokio::join!(test, destroy);
    assert_ne!(test.code, Some(0), "{test:?}");
}

#[tokio::test]
async fn an_execution_that_runs_is_stopped_once() {
    let definition = json!({ "StartAt": "Hold", "States": {
        "Hold": { "Type": "Wait", "Seconds": 3600, "Next": "Purchase" },
        "Purchase": task("purchase-handler"),
    } });
    let project = Project::new("held").handler("purchase-handler");
    let project = project.definition(definition).write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let live = deployed(&project, "dev").await;
    let execution = start(&account, &live, &json!({})).await;
    let show = ["executions", "show", "--local"];
    while !project.alone(&show).run().await.stdout.contains("▸ Hold") {}

    let stop = [
        "executions",
        "stop",
        &execution,
        "--local",
        "--cause",
        "by mistake",
    ];
    let stopped = project.alone(&stop).run().await.succeeded();
    assert_shown!("stopping", stopped.stdout);
    let show = project.alone(&show).run().await.succeeded();
    assert_shown!("stopped", show.stdout);
    let again = project.alone(&stop).run().await.exits_with(1);
    assert_shown!("ended_already", again.stderr);

    let other = execution.replace("held-dev", "other-dev");
    for verb in ["stop", "redrive"] {
        let other = ["executions", verb, &other, "--local"];
        let other = project.alone(&other).run().await.exits_with(2);
        assert_shown!("of_another_stack", other.stderr);
    }
    let unknown = ["executions", "stop", "nobody", "--local"];
    let unknown = project.alone(&unknown).run().await.exits_with(1);
    assert_shown!("unknown", unknown.stderr);
}

#[tokio::test]
async fn of_an_express_workflow_there_are_logs_only() {
    let express = "[state-machine]\ntype = \"EXPRESS\"\n";
    let project = Project::transactions().settings(express).write();
    for command in [
        &["executions", "list", "--local"][..],
        &["executions", "show", "--local"],
        &["logs", "--execution", "last", "--local"],
    ] {
        let refused = project.alone(command).run().await.exits_with(2);
        assert_shown!("of_an_express_workflow", refused.stderr);
    }
}

/// Starts an execution of the live release, and gives its ARN.
pub async fn start(account: &Account, live: &Value, input: &Value) -> String {
    let start = account.states.start_execution();
    let start = start.state_machine_arn(live["alias_arn"].as_str().expect("an ARN"));
    let started = start.input(input.to_string()).send().await;
    started.expect("StartExecution").execution_arn
}

/// Waits for its end.
pub async fn ended(account: &Account, execution: &str) {
    loop {
        let describe = account.states.describe_execution();
        let found = describe.execution_arn(execution).send().await;
        if *found.expect("DescribeExecution").status() != ExecutionStatus::Running {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Makes the file that a handler waits for or needs.
pub fn release(project: &Project, name: &str) {
    fs::write(project.path().join(name), "").expect("write a file");
}

/// AWS allows 150 of these calls a second in most regions: "Quotas related to API action throttling" in the developer guide of
/// Step Functions.
#[tokio::test]
async fn a_destroy_stops_many_executions_a_few_at_once() {
    let hold = json!({ "Type": "Wait", "Seconds": 3600, "End": true });
    let project = Project::new("waiting")
        .handler("unused")
        .definition(json!({ "StartAt": "Hold", "States": { "Hold": hold } }))
        .write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let live = deployed(&project, "dev").await;
    for _ in 0..50 {
        start(&account, &live, &json!({})).await;
    }
    let wire = Wire::in_front_of(&server.url).await;
    wire.delay(Duration::from_millis(50));
    let destroy = project.txflow(&wire.url(), &["destroy", "--yes"]).run();
    destroy.await.succeeded();
    let mut calls = wire.calls();
    calls.retain(|call| call.operation == "states.StopExecution");
    assert_eq!(calls.len(), 50);
    let at_once = calls.iter().map(|call| {
        let others = calls.iter();
        let others = others.filter(|other| other.began <= call.began && call.began < other.ended);
        others.count()
    });
    let at_once = at_once.max().unwrap();
    assert!((2..=20).contains(&at_once), "{at_once}");
}
