//! The SDK's history events → [`HistoryEvent`].

use aws_sdk_sfn::types::{HistoryEvent as SdkEvent, HistoryEventType as Type};
use serde_json::{Value, json as object};

use super::document::json;
use super::history::{Failure, HistoryEvent, TaskCall, What};
use super::state_kind::StateKind;
use crate::aws::timestamp;

pub(super) fn event(event: &SdkEvent) -> HistoryEvent {
    HistoryEvent {
        id: event.id(),
        previous_id: event.previous_event_id(),
        time: timestamp(event.timestamp()),
        what: what(event),
    }
}

fn what(event: &SdkEvent) -> What {
    if let Some(details) = event.state_entered_event_details() {
        return What::Entered {
            name: details.name().to_owned(),
            kind: StateKind::of_event(event.r#type().as_str()),
            input: details.input().map(str::to_owned),
        };
    }
    if let Some(details) = event.state_exited_event_details() {
        return What::Exited {
            name: details.name().to_owned(),
            output: details.output().map(str::to_owned),
            assigned: { details.assigned_variables() }
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), json(value)))
                .collect(),
        };
    }
    if let Some((error, cause)) = failure(event) {
        let cause = cause.unwrap_or_default();
        return What::Failed {
            failure: Failure {
                error: error.unwrap_or("(no error)").to_owned(),
                cause: cause.to_owned(),
            },
            request_id: text_at(cause, "/requestId").or_else(|| named_request(cause)),
        };
    }
    if let Some(details) = event.task_scheduled_event_details() {
        return What::Scheduled {
            function_arn: text_at(details.parameters(), "/FunctionName"),
            call: Some(TaskCall {
                service: details.resource_type().to_owned(),
                action: details.resource().to_owned(),
                parameters: details.parameters().to_owned(),
            }),
        };
    }
    if let Some(details) = event.lambda_function_scheduled_event_details() {
        let payload = json(details.input().unwrap_or_default());
        let parameters = object!({ "FunctionName": details.resource(), "Payload": payload });
        return What::Scheduled {
            function_arn: Some(details.resource().to_owned()),
            call: Some(TaskCall {
                service: "lambda".to_owned(),
                action: "invoke".to_owned(),
                parameters: parameters.to_string(),
            }),
        };
    }
    if let Some(details) = event.activity_scheduled_event_details() {
        return What::Scheduled {
            function_arn: None,
            call: Some(TaskCall {
                service: TaskCall::ACTIVITY.to_owned(),
                action: details.resource().to_owned(),
                parameters: details.input().unwrap_or_default().to_owned(),
            }),
        };
    }
    if let Some(details) = event.task_submitted_event_details() {
        return What::Submitted {
            execution_arn: started(details.resource_type(), details.output()),
        };
    }
    if let Some(details) = event.task_succeeded_event_details() {
        let output = details.output().unwrap_or_default();
        return What::Succeeded {
            request_id: text_at(output, "/SdkResponseMetadata/RequestId"),
            execution_arn: started(details.resource_type(), details.output()),
            result: details.output().map(str::to_owned),
        };
    }
    let function = event.lambda_function_succeeded_event_details();
    let activity = event.activity_succeeded_event_details();
    let output = function.map(|details| details.output());
    if let Some(output) = output.or_else(|| Some(activity?.output())) {
        return What::Succeeded {
            request_id: None,
            execution_arn: None,
            result: output.map(str::to_owned),
        };
    }
    if let Some(details) = event.map_iteration_started_event_details() {
        return What::Iteration(details.index());
    }
    let started = event.map_run_started_event_details();
    let redriven = event.map_run_redriven_event_details();
    let map_run = started.and_then(|details| details.map_run_arn());
    if let Some(arn) = map_run.or_else(|| redriven?.map_run_arn()) {
        return What::MapRun(arn.to_owned());
    }
    match event.r#type() {
        Type::ExecutionRedriven => What::Redriven,
        Type::ActivityScheduled => What::Scheduled {
            function_arn: None,
            call: None,
        },
        Type::LambdaFunctionSucceeded | Type::ActivitySucceeded => What::Succeeded {
            request_id: None,
            execution_arn: None,
            result: None,
        },
        Type::MapIterationFailed | Type::MapIterationAborted => What::InnerFailed {
            kind: StateKind::Map,
            whole: false,
        },
        Type::MapStateFailed | Type::MapStateAborted => What::InnerFailed {
            kind: StateKind::Map,
            whole: true,
        },
        Type::ParallelStateFailed | Type::ParallelStateAborted => What::InnerFailed {
            kind: StateKind::Parallel,
            whole: true,
        },
        _ => What::Other,
    }
}

/// The execution that a task started, if its integration does that.
pub(super) fn started(service: &str, output: Option<&str>) -> Option<String> {
    let starts = matches!(service, "states" | "aws-sdk:sfn");
    starts.then(|| text_at(output?, "/ExecutionArn")).flatten()
}

/// A text in a JSON document, which AWS may have cut off.
pub(super) fn text_at(document: &str, pointer: &str) -> Option<String> {
    let document: Value = serde_json::from_str(document).ok()?;
    document.pointer(pointer)?.as_str().map(str::to_owned)
}

/// If Lambda itself fails an invocation, such as at its timeout, the message begins with its id.
pub(super) fn named_request(cause: &str) -> Option<String> {
    let message = text_at(cause, "/errorMessage")?;
    let id = message.strip_prefix("RequestId: ")?.split(' ').next()?;
    Some(id.to_owned())
}

/// Error and cause of an attempt or a state that failed.
fn failure(event: &SdkEvent) -> Option<(Option<&str>, Option<&str>)> {
    if let Some(details) = event.task_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.task_timed_out_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.task_start_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.task_submit_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.lambda_function_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.lambda_function_timed_out_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.activity_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.activity_timed_out_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.lambda_function_schedule_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.lambda_function_start_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.activity_schedule_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.map_run_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    if let Some(details) = event.evaluation_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    None
}
