use serde_json::json;
use txflow_test_support::reply::Reply;
use txflow_test_support::wire::{Act, Rule, Wire};

use super::*;
use crate::executions::tests::{client_of, fast};

const SYNC: &str = "states.StartSyncExecution";
const START: &str = "states.StartExecution";
const VERSION: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev:3";

fn ended() -> Act {
    let end = json!({
        "executionArn": "arn:aws:states:eu-west-1:123456789012:express:shop-dev:run:1",
        "startDate": 1_700_000_000.0,
        "stopDate": 1_700_000_090.0,
        "status": "SUCCEEDED",
        "output": "{}",
    });
    Act::Reply(Reply::json(200, end.to_string()))
}

async fn express_on(wire: &Wire) -> Result<Run, AwsError> {
    let aws = client_of(wire).await;
    let input = json!({});
    let start = Start {
        state_machine_arn: VERSION,
        kind: StateMachineKind::Express,
        name: "run",
        input: &input,
    };
    express(&aws, &start).await
}

#[tokio::test]
async fn an_express_execution_is_not_started_again_if_it_may_have_begun() {
    let unavailable = |status| {
        let mut reply = Reply::json_rpc_error("InternalFailure", "try again");
        reply.status = status;
        Act::Reply(reply)
    };
    for act in [
        Act::Drop,
        Act::Hold,
        unavailable(500),
        unavailable(503),
        Act::Reply(Reply::json(502, "a proxy")),
        Act::Reply(Reply::json(429, "a proxy")),
    ] {
        let shown = format!("{act:?}");
        let wire = Wire::scripted().await;
        wire.rule(Rule::on(SYNC, act)).rule(Rule::on(SYNC, ended()));
        let error = express_on(&wire).await.unwrap_err();
        assert_eq!(wire.count(SYNC), 1, "{shown}");
        let open = error.message.contains("may have run");
        assert_eq!(open, error.class == Class::Unreachable, "{shown}: {error}");
    }
}

#[tokio::test]
async fn an_express_execution_may_take_five_minutes() {
    let wire = Wire::scripted().await;
    let aws = client_of(&wire).await;
    wire.rule(Rule::on(SYNC, ended()));
    wire.delay(fast(Duration::from_secs(300)));
    let input = json!({});
    let start = Start {
        state_machine_arn: VERSION,
        kind: StateMachineKind::Express,
        name: "run",
        input: &input,
    };
    let run = express(&aws, &start).await.unwrap();
    assert_eq!(run.status, Status::Ended(ExecutionStatus::Succeeded));
    assert_eq!(wire.count(SYNC), 1);
}

#[tokio::test]
async fn an_express_execution_that_was_throttled_has_not_begun() {
    let wire = Wire::scripted().await;
    let throttled = Act::Error(400, "ThrottlingException", "Rate exceeded");
    wire.rule(Rule::on(SYNC, throttled).times(3))
        .rule(Rule::on(SYNC, ended()));
    express_on(&wire).await.unwrap();
    assert_eq!(wire.count(SYNC), 4);
}

#[tokio::test]
async fn a_standard_execution_whose_answer_was_lost_is_found_by_its_name() {
    let wire = Wire::scripted().await;
    let taken = Act::Error(400, "ExecutionAlreadyExists", "Execution Already Exists");
    wire.rule(Rule::on(START, Act::Drop))
        .rule(Rule::on(START, taken));
    let aws = client_of(&wire).await;
    let input = json!({});
    for machine in [VERSION.to_owned(), format!("{VERSION}#PURCHASE")] {
        let start = Start {
            state_machine_arn: &machine,
            kind: StateMachineKind::Standard,
            name: "run",
            input: &input,
        };
        if machine != VERSION {
            let taken = Act::Error(400, "ExecutionAlreadyExists", "Execution Already Exists");
            wire.rule(Rule::on(START, taken));
        }
        assert_eq!(
            begin(&aws, &start).await.unwrap(),
            "arn:aws:states:eu-west-1:123456789012:execution:shop-dev:run"
        );
    }
    let calls = wire.calls();
    let sent: Vec<_> = calls
        .iter()
        .filter(|call| call.operation == START)
        .collect();
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0].body, sent[1].body);
}
