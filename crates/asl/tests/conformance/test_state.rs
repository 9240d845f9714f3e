//! `test-state.jsonl`: calls of TestState, which runs a single state and shows its data flow.

use serde_json::{Value, json};
use txflow_asl::test_state::{
    FieldValidationMode, InspectionLevel, InvalidTestState, Mock, TestState, TestStateRequest,
};
use txflow_asl::{Payload, StartOptions, Timestamp};

use crate::compare::{Difference, Wildcards};

pub fn run(row: &Value) -> Result<Value, String> {
    let mut options = StartOptions::default();
    const ACCOUNT: &str = "arn:aws:states:us-east-1:111111111111";
    options.execution_arn = format!("{ACCOUNT}:express:StateMachine:execution");
    options.state_machine_arn = format!("{ACCOUNT}:stateMachine:StateMachine");
    let now = Timestamp::from_millis(1_767_225_600_000);
    match TestState::begin(request(row)?, options, now) {
        Ok(TestState::Done(answer)) => Ok(answer.to_json()),
        Ok(TestState::Task(task, _)) => Err(format!("a call of {}", task.resource.arn)),
        Err(refusal) => Ok(refused(&row["expected"], &refusal)),
    }
}

fn request(row: &Value) -> Result<TestStateRequest, String> {
    let parameters = &row["params"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let json = |value: &Value| -> Result<Option<Value>, String> {
        let text = value.as_str().map(serde_json::from_str).transpose();
        text.map_err(|error| error.to_string())
    };
    let payload = |text: &str| Payload::from_text(text).map_err(|error| error.to_string());
    let mut request = TestStateRequest::new(parameters["definition"].clone());
    request.state_name = text(&parameters["stateName"]);
    if let Some(input) = parameters["input"].as_str() {
        request.input = payload(input)?;
    }
    request.context = json(&parameters["context"])?;
    if let Some(Value::Object(variables)) = json(&parameters["variables"])? {
        request.variables = variables;
    }
    request.inspection_level = match parameters["inspectionLevel"].as_str() {
        Some("DEBUG") => InspectionLevel::Debug,
        Some("TRACE") => InspectionLevel::Trace,
        _ => InspectionLevel::Info,
    };
    let mock = &parameters["mock"];
    if let Some(result) = mock["result"].as_str() {
        request.mock = Some(Mock::Result {
            result: payload(result)?,
            field_validation: match mock["fieldValidationMode"].as_str() {
                Some("NONE") => FieldValidationMode::None,
                Some("PRESENT") => FieldValidationMode::Present,
                _ => FieldValidationMode::Strict,
            },
        });
    } else if mock.is_object() {
        request.mock = Some(Mock::Error {
            error: text(&mock["errorOutput"]["error"]),
            cause: text(&mock["errorOutput"]["cause"]),
        });
    }
    let configuration = &parameters["stateConfiguration"];
    request.configuration.retrier_retry_count =
        configuration["retrierRetryCount"].as_u64().unwrap_or(0);
    request.configuration.map_iteration_failure_count =
        configuration["mapIterationFailureCount"].as_u64();
    request.configuration.map_item_reader_data = json(&configuration["mapItemReaderData"])?;
    // The recordings leave the role out, which all calls with a mock had.
    request.role_arn = request
        .mock
        .as_ref()
        .map(|_| "arn:aws:iam::111111111111:role/Role".into());
    Ok(request)
}

/// A refusal as the recording has it: the error's shape, or the text of the client's exception.
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
        // The HTTP side of the answer is not the engine's.
        recorded.remove("ResponseMetadata");
    }
    Wildcards::of(&row["compare"]).compare(&recorded, answer)
}
