use serde_json::{Map, Value};

use crate::Payload;

/// The request of the API's `TestState`. Take [`TestStateRequest::new`] and set the fields that matter.
#[derive(Clone, Debug)]
pub struct TestStateRequest {
    /// A state, or a state machine that contains the state.
    pub definition: Value,
    /// The name of the state in the state machine; it may be nested.
    pub state_name: Option<String>,
    pub input: Payload,
    /// Replaces the context object.
    pub context: Option<Value>,
    pub variables: Map<String, Value>,
    /// The result of the state's work, which is then not done.
    pub mock: Option<Mock>,
    pub configuration: StateConfiguration,
    /// Required for a Task without a mock.
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

/// How a mocked result is checked against the API that the task calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidationMode {
    /// Required fields must be present, and the fields that are present must be valid.
    #[default]
    Strict,
    /// The fields that are present must be valid.
    Present,
    None,
}

/// The API's `stateConfiguration`.
#[derive(Clone, Debug, Default)]
pub struct StateConfiguration {
    /// How many times the matching retrier has been used before.
    pub retrier_retry_count: u64,
    /// The number of iterations of a Map that count as failed.
    pub map_iteration_failure_count: Option<usize>,
    /// The items that an `ItemReader` would have read.
    pub map_item_reader_data: Option<Value>,
}

/// How much of the data flow the result shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InspectionLevel {
    #[default]
    Info,
    Debug,
    Trace,
}
