//! How long things take in a local AWS.

use std::time::Duration;

/// How long AWS's background operations take. Not zero by default, since a client that does not wait must fail here as
/// it would in production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delays {
    /// From a role's creation until a service can assume it.
    pub role_propagation: Duration,
    /// From CreateFunction until the function is `Active`.
    pub function_creation: Duration,
    /// From UpdateFunctionCode or UpdateFunctionConfiguration until `LastUpdateStatus` is `Successful`.
    pub function_update: Duration,
    /// Before a failed event is retried; twice as long before the second and last retry.
    pub event_retry: Duration,
    /// From DeleteStateMachine until the state machine is gone.
    pub state_machine_deletion: Duration,
}

impl Delays {
    /// The same delay for all operations.
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
    /// An execution that only waits skips to the end of the wait; its timestamps include the skipped time. Functions,
    /// and tasks that wait for a token, run in real time.
    Virtual,
}
