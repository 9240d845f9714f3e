//! How long a call may take. The limit of an attempt holds for its whole answer: one that comes a
//! byte at a time is none.

use std::time::Duration;

use aws_config::timeout::TimeoutConfig;

/// For finding out who the credentials speak for: nothing has begun yet, so this is told soon.
pub const IDENTITY: Duration = Duration::from_secs(30);

/// For a call with all that it is tried.
const CALL: Duration = Duration::from_secs(300);

/// Of all calls but the two kinds below.
pub(super) fn of_calls() -> TimeoutConfig {
    limits(Duration::from_secs(60), CALL)
}

/// Of calls that carry the code of a function: 50 MB, which in 150 s is 2.7 Mbit/s.
pub fn of_uploads() -> TimeoutConfig {
    limits(Duration::from_secs(150), CALL)
}

/// Of `StartSyncExecution`, which answers when the execution has ended: after 5 minutes at the latest.
/// It is not tried again after that time, which would start another execution.
pub fn of_executions() -> TimeoutConfig {
    let limit = CALL + Duration::from_secs(30);
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
