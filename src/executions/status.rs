//! The status of an execution.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::outcome::Outcome;
use crate::config::ExecutionStatus;

/// The status of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub enum Status {
    Running,
    PendingRedrive,
    Ended(ExecutionStatus),
}

impl Status {
    /// AWS does not say how an execution ended that waits for its redrive; it did not succeed.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Running => Outcome::Running,
            Self::Ended(ExecutionStatus::Succeeded) => Outcome::Succeeded,
            Self::Ended(ExecutionStatus::Aborted) => Outcome::Aborted,
            Self::PendingRedrive | Self::Ended(_) => Outcome::Failed,
        }
    }

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
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_execution_that_waits_for_its_redrive_did_not_succeed_and_does_not_run() {
        assert_eq!(Status::PendingRedrive.outcome(), Outcome::Failed);
        assert!(!Status::PendingRedrive.is_ended());
    }
}
