//! The call log: a record of each call, for whoever runs the server.

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
