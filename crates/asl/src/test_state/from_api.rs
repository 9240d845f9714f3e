//! Parses the JSON of a `TestState` call.

use serde_json::{Map, Value};

use super::request::{
    FieldValidationMode, InspectionLevel, Mock, StateConfiguration, TestStateRequest,
};
use super::{InvalidTestState, Refusal};
use crate::Payload;

impl TestStateRequest {
    /// Parses a request in the JSON of the API, in which some strings contain JSON themselves.
    ///
    /// # Errors
    /// If AWS rejects the request because of its form.
    pub fn from_api(request: &Value) -> Result<Self, InvalidTestState> {
        let definition = request["definition"].as_str().unwrap_or_default();
        let definition = serde_json::from_str(definition).map_err(|error| InvalidTestState {
            code: Refusal::InvalidDefinition,
            message: format!(
                "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {error}'"
            ),
        })?;
        let input = match request["input"].as_str() {
            None => Payload::from(Value::Object(Map::new())),
            Some(text) => Payload::from_text(text).map_err(|error| InvalidTestState {
                code: Refusal::InvalidExecutionInput,
                message: format!("Invalid State Machine Execution Input: '{error}'"),
            })?,
        };
        Ok(Self {
            definition,
            state_name: text(&request["stateName"]),
            input,
            context: json(
                &request["context"],
                "Invalid Context object provided: not valid JSON",
            )?,
            variables: variables(&request["variables"])?,
            mock: mock(&request["mock"])?,
            configuration: configuration(&request["stateConfiguration"])?,
            role_arn: text(&request["roleArn"]),
            inspection_level: match request["inspectionLevel"].as_str() {
                Some("DEBUG") => InspectionLevel::Debug,
                Some("TRACE") => InspectionLevel::Trace,
                _ => InspectionLevel::Info,
            },
        })
    }
}

fn mock(mock: &Value) -> Result<Option<Mock>, InvalidTestState> {
    let error_output = &mock["errorOutput"];
    match (mock["result"].as_str(), error_output.is_object()) {
        (Some(_), true) => Err(InvalidTestState::validation(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        )),
        (Some(result), false) => {
            let result = Payload::from_text(result)
                .map_err(|_| InvalidTestState::validation("Mocked result must be valid JSON"))?;
            Ok(Some(Mock::Result {
                result,
                field_validation: match mock["fieldValidationMode"].as_str() {
                    Some("NONE") => FieldValidationMode::None,
                    Some("PRESENT") => FieldValidationMode::Present,
                    _ => FieldValidationMode::Strict,
                },
            }))
        }
        (None, true) => Ok(Some(Mock::Error {
            error: text(&error_output["error"]),
            cause: text(&error_output["cause"]),
        })),
        (None, false) => Ok(None),
    }
}

fn configuration(configuration: &Value) -> Result<StateConfiguration, InvalidTestState> {
    let count = |name: &str| {
        let count = configuration[name].as_u64();
        count.map(|count| usize::try_from(count).unwrap_or(usize::MAX))
    };
    Ok(StateConfiguration {
        retrier_retry_count: configuration["retrierRetryCount"].as_u64().unwrap_or(0),
        map_iteration_failure_count: count("mapIterationFailureCount"),
        map_item_reader_data: json(
            &configuration["mapItemReaderData"],
            "MapItemReaderData must be valid JSON",
        )?,
    })
}

fn variables(variables: &Value) -> Result<Map<String, Value>, InvalidTestState> {
    const INVALID: &str = "Variables must be a JSON object";
    match json(variables, INVALID)? {
        None => Ok(Map::new()),
        Some(Value::Object(variables)) => Ok(variables),
        Some(_) => Err(InvalidTestState::validation(INVALID)),
    }
}

fn json(text: &Value, invalid: &str) -> Result<Option<Value>, InvalidTestState> {
    let value = text.as_str().map(serde_json::from_str).transpose();
    value.map_err(|_| InvalidTestState::validation(invalid))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
