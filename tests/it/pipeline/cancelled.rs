//! A job that is cancelled: the runner sends SIGINT to the shell of the step, SIGTERM 7.5 s later, and kills after another
//! 2.5 s.

use serde_json::json;

use super::{Pipeline, action, step};
use crate::runner::{Conclusion, Event};
use crate::support::gate::Gate;
use crate::support::project::Project;
use crate::support::wire::{Act, Rule, Wire};

/// The operations that changed something, in the order of their arrival.
fn written(wire: &Wire) -> Vec<String> {
    let writes = wire.writes().into_iter();
    writes.map(|call| call.operation).collect()
}

#[tokio::test]
async fn the_deploy_stops_says_how_far_it_came_and_nothing_runs_after_it() {
    let pipeline = Pipeline::new(Project::transactions()).await;
    let (runner, wire) = (&pipeline.runner, &pipeline.wire);
    let gate = Gate::closed();
    let creation = Rule::on("lambda.CreateFunction", Act::Before(gate.clone()));
    wire.rule(creation.always());
    let role = json!({ "command": "deploy", "role-to-assume": "arn", "aws-region": "us-east-1" });
    let job = json!({
        "permissions": { "id-token": "write" },
        "steps": [
            action(role),
            { "name": "After", "run": "exit 0" },
            { "name": "Always", "if": "always()", "run": "exit 0" },
        ]
    });
    let workflow = json!({ "jobs": { "job": job } });

    let push = Event::push();
    let cancelled = async {
        gate.reached().await;
        gate.reached().await;
        // All else that can be done before the functions are there has been done.
        for role in ["purchase-handler", "refund-handler", "state-machine"] {
            let said = format!("Wrote policy of role `transactions-dev-{role}`");
            runner.said(&said).await;
        }
        for function in ["purchase-handler", "refund-handler"] {
            let group = format!("/aws/lambda/transactions-dev-{function}");
            let said = format!("Wrote retention of log group `{group}`");
            runner.said(&said).await;
        }
        let before = written(wire);
        runner.cancel();
        // It still runs then, since it can be terminated.
        runner.said("no other step is begun").await;
        runner.terminate();
        before
    };
    let (steps, before) = tokio::join!(runner.job(&workflow, "job", &push), cancelled);

    let run = step(&steps, "Run txflow");
    assert_eq!(run.conclusion, Conclusion::Failure);
    for part in [
        "error: interrupted: 10 steps done, 0 failed, 2 in flight, 2 not started\n",
        "  done: role `transactions-dev-state-machine` (CreateRole)\n",
        "  in flight, and AWS may still do it: function `transactions-dev-purchase-handler` (CreateFunction)\n",
        "  not started: state machine `transactions-dev` (CreateStateMachine)\n",
        "  not started: alias `transactions-dev:live` (CreateStateMachineAlias)\n",
    ] {
        assert!(run.log.contains(part), "no {part:?} in:\n{}", run.log);
    }
    assert_eq!(step(&steps, "After").conclusion, Conclusion::Skipped);
    assert_eq!(step(&steps, "Always").conclusion, Conclusion::Success);
    // Whatever holds the calls lets them go: nobody is there any more to make another.
    gate.open();
    assert_eq!(written(wire), before);
    assert_eq!(pipeline.live("dev").await, None);
}
