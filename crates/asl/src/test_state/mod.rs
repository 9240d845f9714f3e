//! `TestState`: one visit of one state, with its data flow made visible.

mod answer;
mod from_api;
mod inspection;
mod refuse;
mod request;
mod run;
mod shapes;

pub use answer::{TestStateAnswer, TestStatus};
pub use request::{
    FieldValidationMode, InspectionLevel, Mock, StateConfiguration, TestStateRequest,
};
use run::Visited;

use crate::execution::TaskRequest;
use crate::{Payload, StartOptions, TaskResult, Timestamp};

/// A request that `TestState` rejects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct InvalidTestState {
    pub code: Refusal,
    pub message: String,
}

/// The API's exception for a rejected request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    ValidationException,
    InvalidDefinition,
    InvalidExecutionInput,
}

impl InvalidTestState {
    fn validation(message: impl Into<String>) -> Self {
        Self {
            code: Refusal::ValidationException,
            message: message.into(),
        }
    }
}

impl Refusal {
    /// The name in AWS's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ValidationException => "ValidationException",
            Self::InvalidDefinition => "InvalidDefinition",
            Self::InvalidExecutionInput => "InvalidExecutionInput",
        }
    }
}

/// A test of one state, up to the point where a task has to run.
#[derive(Debug)]
pub enum TestState {
    Done(TestStateAnswer),
    /// The state is a Task without a mock: run it and [`finish`](PendingTest::finish).
    Task(Box<TaskRequest>, Box<PendingTest>),
}

/// A test that waits for its task.
#[derive(Debug)]
pub struct PendingTest(Visited);

impl TestState {
    /// Tests a state. `now` is the value of `$$.State.EnteredTime` and the like; names and ARNs come from `options`,
    /// whose `input` is replaced by that of the request.
    ///
    /// # Errors
    /// If AWS rejects the request.
    pub fn begin(
        request: TestStateRequest,
        options: StartOptions,
        now: Timestamp,
    ) -> Result<Self, InvalidTestState> {
        let visited = Visited::new(request, options, now)?;
        visited.begin()
    }
}

impl PendingTest {
    /// The result, after the task has ended.
    #[must_use]
    pub fn finish(self, result: TaskResult) -> TestStateAnswer {
        self.0.finish(result)
    }
}

impl TestStateRequest {
    /// A test of this definition, which is a state or a whole state machine.
    #[must_use]
    pub fn new(definition: serde_json::Value) -> Self {
        Self {
            definition,
            state_name: None,
            input: Payload::from(serde_json::json!({})),
            context: None,
            variables: serde_json::Map::new(),
            mock: None,
            configuration: StateConfiguration::default(),
            role_arn: None,
            inspection_level: InspectionLevel::Info,
        }
    }
}
