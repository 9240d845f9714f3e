//! What a request asks for, or why AWS refuses it before it looks at any data.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::definition::{self, Found};
use super::mock::{self, Mock};
use super::request::TestStateRequest;
use super::{InspectionLevel, InvalidTestState, Refusal, context};
use crate::definition::{Pattern, ResourceKind};
use crate::states::{State, StateKind};

/// A request that AWS accepts.
#[derive(Debug)]
pub(super) struct Test {
    pub state: Arc<State>,
    /// The Map and Parallel states that it is inside of, from the inner one to the outer one.
    pub around: Vec<Arc<State>>,
    pub mock: Option<Mock>,
    /// Where the mocked error comes from, inside of a Map or Parallel.
    pub cause: Option<Arc<State>>,
    /// Replaces the context object.
    pub context: Option<Given>,
    pub variables: Given,
    pub role_arn: Option<String>,
    pub level: InspectionLevel,
    pub retries: u64,
    pub failed_iterations: Option<usize>,
    pub reader_data: Option<String>,
}

/// An object with the text that it was given as.
#[derive(Debug)]
pub(super) struct Given {
    pub text: String,
    pub value: Value,
}

pub(super) fn read(request: TestStateRequest) -> Result<Test, InvalidTestState> {
    let level = request.inspection_level();
    let Found { state, around } = definition::find(&request)?;
    let mock = match &request.mock {
        Some(mock) => Some(mock::read(
            mock,
            &state,
            request.reveal_secrets == Some(true),
        )?),
        None => {
            refuse_without_mock(&request, &state)?;
            None
        }
    };
    let cause = cause(&request, &state)?;
    let context = request.context.map(|text| {
        let value = context::read(&text, has_token(&state.kind))?;
        Ok::<_, InvalidTestState>(Given { text, value })
    });
    let context = context.transpose()?;
    let configuration = request.state_configuration;
    let retried =
        { context.as_ref() }.and_then(|given| given.value["State"]["RetryCount"].as_u64());
    Ok(Test {
        around,
        mock,
        cause,
        context,
        variables: variables(request.variables)?,
        role_arn: request.role_arn,
        level,
        // The developer guide has it that the count of a given context exhausts a retrier as well.
        retries: { configuration.retrier_retry_count }.map_or(retried.unwrap_or(0), count),
        failed_iterations: configuration
            .map_iteration_failure_count
            .map(|failures| usize::try_from(failures).unwrap_or(0)),
        reader_data: configuration.map_item_reader_data,
        state,
    })
}

/// Negative numbers violate the API's constraints before.
fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn refuse_without_mock(request: &TestStateRequest, state: &State) -> Result<(), InvalidTestState> {
    let unsupported = |what: &str| {
        let message = format!("TestState does not support {what} when a mock is not specified.");
        Err(InvalidTestState::validation(message))
    };
    if request.context.is_some() {
        return unsupported("Context");
    }
    let configuration = &request.state_configuration;
    if configuration.map_iteration_failure_count.is_some() {
        return unsupported("MapIterationFailureCount");
    }
    let resource = match &state.kind {
        StateKind::Map(_) | StateKind::Parallel(_) => {
            return Err(InvalidTestState {
                code: Refusal::InvalidDefinition,
                message: "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]".into(),
            });
        }
        StateKind::Task(task) => &task.resource,
        _ => return Ok(()),
    };
    // Documented as refused; the words are those of the refusal of a configuration.
    match &resource.kind {
        ResourceKind::Activity => unsupported("Activity tasks"),
        ResourceKind::Service {
            pattern: Pattern::Sync,
            ..
        } => unsupported("the '.sync' service integration pattern"),
        ResourceKind::Service {
            pattern: Pattern::WaitForTaskToken,
            ..
        } => unsupported("the '.waitForTaskToken' service integration pattern"),
        _ if request.role_arn.is_none() => {
            let message = "RoleArn must be specified when testing a Task state";
            Err(InvalidTestState::validation(message))
        }
        _ => Ok(()),
    }
}

/// The state that a mocked error comes from. One that is not in the tested state is refused.
fn cause(
    request: &TestStateRequest,
    state: &State,
) -> Result<Option<Arc<State>>, InvalidTestState> {
    let Some(cause) = &request.state_configuration.error_caused_by_state else {
        return Ok(None);
    };
    let inside = definition::inside(state, cause);
    inside.map(Some).ok_or_else(|| {
        let message = format!("State '{cause}' not found in the tested state");
        InvalidTestState::validation(message)
    })
}

/// Whether the context object has a token.
pub(super) fn has_token(kind: &StateKind) -> bool {
    match kind {
        StateKind::Task(task) => match task.resource.kind {
            ResourceKind::Service { pattern, .. } => pattern != Pattern::RequestResponse,
            _ => false,
        },
        _ => false,
    }
}

fn variables(text: Option<String>) -> Result<Given, InvalidTestState> {
    let Some(text) = text else {
        return Ok(Given {
            text: "{}".to_owned(),
            value: Value::Object(Map::new()),
        });
    };
    match serde_json::from_str(&text) {
        Ok(value @ Value::Object(_)) => Ok(Given { text, value }),
        _ => Err(InvalidTestState::validation(
            "Variables must be a JSON object",
        )),
    }
}
