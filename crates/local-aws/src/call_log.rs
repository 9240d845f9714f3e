//! The log: a record of each call and of each execution, for whoever runs the server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Receives a record of each call.
pub type CallLog = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// One served call. Its `Display` is one line: `lambda:CreateFunction 201 3 ms`.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// The service's prefix in IAM actions, such as `states`.
    pub service: String,
    pub operation: String,
    /// 0 if the connection was cut instead of an answer.
    pub status: u16,
    /// AWS's error code, if the call was refused.
    pub error: Option<&'static str>,
    pub duration: Duration,
    /// The permissions that the caller needed, if callers have a policy: `iam:PassRole on arn:aws:iam::…`.
    pub needed: Vec<String>,
}

impl fmt::Display for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.service, self.operation, self.status)?;
        if let Some(error) = self.error {
            write!(f, " {error}")?;
        }
        write!(f, " {} ms", self.duration.as_millis())?;
        if !self.needed.is_empty() {
            write!(f, ", needs {}", self.needed.join(", "))?;
        }
        Ok(())
    }
}

/// Is told of each execution that has ended.
pub type OnEnd = Arc<dyn Fn(&EndedExecution) + Send + Sync>;

/// An execution that has ended.
#[derive(Debug, Clone)]
pub struct EndedExecution {
    pub arn: String,
    /// As in the API, such as `TIMED_OUT`.
    pub status: &'static str,
    pub error: Option<String>,
    pub duration: Duration,
    /// Whether waits were skipped, so that the duration is the one that it would have taken.
    pub is_virtual: bool,
}

/// Told of each delivery of a schedule or a rule that did not reach its target.
pub type OnUndelivered = Arc<dyn Fn(&Undelivered) + Send + Sync>;

/// What a schedule or a rule could not deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered {
    /// The ARN of the schedule or the rule.
    pub sender: String,
    /// The ARN of what it was to start.
    pub target: String,
    /// The code and the message of the last error.
    pub error: String,
    /// Whether it is in the dead-letter queue.
    pub kept: bool,
}
