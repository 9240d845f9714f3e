//! Puts an event on a bus, and finds the execution that it starts.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use serde_json::Value;

use super::answer::Answers;
use super::change::StateChange;
use super::read::describe;
use super::run::Run;
use super::start::{Watch, watch};
use crate::aws::{Aws, AwsError, failed};
use crate::config::Event;
use crate::stack::Stack;

/// How long an event may take to start an execution. Half a second is usual.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs the execution that an event starts to its end, or as far as it comes within `limit`. `None` if it starts nothing
/// within [`PATIENCE`].
///
/// # Errors
///
/// If AWS refuses a call.
pub async fn execute_by_event(
    aws: &Aws,
    stack: &Stack,
    event: &Event,
    limit: Duration,
    answers: &mut Answers,
    on_start: &dyn Fn(&str),
    on_change: &dyn Fn(StateChange),
) -> Result<Option<Run>, AwsError> {
    let id = put(aws, event, &stack.account.fill(&event.bus)).await?;
    let Some(arn) = started(aws, &stack.alias_arn(), &id).await? else {
        return Ok(None);
    };
    on_start(&arn);
    let limited = Watch {
        limit: Some(limit),
        answers: Some(answers),
        ..Watch::default()
    };
    watch(aws, &arn, limited, on_change).await.map(Some)
}

/// Gives the id of the event.
async fn put(aws: &Aws, event: &Event, bus: &str) -> Result<String, AwsError> {
    let entry = PutEventsRequestEntry::builder()
        .source(&event.source)
        .detail_type(&event.detail_type)
        .detail(event.detail.to_string())
        .event_bus_name(bus);
    let request = aws.events.put_events().entries(entry.build());
    let answer = request.send().await.map_err(failed("PutEvents"))?;
    let entry = answer.entries().first();
    match entry.and_then(|entry| entry.event_id()) {
        Some(id) => Ok(id.to_owned()),
        None => {
            let code = entry.and_then(|entry| entry.error_code());
            let message = entry.and_then(|entry| entry.error_message());
            Err(AwsError::reported("PutEvents", code, message))
        }
    }
}

/// The execution that carries the id of the event: EventBridge names an execution after it, and the event is its input
/// unless the trigger makes another one. Nothing else has that id, so no other execution is taken for it.
async fn started(aws: &Aws, alias_arn: &str, id: &str) -> Result<Option<String>, AwsError> {
    let mut waited = Duration::ZERO;
    let mut others = BTreeSet::new();
    loop {
        let listed = aws.sfn.list_executions().state_machine_arn(alias_arn);
        let listed = listed.send().await.map_err(failed("ListExecutions"))?;
        for execution in listed.executions() {
            if execution.name.starts_with(id) {
                return Ok(Some(execution.execution_arn.clone()));
            }
        }
        for execution in listed.executions() {
            if others.insert(execution.execution_arn.clone())
                && is_input(aws, &execution.execution_arn, id).await?
            {
                return Ok(Some(execution.execution_arn.clone()));
            }
        }
        if waited >= PATIENCE {
            return Ok(None);
        }
        aws.sleep.sleep(PAUSE).await;
        waited += PAUSE;
    }
}

/// Whether the input of an execution is the event with this id.
async fn is_input(aws: &Aws, execution_arn: &str, id: &str) -> Result<bool, AwsError> {
    let described = describe(aws, execution_arn).await?;
    let input = described.input().unwrap_or_default();
    let input: Value = serde_json::from_str(input).unwrap_or_default();
    Ok(input["id"] == id)
}

#[cfg(test)]
mod tests {
    use txflow_test_support::reply::Reply;
    use txflow_test_support::wire::{Act, Rule, Wire};

    use super::super::tests::client_of;
    use super::*;

    #[tokio::test]
    async fn an_event_that_starts_nothing_is_no_error() {
        let wire = Wire::scripted().await;
        let aws = client_of(&wire).await;
        let none = Act::Reply(Reply::json(200, r#"{"executions": []}"#));
        wire.rule(Rule::on("states.ListExecutions", none).always());
        let alias = "arn:aws:states:eu-west-1:123456789012:stateMachine:shop-dev:live";
        assert_eq!(started(&aws, alias, "an-id").await, Ok(None));
    }
}
