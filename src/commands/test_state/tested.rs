//! What became of a state that was tested, as data and as text.

use std::fmt::Write as _;

use aws_sdk_sfn::operation::test_state::TestStateOutput;
use aws_sdk_sfn::types::{InspectionData, TestExecutionStatus};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::executions::{Cause, json as document};
use crate::exit::Exit;
use crate::report::Answer;
use crate::report::style::{BAD, FAINT, GOOD, STRONG};
use crate::world::{one_line, unbroken};

#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Tested {
    state: String,
    status: String,
    next_state: Option<String>,
    output: Option<Value>,
    error: Option<String>,
    cause: Option<String>,
    /// The steps of the data flow in their order, by AWS's names.
    inspection_data: Map<String, Value>,
}

impl Tested {
    pub fn new(state: String, answer: &TestStateOutput) -> Self {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let status = answer.status().map(TestExecutionStatus::as_str);
        Self {
            state,
            status: status.unwrap_or_default().to_owned(),
            next_state: text(answer.next_state()),
            output: answer.output().map(document),
            error: text(answer.error()),
            cause: text(answer.cause()),
            inspection_data: answer.inspection_data().map(steps).unwrap_or_default(),
        }
    }

    /// A failure that a Catch takes is a way on; one that would be retried is not.
    pub fn exit(&self) -> Exit {
        if self.leads_on() {
            Exit::Done
        } else {
            Exit::Failed
        }
    }

    fn leads_on(&self) -> bool {
        [
            TestExecutionStatus::Succeeded,
            TestExecutionStatus::CaughtError,
        ]
        .iter()
        .any(|status| status.as_str() == self.status)
    }
}

/// The steps that were inspected, in the order in which data flows.
fn steps(data: &InspectionData) -> Map<String, Value> {
    let mut steps = Map::new();
    for (name, text) in [
        ("input", data.input()),
        ("afterInputPath", data.after_input_path()),
        ("afterItemsPath", data.after_items_path()),
        ("afterItemsPointer", data.after_items_pointer()),
        ("afterItemSelector", data.after_item_selector()),
        ("afterItemBatcher", data.after_item_batcher()),
        ("afterParameters", data.after_parameters()),
        ("afterArguments", data.after_arguments()),
        ("result", data.result()),
        ("afterResultSelector", data.after_result_selector()),
        ("afterResultPath", data.after_result_path()),
        ("variables", data.variables()),
    ] {
        if let Some(text) = text {
            steps.insert(name.to_owned(), document(text));
        }
    }
    if let Some(request) = data.request() {
        let request = json!({
            "protocol": request.protocol(),
            "method": request.method(),
            "url": request.url(),
            "headers": request.headers(),
            "body": request.body(),
        });
        steps.insert("request".to_owned(), given(request));
    }
    if let Some(response) = data.response() {
        let response = json!({
            "protocol": response.protocol(),
            "statusCode": response.status_code(),
            "statusMessage": response.status_message(),
            "headers": response.headers(),
            "body": response.body(),
        });
        steps.insert("response".to_owned(), given(response));
    }
    if let Some(details) = data.error_details() {
        let details = json!({
            "catchIndex": details.catch_index(),
            "retryIndex": details.retry_index(),
            "retryBackoffIntervalSeconds": details.retry_backoff_interval_seconds(),
        });
        steps.insert("errorDetails".to_owned(), given(details));
    }
    for (name, number) in [
        ("toleratedFailureCount", data.tolerated_failure_count()),
        ("maxConcurrency", data.max_concurrency()),
    ] {
        if let Some(number) = number {
            steps.insert(name.to_owned(), number.into());
        }
    }
    if let Some(percentage) = data.tolerated_failure_percentage() {
        steps.insert("toleratedFailurePercentage".to_owned(), json!(percentage));
    }
    steps
}

/// What AWS left out is left out.
fn given(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

impl Answer for Tested {
    fn text(&self) -> String {
        let style = if self.leads_on() { GOOD } else { BAD };
        let next = self.next_state.as_deref().map(one_line);
        let next = next.map_or_else(String::new, |next| format!(" → {next}"));
        let mut text = format!(
            "{STRONG}{}{STRONG:#} {style}{}{style:#}{next}",
            one_line(&self.state),
            one_line(&self.status)
        );
        let mut fields: Vec<(&str, String)> = Vec::new();
        for (name, value) in &self.inspection_data {
            fields.push((name, unbroken(&value.to_string())));
        }
        if let Some(error) = &self.error {
            fields.push(("error", error.clone()));
        }
        if let Some(cause) = self.cause.as_deref().filter(|cause| !cause.is_empty()) {
            fields.push(("cause", Cause::parse(cause).message));
        }
        if let Some(output) = &self.output {
            fields.push(("output", unbroken(&output.to_string())));
        }
        let width = fields.iter().map(|(name, _)| name.len()).max();
        let width = width.unwrap_or_default();
        for (name, value) in fields {
            let value = value.replace('\n', &format!("\n{:1$}", "", width + 4));
            let _ = write!(text, "\n  {FAINT}{name:width$}{FAINT:#}  {value}");
        }
        text
    }
}
