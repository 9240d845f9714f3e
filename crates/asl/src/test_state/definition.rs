//! The tested state, out of a definition that AWS accepts.

use std::sync::Arc;

use super::request::TestStateRequest;
use super::{InvalidTestState, Refusal};
use crate::ExecutionKind;
use crate::definition::{DefinitionError, Fields};
use crate::source::Source;
use crate::states::{Program, State};
use crate::validate::{Code, Finding, LONE_STATE, Severity, validate, validate_state};

/// The tested state, and where it is.
#[derive(Debug)]
pub(super) struct Found {
    pub state: Arc<State>,
    /// The Map and Parallel states that it is inside of, from the inner one to the outer one.
    pub around: Vec<Arc<State>>,
}

pub(super) fn find(request: &TestStateRequest) -> Result<Found, InvalidTestState> {
    let source =
        Source::from_json(request.definition.as_str()).map_err(|error| invalid(&[error.into()]))?;
    let Some(name) = &request.state_name else {
        refuse(&validate_state(&source))?;
        let fields = Fields::root(source.value()).map_err(unreadable)?;
        let state = State::parse(LONE_STATE, &fields, 0).map_err(unreadable)?;
        return Ok(Found {
            state: Arc::new(state),
            around: Vec::new(),
        });
    };
    refuse(&validate(&source, ExecutionKind::Standard))?;
    let program = Program::parse(source.value()).map_err(unreadable)?;
    let found = within(&program, name);
    found.ok_or_else(|| InvalidTestState::validation("State not found in definition"))
}

fn within(program: &Program, name: &str) -> Option<Found> {
    if let Some(state) = program.state(name) {
        return Some(Found {
            state: Arc::clone(state),
            around: Vec::new(),
        });
    }
    program.states().find_map(|outer| {
        let mut inner = outer.branches().iter();
        let mut found = inner.find_map(|program| within(program, name))?;
        found.around.push(Arc::clone(outer));
        Some(found)
    })
}

/// A state somewhere inside of a Map or Parallel.
pub(super) fn inside(outer: &State, name: &str) -> Option<Arc<State>> {
    let mut inner = outer.branches().iter();
    let found = inner.find_map(|program| within(program, name))?;
    Some(found.state)
}

fn refuse(findings: &[Finding]) -> Result<(), InvalidTestState> {
    let is_error = |finding: &&Finding| finding.severity == Severity::Error;
    let errors: Vec<Finding> = findings.iter().filter(is_error).cloned().collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(invalid(&errors)),
    }
}

/// What passes the checks may still be what the engine cannot run.
fn unreadable(error: DefinitionError) -> InvalidTestState {
    refused(&format!("{}: {error}", Code::SchemaValidationFailed))
}

fn invalid(errors: &[Finding]) -> InvalidTestState {
    let errors: Vec<String> = errors.iter().map(Finding::to_string).collect();
    refused(&errors.join(", "))
}

fn refused(what: &str) -> InvalidTestState {
    InvalidTestState {
        code: Refusal::InvalidDefinition,
        message: format!("Invalid State Machine Definition: '{what}'"),
    }
}
