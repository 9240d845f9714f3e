use serde_json::json;
use txflow_test_support::reply::Reply;
use txflow_test_support::wire::{Act, Rule, Wire};

use super::*;
use crate::executions::tests::client_of;

const LIST: &str = "states.ListExecutions";
const VERSION: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev:3";
const DAY: i64 = 24 * 60 * 60;

/// A page with an execution that ended so many days ago, and the token of the next page, which differs from page to page.
fn page(ended: i64, next: Option<usize>) -> Act {
    let stopped = Timestamp::now().as_second() - ended * DAY;
    let execution = json!({
        "executionArn": "arn:aws:states:eu-west-1:123456789012:execution:shop-dev:run",
        "stateMachineArn": VERSION,
        "name": "run",
        "status": "FAILED",
        "startDate": stopped - 60 * DAY,
        "stopDate": stopped,
    });
    let next = next.map(|next| next.to_string());
    let page = json!({ "executions": [execution], "nextToken": next });
    Act::Reply(Reply::json(200, page.to_string()))
}

async fn answer(pages: impl IntoIterator<Item = Act>) -> bool {
    let wire = Wire::scripted().await;
    for page in pages {
        wire.rule(Rule::on(LIST, page));
    }
    let none = Reply::json(200, json!({ "executions": [] }).to_string());
    wire.rule(Rule::on(LIST, Act::Reply(none)).always());
    is_redrivable(&client_of(&wire).await, VERSION)
        .await
        .unwrap()
}

/// "Your execution has been ended less than 14 days ago": RedriveExecution in the API reference.
#[tokio::test]
async fn an_execution_that_failed_within_two_weeks_may_be_redriven() {
    assert!(answer([page(13, None)]).await);
    assert!(!answer([page(15, None)]).await);
    assert!(!answer([]).await);
}

#[tokio::test]
async fn one_that_started_before_a_thousand_others_is_found() {
    let statuses = 3;
    let first = (0..statuses).map(|n| page(15, Some(n)));
    assert!(answer(first.chain([page(13, None)])).await);
}

#[tokio::test]
async fn a_version_with_more_executions_than_are_read_is_kept() {
    let statuses = 3;
    assert!(answer((0..statuses * 10).map(|n| page(15, Some(n)))).await);
    assert!(!answer((0..9).map(|n| page(15, Some(n)))).await);
}
