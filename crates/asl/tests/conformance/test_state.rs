//! `test-state.jsonl`: calls of `TestState`, which runs a single state and shows its data flow.

use serde_json::{Value, json};
use txflow_asl::test_state::{InvalidTestState, TestState, TestStateRequest};
use txflow_asl::{Payload, StartOptions, Timestamp};

use crate::compare::{Difference, Wildcards};

pub fn run(row: &Value) -> Result<Value, String> {
    let mut options = StartOptions::default();
    const ACCOUNT: &str = "arn:aws:states:us-east-1:111111111111";
    options.execution_arn = format!("{ACCOUNT}:express:StateMachine:execution");
    options.state_machine_arn = format!("{ACCOUNT}:stateMachine:StateMachine");
    let now = Timestamp::from_millis(1_767_225_600_000);
    let mut request: TestStateRequest =
        serde_json::from_value(request(row)).map_err(|error| error.to_string())?;
    if let Some(input) = request.input.take() {
        options.input = Payload::from_text(input).map_err(|error| error.to_string())?;
    }
    let parse_items = |_: &Value, text: &str| {
        serde_json::from_str(text).map_err(|error: serde_json::Error| error.to_string())
    };
    match TestState::begin(request, options, now, parse_items) {
        Ok(TestState::Done(answer)) => Ok(answer.to_json()),
        Ok(TestState::Task(task, _)) => Err(format!("a call of {}", task.resource.arn)),
        Err(refusal) => Ok(refused(&row["expected"], &refusal)),
    }
}

/// The request as it was sent: in the recordings the definition is an object.
fn request(row: &Value) -> Value {
    let mut request = row["params"].clone();
    request["definition"] = request["definition"].to_string().into();
    // The recordings leave out the role, which all calls with a mock had.
    if request["mock"].is_object() {
        request["roleArn"] = "arn:aws:iam::111111111111:role/Role".into();
    }
    request
}

/// An error in the form of the recording: its shape, or the text of the client's exception.
fn refused(recorded: &Value, refusal: &InvalidTestState) -> Value {
    let (code, message) = (refusal.code.as_str(), &refusal.message);
    if recorded.is_string() {
        return format!(
            "An error occurred ({code}) when calling the TestState operation: {message}"
        )
        .into();
    }
    json!({ "Error": { "Code": code, "Message": message }, "message": message })
}

pub fn compare(row: &Value, answer: &Value) -> Result<(), Difference> {
    let mut recorded = row["expected"].clone();
    if let Some(recorded) = recorded.as_object_mut() {
        // The HTTP part of the response does not come from the engine.
        recorded.remove("ResponseMetadata");
    }
    Wildcards::of(&row["compare"]).compare(&recorded, answer)
}
