//! `TestState`: one visit of one state, with its data flow made visible.

mod answer;
mod context;
mod definition;
mod inspection;
mod map;
mod mock;
mod read;
mod request;
mod run;
mod shapes;
mod visited;

pub use answer::{TestStateAnswer, TestStatus, Waits};
pub use request::{
    InspectionLevel, MockErrorOutput, MockInput, StateConfiguration, TestStateRequest,
};
pub use shapes::{FieldValidationMode, check as check_result};
pub use visited::ParseItems;
use visited::Visited;

use crate::execution::TaskRequest;
use crate::{StartOptions, TaskResult, Timestamp};

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
    /// Tests a state. `now` is the value of `$$.State.EnteredTime` and the like; names, ARNs and the input come from
    /// `options`. `parse_items` reads the data that the request gives for an `ItemReader`.
    ///
    /// # Errors
    /// If AWS rejects the request.
    pub fn begin(
        request: TestStateRequest,
        options: StartOptions,
        now: Timestamp,
        parse_items: ParseItems,
    ) -> Result<Self, InvalidTestState> {
        let test = read::read(request)?;
        Visited::new(test, parse_items, options, now).begin()
    }
}

impl PendingTest {
    /// The result, after the task has ended.
    #[must_use]
    pub fn finish(self, result: TaskResult) -> TestStateAnswer {
        self.0.finish(result)
    }
}
