//! How long a call may take. The limit of an attempt covers the whole response, so one that comes a
//! byte at a time runs into it.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;

/// For finding out which account the credentials belong to: nothing has begun yet, so a failure is reported early.
pub const IDENTITY: Duration = Duration::from_secs(30);

/// For a call with all its attempts.
const CALL: Duration = Duration::from_secs(300);

/// All calls except the kinds below.
pub(super) fn of_calls() -> TimeoutConfig {
    limits(Duration::from_secs(60), CALL)
}

/// Calls that carry the code of a function: 50 MB, which in 150 s is 2.7 Mbit/s.
pub fn of_uploads() -> TimeoutConfig {
    limits(Duration::from_secs(150), CALL)
}

/// `StartSyncExecution` and `TestState`, which respond when the execution has ended: after 5 minutes at the latest.
pub fn of_executions() -> TimeoutConfig {
    let limit = CALL + Duration::from_secs(30);
    limits(limit, limit)
}

/// Invoke, which responds when the function has ended: after 15 minutes at the latest.
pub fn of_invocations() -> TimeoutConfig {
    let limit = Duration::from_secs(15 * 60 + 30);
    limits(limit, limit)
}

fn limits(attempt: Duration, call: Duration) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(attempt)
        .operation_attempt_timeout(attempt)
        .operation_timeout(call)
        .build()
}

#[cfg(test)]
mod tests;
