//! What happens during a run.

use std::time::Duration;

use serde::Serialize;

use crate::config::Diagnostic;

/// One thing that happened. Library modules tell; what is shown of it is the sink's business.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A finding in one of the user's files that does not stop the run.
    #[serde(skip)]
    Finding(Diagnostic),
    /// Something the reader should know.
    Note {
        text: String,
    },
    /// A stage of the run began, such as `Building`.
    Stage {
        text: String,
    },
    /// Cargo's own line, as cargo wrote it.
    Cargo {
        line: String,
    },
    /// A handler's zip is finished.
    Built {
        handler: String,
        sha256: String,
        /// Bytes.
        size: u64,
    },
    StepStarted {
        step: String,
    },
    /// A step waits for AWS, and for what.
    StepWaiting {
        step: String,
        cause: String,
    },
    StepFinished {
        step: String,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
    },
    StepFailed {
        step: String,
        error: String,
    },
    /// The SDK sends a request again.
    Retrying {
        operation: String,
        cause: String,
    },
    ExecutionStarted {
        test: String,
        execution_arn: String,
    },
    StateEntered {
        test: String,
        state: String,
    },
    StateExited {
        test: String,
        state: String,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
        retries: usize,
    },
    StateFailed {
        test: String,
        state: String,
        error: String,
    },
    TestFinished {
        test: String,
        passed: bool,
        #[serde(rename = "seconds", serialize_with = "seconds")]
        elapsed: Duration,
    },
}

/// A sink of events. Called from several tasks at once.
pub trait Reporter: Send + Sync {
    fn report(&self, event: &Event);
}

fn seconds<S: serde::Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64())
}
