//! Time in AWS's formats. All instants are milliseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

pub(crate) type Millis = u64;

pub(crate) fn now() -> Millis {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Millis::try_from(since.as_millis()).unwrap_or(Millis::MAX)
}

/// A duration in milliseconds.
pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// How long until `at`; zero if it has passed.
pub(crate) fn until(at: Millis) -> Duration {
    Duration::from_millis(at.saturating_sub(now()))
}

/// `2026-01-31T12:00:00Z`, as IAM writes it.
pub(crate) fn iam(at: Millis) -> String {
    format(
        at,
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z"),
    )
}

/// `20260131T120000Z`, for the names of files.
pub(crate) fn compact(at: Millis) -> String {
    format(
        at,
        format_description!("[year][month][day]T[hour][minute][second]Z"),
    )
}

/// `2026-01-31T12:00:00.000+0000`, as Lambda writes it.
pub(crate) fn lambda(at: Millis) -> String {
    format(
        at,
        format_description!(
            "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+0000"
        ),
    )
}

/// `2026-01-31T12:00:00.000Z`, as in Step Functions' context object and in Lambda's log lines.
pub(crate) fn iso(at: Millis) -> String {
    format(
        at,
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z"),
    )
}

/// `2026/01/31`, the start of a log stream's name.
pub(crate) fn day(at: Millis) -> String {
    format(at, format_description!("[year]/[month]/[day]"))
}

/// `Sat, 31 Jan 2026 12:00:00 GMT`, as HTTP writes it.
pub(crate) fn http(at: Millis) -> String {
    format(
        at,
        format_description!(
            "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
        ),
    )
}

/// Seconds with a fraction, as the JSON protocols write an instant.
pub(crate) fn seconds(at: Millis) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 stay below 2^53 for 280,000 years"
    )]
    let millis = at as f64;
    millis / 1000.0
}

fn format(at: Millis, format: &[BorrowedFormatItem<'_>]) -> String {
    let nanos = i128::from(at) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .ok()
        .and_then(|instant| instant.format(format).ok())
        // Beyond the year 9999; no clock shows it.
        .unwrap_or_default()
}
