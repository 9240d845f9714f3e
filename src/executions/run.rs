//! An execution, and what its history tells of it.

use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

use super::History;
use crate::config::ExecutionStatus;

/// An execution as it was last read.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub execution_arn: String,
    pub status: Status,
    pub input: Option<Value>,
    pub output: Option<Value>,
    pub error: Option<String>,
    pub cause: Option<String>,
    /// Seconds since 1970.
    pub started: f64,
    /// Seconds since 1970; `None` while it runs.
    pub stopped: Option<f64>,
    /// The version ARN that it was started on, where it was started on one.
    pub version_arn: Option<String>,
    /// `None` for EXPRESS, whose history AWS does not give.
    pub history: Option<History>,
}

/// Where an execution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Running,
    PendingRedrive,
    Ended(ExecutionStatus),
}

impl Run {
    /// From its start to its end; nothing while it runs.
    pub fn duration(&self) -> Duration {
        between(self.started, self.stopped.unwrap_or(self.started))
    }

    /// The last part of its ARN.
    pub fn name(&self) -> &str {
        let arn = self.execution_arn.as_str();
        arn.rsplit(':').next().unwrap_or(arn)
    }
}

impl Status {
    /// AWS's own spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "RUNNING",
            Self::PendingRedrive => "PENDING_REDRIVE",
            Self::Ended(status) => status.as_str(),
        }
    }

    pub fn is_ended(self) -> bool {
        matches!(self, Self::Ended(_))
    }
}

impl Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Two points in time, in seconds since 1970. Clocks that disagree give nothing.
pub(super) fn between(start: f64, end: f64) -> Duration {
    Duration::try_from_secs_f64(end - start).unwrap_or_default()
}
