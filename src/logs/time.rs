//! Points in time as CloudWatch Logs counts them: in milliseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(super) fn of_millis(millis: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

pub(super) fn millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// How far two points in time lie apart.
pub(super) fn apart(one: SystemTime, other: SystemTime) -> Duration {
    let back = || other.duration_since(one).unwrap_or_default();
    one.duration_since(other).unwrap_or_else(|_| back())
}
