//! An execution with its whole history, as the AWS CLI prints both: what a replay needs.

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventExecutionDataDetails as DataDetails};
use serde_json::{Map, Value, json};

use super::read::describe;
use crate::aws::{Aws, AwsError, failed, timestamp};

/// # Errors
///
/// If AWS refuses a read.
pub async fn recorded(aws: &Aws, arn: &str) -> Result<Value, AwsError> {
    // The status is read before the history, which then is whole if it says that the execution has ended.
    let now = describe(aws, arn).await?;
    let request = aws.sfn.get_execution_history().execution_arn(arn);
    let request = request.max_results(1000).include_execution_data(true);
    let mut pages = request.into_paginator().send();
    let mut events = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("GetExecutionHistory"))?;
        events.extend(page.events().iter().map(event));
    }
    let mut recorded = Fields::default();
    recorded.text("executionArn", Some(now.execution_arn()));
    recorded.text("name", now.name());
    recorded.text("stateMachineArn", Some(now.state_machine_arn()));
    recorded.text("stateMachineVersionArn", now.state_machine_version_arn());
    recorded.text("status", Some(now.status().as_str()));
    recorded.text("input", now.input());
    recorded.text("output", now.output());
    recorded.text("error", now.error());
    recorded.text("cause", now.cause());
    recorded.0.insert("events".to_owned(), events.into());
    Ok(recorded.0.into())
}

/// The members of a document; those without a value are left out.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
    }

    fn data(&mut self, name: &str, value: Option<&str>, details: Option<&DataDetails>) {
        self.text(name, value);
        if details.is_some_and(DataDetails::truncated) {
            let name = format!("{name}Details");
            self.0.insert(name, json!({ "truncated": true }));
        }
    }

    fn failure(&mut self, error: Option<&str>, cause: Option<&str>) {
        self.text("error", error);
        self.text("cause", cause);
    }
}

fn event(sdk: &HistoryEvent) -> Value {
    let kind = sdk.r#type().as_str();
    let mut event = json!({
        "timestamp": timestamp(sdk.timestamp()).to_string(),
        "type": kind,
        "id": sdk.id(),
        "previousEventId": sdk.previous_event_id(),
    });
    let details = details(sdk);
    if !details.is_empty() {
        let (first, rest) = kind.split_at(1);
        let name = match kind {
            _ if kind.ends_with("StateEntered") => "stateEnteredEventDetails".to_owned(),
            _ if kind.ends_with("StateExited") => "stateExitedEventDetails".to_owned(),
            _ => format!("{}{rest}EventDetails", first.to_ascii_lowercase()),
        };
        event[name] = details.into();
    }
    event
}

/// The fields of each type of event that a replay reads; one event has the details of one type.
fn details(sdk: &HistoryEvent) -> Map<String, Value> {
    let mut fields = Fields::default();
    if let Some(started) = sdk.execution_started_event_details() {
        fields.data("input", started.input(), started.input_details());
        fields.text("roleArn", started.role_arn());
    }
    if let Some(entered) = sdk.state_entered_event_details() {
        fields.text("name", Some(entered.name()));
        fields.data("input", entered.input(), entered.input_details());
    }
    if let Some(exited) = sdk.state_exited_event_details() {
        fields.text("name", Some(exited.name()));
        fields.data("output", exited.output(), exited.output_details());
        let assigned = exited.assigned_variables().into_iter().flatten();
        let assigned: Map<String, Value> = { assigned }
            .map(|(name, text)| (name.clone(), text.as_str().into()))
            .collect();
        if !assigned.is_empty() {
            fields
                .0
                .insert("assignedVariables".to_owned(), assigned.into());
        }
    }
    calls(sdk, &mut fields);
    failures(sdk, &mut fields);
    if let Some(succeeded) = sdk.execution_succeeded_event_details() {
        fields.data("output", succeeded.output(), succeeded.output_details());
    }
    if let Some(started) = sdk.map_state_started_event_details() {
        fields
            .0
            .insert("length".to_owned(), started.length().into());
    }
    let iterations = [
        sdk.map_iteration_started_event_details(),
        sdk.map_iteration_succeeded_event_details(),
        sdk.map_iteration_failed_event_details(),
        sdk.map_iteration_aborted_event_details(),
    ];
    for iteration in iterations.into_iter().flatten() {
        fields.text("name", iteration.name());
        fields
            .0
            .insert("index".to_owned(), iteration.index().into());
    }
    fields.0
}

/// Calls and what they returned.
fn calls(sdk: &HistoryEvent, fields: &mut Fields) {
    if let Some(task) = sdk.task_scheduled_event_details() {
        fields.text("resourceType", Some(task.resource_type()));
        fields.text("resource", Some(task.resource()));
        fields.text("parameters", Some(task.parameters()));
    }
    if let Some(function) = sdk.lambda_function_scheduled_event_details() {
        fields.text("resource", Some(function.resource()));
        fields.data("input", function.input(), function.input_details());
    }
    if let Some(activity) = sdk.activity_scheduled_event_details() {
        fields.text("resource", Some(activity.resource()));
        fields.data("input", activity.input(), activity.input_details());
    }
    if let Some(task) = sdk.task_submitted_event_details() {
        fields.data("output", task.output(), task.output_details());
    }
    if let Some(task) = sdk.task_succeeded_event_details() {
        fields.data("output", task.output(), task.output_details());
    }
    if let Some(function) = sdk.lambda_function_succeeded_event_details() {
        fields.data("output", function.output(), function.output_details());
    }
    if let Some(activity) = sdk.activity_succeeded_event_details() {
        fields.data("output", activity.output(), activity.output_details());
    }
}

macro_rules! failures {
    ($sdk:ident, $fields:ident: $($details:ident),* $(,)?) => {
        $(if let Some(failed) = $sdk.$details() {
            $fields.failure(failed.error(), failed.cause());
        })*
    };
}

fn failures(sdk: &HistoryEvent, fields: &mut Fields) {
    failures!(sdk, fields:
        task_failed_event_details,
        task_timed_out_event_details,
        task_start_failed_event_details,
        task_submit_failed_event_details,
        lambda_function_failed_event_details,
        lambda_function_timed_out_event_details,
        lambda_function_schedule_failed_event_details,
        lambda_function_start_failed_event_details,
        activity_failed_event_details,
        activity_timed_out_event_details,
        activity_schedule_failed_event_details,
        evaluation_failed_event_details,
        execution_failed_event_details,
        execution_timed_out_event_details,
        execution_aborted_event_details,
    );
}
