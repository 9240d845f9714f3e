use serde_json::{Value, json};
use txflow_test_support::reply::Reply;
use txflow_test_support::wire::{Act, Call, Rule, Wire};

use super::*;
use crate::executions::tests::{client_of, fast};

const SYNC: &str = "states.StartSyncExecution";
const START: &str = "states.StartExecution";
const DESCRIBE: &str = "states.DescribeExecution";
const HISTORY: &str = "states.GetExecutionHistory";
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
    execute_sync(&aws, &start).await
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
    let run = execute_sync(&aws, &start).await.unwrap();
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
            super::start(&aws, &start).await.unwrap(),
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

/// How long the history of the long execution is at first, how much comes with each look, and how often it runs on.
const LONG: usize = 10_000;
const MORE: usize = 3;
const LOOKS: usize = 100;

fn looks(calls: &[Call]) -> usize {
    let looks = calls.iter().filter(|call| call.operation == DESCRIBE);
    looks.count()
}

fn long_execution(calls: &[Call]) -> Reply {
    let status = if looks(calls) < LOOKS {
        "RUNNING"
    } else {
        "SUCCEEDED"
    };
    let now = json!({
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:shop-dev:run",
        "stateMachineArn": VERSION,
        "startDate": 1_700_000_000.0,
        "status": status,
    });
    Reply::json(200, now.to_string())
}

/// A page of what the long execution has done by the last look. New events come between two pages as well, so a token is an
/// id, as the paging of AWS is stable.
fn long_history(calls: &[Call]) -> Reply {
    let request: Value = serde_json::from_str(&calls[calls.len() - 1].body).unwrap();
    let newest = LONG + MORE * looks(calls);
    let size = request["maxResults"].as_u64().unwrap() as usize;
    let token = request["nextToken"]
        .as_str()
        .map(|token| token.parse().unwrap());
    let (ids, next): (Vec<usize>, _) = if request["reverseOrder"] == true {
        let first: usize = token.unwrap_or(newest);
        let ids: Vec<_> = (1..=first).rev().take(size).collect();
        let next = first.checked_sub(size).filter(|next| *next > 0);
        (ids, next)
    } else {
        let first = token.unwrap_or(1);
        let ids: Vec<_> = (first..=newest).take(size).collect();
        (ids, Some(first + size).filter(|next| *next <= newest))
    };
    let events = ids.into_iter().map(|id| {
        json!({
            "id": id,
            "previousEventId": id - 1,
            "timestamp": 1_700_000_000.0,
            "type": "PassStateEntered",
            "stateEnteredEventDetails": { "name": format!("State{id}") },
        })
    });
    let mut page = json!({ "events": events.collect::<Vec<_>>() });
    if let Some(next) = next {
        page["nextToken"] = json!(next.to_string());
    }
    Reply::json(200, page.to_string())
}

#[tokio::test]
async fn a_long_history_is_read_once_and_then_what_is_new() {
    let wire = Wire::scripted().await;
    let aws = client_of(&wire).await;
    wire.rule(Rule::on(DESCRIBE, Act::Answer(long_execution)).always())
        .rule(Rule::on(HISTORY, Act::Answer(long_history)).always());
    let seen = std::cell::RefCell::new(Vec::new());
    let on_change = |change: StateChange| seen.borrow_mut().push(change.state.name);
    let run = watch(&aws, "run", Watch::default(), &on_change)
        .await
        .unwrap();
    let all: Vec<_> = (1..=LONG + MORE * LOOKS)
        .map(|id| format!("State{id}"))
        .collect();
    assert_eq!(seen.into_inner(), all, "each event once, in order");
    assert_eq!(run.history.unwrap().states.len(), all.len());
    let pages_of_all = LONG.div_ceil(1000) + 1;
    assert_eq!(wire.count(HISTORY), pages_of_all + LOOKS - 1);
}

#[tokio::test]
async fn more_new_events_than_a_page_holds_are_all_read() {
    fn burst(calls: &[Call]) -> Reply {
        let mut calls = calls.to_vec();
        if looks(&calls) > 1 {
            let look = calls
                .iter()
                .find(|call| call.operation == DESCRIBE)
                .cloned();
            let last = calls.len() - 1;
            let more = std::iter::repeat_n(look.unwrap(), 500);
            calls.splice(last..last, more);
        }
        long_history(&calls)
    }
    let wire = Wire::scripted().await;
    let aws = client_of(&wire).await;
    let mut history = History::default();
    wire.rule(Rule::on(DESCRIBE, Act::Answer(long_execution)).always())
        .rule(Rule::on(HISTORY, Act::Answer(burst)).always());
    for states in [LONG + MORE, LONG + 502 * MORE] {
        describe(&aws, "run").await.unwrap();
        let read = read_history(&aws, "run", &mut history, &|_| ()).await;
        read.unwrap();
        assert_eq!(history.states.len(), states);
    }
}
