//! The SDK's history events → [`HistoryEvent`].

use aws_sdk_sfn::types::{HistoryEvent as SdkEvent, HistoryEventType as Type};

use super::run::{HistoryEvent, What};

pub(super) fn event(event: &SdkEvent) -> HistoryEvent {
    HistoryEvent {
        id: event.id(),
        previous_id: event.previous_event_id(),
        time: event.timestamp().as_secs_f64(),
        what: what(event),
    }
}

fn what(event: &SdkEvent) -> What {
    if let Some(details) = event.state_entered_event_details() {
        return What::Entered(details.name().to_owned());
    }
    if let Some(details) = event.state_exited_event_details() {
        return What::Exited(details.name().to_owned());
    }
    if let Some((error, cause)) = failure(event) {
        return What::Failed {
            error: error.unwrap_or("(no error)").to_owned(),
            cause: cause.unwrap_or_default().to_owned(),
        };
    }
    match event.r#type() {
        Type::TaskScheduled | Type::LambdaFunctionScheduled | Type::ActivityScheduled => {
            What::Scheduled
        }
        _ => What::Other,
    }
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
    if let Some(details) = event.evaluation_failed_event_details() {
        return Some((details.error(), details.cause()));
    }
    None
}
