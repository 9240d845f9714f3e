//! `txflow deploy --test`: the release is tested that was just deployed, as soon as its policies are in force.

use serde_json::json;

use crate::shown::assert_shown;
use crate::support::local_server::LocalServer;
use crate::support::project::Project;
use crate::support::reply::Reply;
use crate::support::wire::{Act, Call, Rule, Wire};

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:transactions-dev";
const ALIAS: &str = "states.DescribeStateMachineAlias";
const DENIED: &str = "User: arn:aws:sts::000000000000:assumed-role/transactions-dev-state-machine/x is not authorized to \
    perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:000000000000:function:transactions-dev-purchase-handler:1 \
    because no identity-based policy allows the lambda:InvokeFunction action";

fn project(kind: &str) -> Project {
    let settings = format!(
        "[state-machine]\ntype = \"{kind}\"\n\n[tests.PURCHASE]\ninput = {{ type = \"PURCHASE\" }}\n"
    );
    Project::transactions().without_tests().settings(&settings)
}

/// An execution that failed because a policy is not in force.
fn denied() -> Act {
    let end = json!({
        "executionArn": "arn:aws:states:us-east-1:000000000000:execution:transactions-dev:first",
        "stateMachineArn": MACHINE,
        "startDate": 1_700_000_000.0,
        "stopDate": 1_700_000_000.25,
        "status": "FAILED",
        "error": "Lambda.AWSLambdaException",
        "cause": DENIED,
    });
    Act::Reply(Reply::json(200, end.to_string()))
}

#[tokio::test]
async fn a_deploy_tests_the_version_that_it_published_and_does_not_ask_the_alias() {
    let project = project("STANDARD").write();
    let server = LocalServer::start(project.path(), &[]).await;
    let wire = Wire::in_front_of(&server.url).await;
    let run = async |project: &Project, arguments: &[&str]| {
        let run = project.txflow(&wire.url(), arguments).run().await;
        run.succeeded();
    };
    run(&project, &["deploy"]).await;
    let project = project.change_handler("purchase-handler");
    wire.clear();
    run(&project, &["deploy", "--test"]).await;
    let calls = wire.calls();
    let of = |operation| move |call: &Call| call.operation == operation;
    let moved = calls.iter().position(of("states.UpdateStateMachineAlias"));
    let started = calls.iter().position(of("states.StartExecution"));
    let (moved, started) = (moved.unwrap(), started.unwrap());
    // The deploy itself looks whether it has moved `live`.
    let between = &calls[moved..started];
    assert_eq!(between.iter().filter(|call| of(ALIAS)(call)).count(), 1);
    let start = &calls[started];
    assert!(
        start.body.contains(&format!("\"{MACHINE}:2\"")),
        "{}",
        start.body
    );
}

#[tokio::test]
async fn a_test_that_meets_a_policy_that_is_not_in_force_is_run_once_more() {
    for (kind, start, end) in [
        (
            "STANDARD",
            "states.StartExecution",
            "states.DescribeExecution",
        ),
        (
            "EXPRESS",
            "states.StartSyncExecution",
            "states.StartSyncExecution",
        ),
    ] {
        let project = project(kind).write();
        let server = LocalServer::start(project.path(), &[]).await;
        let wire = Wire::in_front_of(&server.url).await;
        wire.rule(Rule::on(end, denied()));
        let txflow = |arguments: &[&str]| project.txflow(&wire.url(), arguments).run();
        let deploy = txflow(&["deploy", "--test"]).await.succeeded();
        let deploy = deploy.says("test PURCHASE once more: a policy was not in force yet");
        if kind == "STANDARD" {
            assert_shown!("run_once_more", deploy.stdout);
        }
        assert_eq!(wire.count(start), 2, "{kind}");

        wire.clear();
        wire.rule(Rule::on(end, denied()).times(2));
        let deploy = txflow(&["deploy", "--test"]).await.exits_with(3);
        assert_eq!(wire.count(start), 2, "{kind}");
        assert!(deploy.stdout.contains(DENIED), "{}", deploy.stdout);

        wire.clear();
        wire.rule(Rule::on(end, denied()));
        txflow(&["test"]).await.exits_with(3);
        assert_eq!(wire.count(start), 1, "only right after a deploy: {kind}");
    }
}
