//! Calls of `TestState` in the examples of `rules.jsonl`. The recordings of it are called over HTTP, by the embedded AWS's suite.

use serde_json::{Value, json};
use txflow_asl::test_state::{TestState, TestStateRequest};
use txflow_asl::{Payload, StartOptions, Timestamp};

/// The answer, or the error in the form of a client's exception.
pub fn call(parameters: &Value) -> Result<Value, String> {
    let mut options = StartOptions::default();
    const ACCOUNT: &str = "arn:aws:states:us-east-1:111111111111";
    options.execution_arn = format!("{ACCOUNT}:express:StateMachine:execution");
    options.state_machine_arn = format!("{ACCOUNT}:stateMachine:StateMachine");
    let now = Timestamp::from_millis(1_767_225_600_000);
    let mut request = parameters.clone();
    request["definition"] = request["definition"].to_string().into();
    let mut request: TestStateRequest =
        serde_json::from_value(request).map_err(|error| error.to_string())?;
    if let Some(input) = request.input.take() {
        options.input = Payload::from_text(input).map_err(|error| error.to_string())?;
    }
    let parse_items = |_: &Value, text: &str| {
        serde_json::from_str(text).map_err(|error: serde_json::Error| error.to_string())
    };
    match TestState::begin(request, options, now, parse_items) {
        Ok(TestState::Done(answer)) => Ok(answer.to_json()),
        Ok(TestState::Task(task, _)) => Err(format!("a call of {}", task.resource.arn)),
        Err(refusal) => {
            let (code, message) = (refusal.code.as_str(), &refusal.message);
            Ok(json!({ "Error": { "Code": code, "Message": message }, "message": message }))
        }
    }
}
