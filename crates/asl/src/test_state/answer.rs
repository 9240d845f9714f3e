use serde_json::{Map, Value, json};

use crate::{Payload, Timestamp};

/// The result of `TestState`.
#[derive(Clone, Debug)]
pub struct TestStateAnswer {
    pub status: TestStatus,
    pub output: Option<Payload>,
    pub error: Option<String>,
    pub cause: Option<String>,
    pub next_state: Option<String>,
    /// Empty at the inspection level `INFO`.
    pub inspection_data: Map<String, Value>,
    /// Not part of AWS's answer.
    pub waits: Waits,
}

/// How long the state would wait in an execution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// The end of a `Wait`.
    pub until: Option<Timestamp>,
    /// The `TimeoutSeconds` of a `Task`.
    pub timeout_seconds: Option<u64>,
    /// Its `HeartbeatSeconds`.
    pub heartbeat_seconds: Option<u64>,
}

/// `SUCCEEDED`, `FAILED`, `RETRIABLE` or `CAUGHT_ERROR`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestStatus {
    Succeeded,
    Failed,
    Retriable,
    CaughtError,
}

impl TestStatus {
    /// The name in AWS's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Retriable => "RETRIABLE",
            Self::CaughtError => "CAUGHT_ERROR",
        }
    }
}

impl TestStateAnswer {
    /// The result as the API returns it: payloads are strings of JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut answer = json!({ "status": self.status.as_str() });
        let output = self.output.as_ref().map(Payload::text);
        for (name, text) in [
            ("output", output),
            ("error", self.error.as_deref()),
            ("cause", self.cause.as_deref()),
            ("nextState", self.next_state.as_deref()),
        ] {
            if let Some(text) = text {
                answer[name] = text.into();
            }
        }
        if !self.inspection_data.is_empty() {
            answer["inspectionData"] = self.inspection_data.clone().into();
        }
        answer
    }
}
