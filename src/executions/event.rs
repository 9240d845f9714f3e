//! Puts an event on a bus, and finds the execution that it starts.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use serde_json::Value;

use super::change::StateChange;
use super::read::describe;
use super::run::Run;
use super::start::{Watch, watch};
use crate::aws::{Aws, AwsError, Class, failed};
use crate::config::Event;
use crate::stack::Stack;

/// How long an event may take to start an execution. Half a second is usual.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs the execution that an event starts to its end, or as far as it comes within `limit`.
///
/// # Errors
///
/// If AWS refuses a call, or if the event starts nothing.
pub async fn execute_by_event(
    aws: &Aws,
    stack: &Stack,
    event: &Event,
    limit: Duration,
    on_start: &dyn Fn(&str),
    on_change: &dyn Fn(StateChange),
) -> Result<Run, AwsError> {
    let id = put(aws, event, &stack.account.fill(&event.bus)).await?;
    let arn = started(aws, &stack.alias_arn(), &id).await?;
    on_start(&arn);
    let limited = Watch {
        limit: Some(limit),
        ..Watch::default()
    };
    watch(aws, &arn, limited, on_change).await
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
            Err(AwsError::left_out("PutEvents", code, message))
        }
    }
}

/// The execution that carries the id of the event: EventBridge names an execution after it, and the event is its input
/// unless the trigger makes another one. Nothing else has that id, so no other execution is taken for it.
async fn started(aws: &Aws, alias_arn: &str, id: &str) -> Result<String, AwsError> {
    let began = Instant::now();
    let mut others = BTreeSet::new();
    loop {
        let listed = aws.sfn.list_executions().state_machine_arn(alias_arn);
        let listed = listed.send().await.map_err(failed("ListExecutions"))?;
        for execution in listed.executions() {
            if execution.name.starts_with(id) {
                return Ok(execution.execution_arn.clone());
            }
        }
        for execution in listed.executions() {
            if others.insert(execution.execution_arn.clone())
                && is_input(aws, &execution.execution_arn, id).await?
            {
                return Ok(execution.execution_arn.clone());
            }
        }
        if began.elapsed() > PATIENCE {
            return Err(AwsError {
                operation: "PutEvents",
                code: None,
                message: format!(
                    "the event {id} started no execution within {} s",
                    PATIENCE.as_secs()
                ),
                request_id: None,
                class: Class::Other,
            });
        }
        aws.sleep.sleep(PAUSE).await;
    }
}

/// Whether the input of an execution is the event with this id.
async fn is_input(aws: &Aws, execution_arn: &str, id: &str) -> Result<bool, AwsError> {
    let described = describe(aws, execution_arn).await?;
    let input = described.input().unwrap_or_default();
    let input: Value = serde_json::from_str(input).unwrap_or_default();
    Ok(input["id"] == id)
}
