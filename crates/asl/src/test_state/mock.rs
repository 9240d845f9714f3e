//! A mocked result or error, and whether the work of the state can have it.

use serde_json::Value;

use super::InvalidTestState;
use super::request::MockInput;
use super::shapes::{self, FieldValidationMode};
use crate::Payload;
use crate::states::{State, StateKind};

#[derive(Clone, Debug)]
pub(super) enum Mock {
    Result(Payload),
    Error {
        error: String,
        cause: Option<String>,
    },
}

/// Reads the mock of a state. The order of the refusals is that of AWS.
pub(super) fn read(
    mock: &MockInput,
    state: &State,
    reveals_secrets: bool,
) -> Result<Mock, InvalidTestState> {
    let refused = |message: &str| Err(InvalidTestState::validation(message));
    if !state.can_retry() {
        let name = state.state_type().name();
        return refused(&format!(
            "State type '{name}' is not supported when a mock is specified"
        ));
    }
    if reveals_secrets {
        return refused("TestState does not support RevealSecrets when a mock is specified.");
    }
    match (&mock.result, &mock.error_output) {
        (Some(result), None) => {
            let Ok(result) = Payload::from_text(result.as_str()) else {
                return refused("Mocked result must be valid JSON");
            };
            let mode = match mock.field_validation_mode.as_deref() {
                Some("NONE") => FieldValidationMode::None,
                Some("PRESENT") => FieldValidationMode::Present,
                _ => FieldValidationMode::Strict,
            };
            check(&state.kind, result.value(), mode).map_err(InvalidTestState::validation)?;
            Ok(Mock::Result(result))
        }
        (None, Some(output)) => match &output.error {
            Some(error) => Ok(Mock::Error {
                error: error.clone(),
                cause: output.cause.clone(),
            }),
            None => refused("An error was not specified in the mocked error output."),
        },
        _ => refused(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        ),
    }
}

fn check(kind: &StateKind, result: &Value, mode: FieldValidationMode) -> Result<(), String> {
    let problem = match kind {
        StateKind::Task(task) => return shapes::check(&task.resource, result, mode),
        StateKind::Map(map) if map.writer.is_some() && !result.is_object() => {
            "Mocked result must be a JSON object."
        }
        StateKind::Map(map) if map.writer.is_none() && !result.is_array() => {
            "Mocked result must be an array."
        }
        StateKind::Parallel(parallel) => match result.as_array() {
            None => "Mocked result must be an array.",
            Some(items) if items.len() != parallel.branches.len() => {
                "Mocked result must contain the same number of items as number of Parallel branches."
            }
            Some(_) => return Ok(()),
        },
        _ => return Ok(()),
    };
    Err(problem.to_owned())
}
