use serde::Deserialize;

/// The request of the API's `TestState`, as it is sent: some texts hold JSON themselves. Nothing of it is checked yet.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TestStateRequest {
    /// A state, or with a `state_name` the state machine that contains it.
    pub definition: String,
    /// The name of the state in the state machine; it may be nested.
    pub state_name: Option<String>,
    /// The caller reads it as the input of an execution, and puts it into the options.
    pub input: Option<String>,
    /// An object that replaces the context object.
    pub context: Option<String>,
    /// An object of the variables that are set before the state.
    pub variables: Option<String>,
    /// The result of the state's work, which is then not done.
    pub mock: Option<MockInput>,
    pub state_configuration: StateConfiguration,
    /// Required for a Task without a mock.
    pub role_arn: Option<String>,
    /// `INFO`, `DEBUG` or `TRACE`.
    pub inspection_level: Option<String>,
    pub reveal_secrets: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MockInput {
    /// The result as JSON.
    pub result: Option<String>,
    pub error_output: Option<MockErrorOutput>,
    /// `STRICT`, `PRESENT` or `NONE`.
    pub field_validation_mode: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct MockErrorOutput {
    pub error: Option<String>,
    pub cause: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StateConfiguration {
    /// How many times the matching retrier has been used before.
    pub retrier_retry_count: Option<i64>,
    /// The state inside of a Map or Parallel whose error is mocked.
    pub error_caused_by_state: Option<String>,
    /// The number of iterations of a Map that count as failed.
    pub map_iteration_failure_count: Option<i64>,
    /// What an `ItemReader` would have read, as it is in its source.
    pub map_item_reader_data: Option<String>,
}

/// How much of the data flow the result shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InspectionLevel {
    #[default]
    Info,
    Debug,
    /// As `Debug`, and what an HTTP Task sends and receives.
    Trace,
}

impl TestStateRequest {
    #[must_use]
    pub fn inspection_level(&self) -> InspectionLevel {
        match self.inspection_level.as_deref() {
            Some("DEBUG") => InspectionLevel::Debug,
            Some("TRACE") => InspectionLevel::Trace,
            _ => InspectionLevel::Info,
        }
    }
}
