use serde_json::{Map, Value};

use crate::Payload;

/// What to test, as the API's `TestState` has it. Take [`TestStateRequest::new`] and set what
/// matters.
#[derive(Clone, Debug)]
pub struct TestStateRequest {
    /// A state, or a state machine with the state in it.
    pub definition: Value,
    /// Which state of the state machine, nested ones included.
    pub state_name: Option<String>,
    pub input: Payload,
    /// Takes the place of the context object.
    pub context: Option<Value>,
    pub variables: Map<String, Value>,
    /// What the work of the state brings, instead of doing it.
    pub mock: Option<Mock>,
    pub configuration: StateConfiguration,
    /// Needed for a Task without a mock.
    pub role_arn: Option<String>,
    pub inspection_level: InspectionLevel,
}

#[derive(Clone, Debug)]
pub enum Mock {
    Result {
        result: Payload,
        field_validation: FieldValidationMode,
    },
    Error {
        error: Option<String>,
        cause: Option<String>,
    },
}

/// How a mocked result is held against the API that the task calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidationMode {
    /// Required fields must be there, and those there must fit.
    #[default]
    Strict,
    /// The fields that are there must fit.
    Present,
    None,
}

/// The API's `stateConfiguration`.
#[derive(Clone, Debug, Default)]
pub struct StateConfiguration {
    /// How often the retrier that matches has been used before.
    pub retrier_retry_count: u64,
    /// How many iterations of a Map count as failed.
    pub map_iteration_failure_count: Option<usize>,
    /// The items that an `ItemReader` would have read.
    pub map_item_reader_data: Option<Value>,
}

/// How much of the data flow the answer shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InspectionLevel {
    #[default]
    Info,
    Debug,
    Trace,
}
