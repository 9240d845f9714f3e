//! What `TestState` rejects before it looks at any data.

use std::sync::Arc;

use serde_json::Value;

use super::request::{Mock, TestStateRequest};
use super::{InvalidTestState, Refusal, shapes};
use crate::definition::{DefinitionError, Fields, Pattern, ResourceKind};
use crate::states::{Program, State, StateKind};

/// The name of every tested state in the context object.
pub(super) const STATE_NAME: &str = "StateName";

pub(super) fn find_state(request: &TestStateRequest) -> Result<Arc<State>, InvalidTestState> {
    let unreadable = |error: DefinitionError| InvalidTestState {
        code: Refusal::InvalidDefinition,
        message: format!("Invalid State Machine Definition: '{error}'"),
    };
    if request.definition.get("States").is_none() {
        let fields = Fields::root(&request.definition).map_err(unreadable)?;
        let state = State::parse(STATE_NAME, &fields, 0).map_err(unreadable)?;
        return Ok(Arc::new(state));
    }
    let program = Program::parse(&request.definition).map_err(unreadable)?;
    let name = request.state_name.as_deref().unwrap_or(&program.start_at);
    let found = program.find_state(name).map(Arc::clone);
    found.ok_or_else(|| invalid("State not found in definition"))
}

fn invalid(message: impl Into<String>) -> InvalidTestState {
    InvalidTestState::validation(message)
}

/// Rejects what AWS rejects before it looks at any data.
pub(super) fn refuse(request: &TestStateRequest, state: &State) -> Result<(), InvalidTestState> {
    let kind = &state.kind;
    match &request.mock {
        None => {
            if request.configuration.map_iteration_failure_count.is_some() {
                return Err(invalid(
                    "TestState does not support MapIterationFailureCount when a mock is not specified.",
                ));
            }
            if matches!(kind, StateKind::Map(_) | StateKind::Parallel(_)) {
                return Err(InvalidTestState {
                    code: Refusal::InvalidDefinition,
                    message: "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]".into(),
                });
            }
            if matches!(kind, StateKind::Task(_)) && request.role_arn.is_none() {
                return Err(invalid(
                    "RoleArn must be specified when testing a Task state",
                ));
            }
        }
        Some(mock) => {
            if !state.can_retry() {
                let name = state.state_type().name();
                return Err(invalid(format!(
                    "State type '{name}' is not supported when a mock is specified"
                )));
            }
            if let Mock::Result {
                result,
                field_validation,
            } = mock
            {
                refuse_result(kind, result.value())?;
                if let StateKind::Task(task) = kind {
                    shapes::check(&task.resource, result.value(), *field_validation)
                        .map_err(invalid)?;
                }
            }
        }
    }
    let context = request.context.as_ref();
    if context.is_some_and(|context| context.get("Task").is_some()) && !has_callback(kind) {
        return Err(invalid(
            "Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
        ));
    }
    Ok(())
}

fn has_callback(kind: &StateKind) -> bool {
    match kind {
        StateKind::Task(task) => match task.resource.kind {
            ResourceKind::Service { pattern, .. } => pattern != Pattern::RequestResponse,
            _ => false,
        },
        _ => false,
    }
}

/// Rejects a mocked result that the work of the state cannot have.
fn refuse_result(kind: &StateKind, result: &Value) -> Result<(), InvalidTestState> {
    match kind {
        StateKind::Map(map) if map.writer.is_some() && !result.is_object() => {
            Err(invalid("Mocked result must be a JSON object."))
        }
        StateKind::Map(map) if map.writer.is_none() && !result.is_array() => {
            Err(invalid("Mocked result must be an array."))
        }
        StateKind::Parallel(parallel) => match result.as_array() {
            None => Err(invalid("Mocked result must be an array.")),
            Some(items) if items.len() != parallel.branches.len() => Err(invalid(
                "Mocked result must contain the same number of items as number of Parallel branches.",
            )),
            Some(_) => Ok(()),
        },
        _ => Ok(()),
    }
}
