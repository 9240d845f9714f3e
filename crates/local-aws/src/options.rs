//! How a local AWS is to behave.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::contained::Supervisor;
use crate::iam::CallerPolicy;
use crate::mocks::Mocks;

/// What [`crate::LocalAws::start`] is given.
pub struct Options {
    /// Where everything is kept. Created where it does not exist. One server at a time.
    pub data_dir: PathBuf,
    /// Where it serves. Whoever binds it decides who can reach it: a loopback address for all but special cases,
    /// since whoever reaches it runs programs as this user.
    pub listener: TcpListener,
    pub delays: Delays,
    pub time: Time,
    pub mocks: Mocks,
    /// What callers may do. Without it, everything.
    pub caller_policy: Option<CallerPolicy>,
    /// Called once a request, after its answer is known.
    pub call_log: Option<CallLog>,
    /// What watches over each handler, on Linux. Without it, and elsewhere, a process that a handler has started
    /// and that has left its group and its parent outlives the handler.
    pub supervisor: Option<Supervisor>,
}

impl Options {
    /// Short delays, real time, no mocks, no policy, no call log, no supervisor.
    pub fn new(data_dir: impl Into<PathBuf>, listener: TcpListener) -> Options {
        Options {
            data_dir: data_dir.into(),
            listener,
            delays: Delays::default(),
            time: Time::Real,
            mocks: Mocks::default(),
            caller_policy: None,
            call_log: None,
            supervisor: None,
        }
    }
}

/// How long what AWS does in the background takes. Never zero by default, since a client that does not wait must
/// fail here as it fails in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// From a role's creation until a service can assume it.
    pub role_propagation: Duration,
    /// From CreateFunction until the function is `Active`.
    pub function_creation: Duration,
    /// From UpdateFunctionCode or UpdateFunctionConfiguration until `LastUpdateStatus` is `Successful`.
    pub function_update: Duration,
    /// Before an event whose function failed is run again; twice as long before the second and last time.
    pub event_retry: Duration,
    /// From DeleteStateMachine until the state machine is gone.
    pub state_machine_deletion: Duration,
}

impl Delays {
    /// The same for all.
    pub fn all(delay: Duration) -> Delays {
        Delays {
            role_propagation: delay,
            function_creation: delay,
            function_update: delay,
            event_retry: delay,
            state_machine_deletion: delay,
        }
    }

    /// About as long as AWS takes.
    pub fn realistic() -> Delays {
        Delays {
            role_propagation: Duration::from_secs(8),
            function_creation: Duration::from_secs(2),
            function_update: Duration::from_secs(2),
            event_retry: Duration::from_secs(60),
            state_machine_deletion: Duration::from_secs(10),
        }
    }
}

impl Default for Delays {
    fn default() -> Delays {
        Delays::all(Duration::from_millis(50))
    }
}

/// How executions wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Time {
    /// A Wait of 30 s takes 30 s.
    #[default]
    Real,
    /// An execution that has nothing to do but wait jumps to the end of the wait; its timestamps tell the jumped
    /// time. Functions, and tasks that wait for a token, run in real time.
    Virtual,
}

/// Receives a record of each call.
pub type CallLog = Arc<dyn Fn(&CallRecord) + Send + Sync>;

/// One served call. Its `Display` is one line: `lambda:CreateFunction 201 3 ms`.
#[derive(Debug, Clone)]
pub struct CallRecord {
    /// The service's prefix in IAM actions, such as `states`.
    pub service: String,
    pub operation: String,
    pub status: u16,
    /// AWS's error code, where the call was refused.
    pub error: Option<&'static str>,
    pub duration: Duration,
    /// What the caller needed for it, where callers have a policy: `iam:PassRole on arn:aws:iam::…`.
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

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
