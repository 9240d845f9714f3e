//! Time: the clock of a server, and instants in AWS's formats. All instants are milliseconds since 1970.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use tokio::time::Instant;

pub(crate) type Millis = u64;

/// Where a server's time comes from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    /// When the clock was made, and what it showed then. `None` for the system's clock.
    follows: Option<(Instant, Millis)>,
}

impl Clock {
    /// The system's clock.
    pub const SYSTEM: Clock = Clock { follows: None };

    /// A clock that shows `start` now and goes as Tokio's does: if Tokio's time is paused, time is virtual.
    pub fn following_tokio(start: SystemTime) -> Clock {
        Clock {
            follows: Some((Instant::now(), since_1970(start))),
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the only clock of this crate")]
    pub(crate) fn now(self) -> Millis {
        match self.follows {
            Some((made, start)) => start.saturating_add(millis(made.elapsed())),
            None => since_1970(SystemTime::now()),
        }
    }

    /// Whether time may be virtual. Then nothing runs on other threads, whose work takes real time.
    pub(crate) fn is_virtual(self) -> bool {
        self.follows.is_some()
    }

    /// How long until `at`; zero if it has passed.
    pub(crate) fn until(self, at: Millis) -> Duration {
        Duration::from_millis(at.saturating_sub(self.now()))
    }
}

fn since_1970(instant: SystemTime) -> Millis {
    millis(instant.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// A duration in milliseconds.
pub(crate) fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
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

/// What [`compact`] writes.
pub(crate) fn parse_compact(text: &str) -> Option<Millis> {
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    let parsed = time::PrimitiveDateTime::parse(text, form).ok()?;
    Millis::try_from(parsed.assume_utc().unix_timestamp())
        .ok()?
        .checked_mul(1000)
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

/// A date as HTTP or an SDK's text writes it: [`http`], or ISO 8601.
pub(crate) fn parse_date(text: &str) -> Option<Millis> {
    use time::format_description::well_known::{Rfc2822, Rfc3339};
    let gmt = text.replace("GMT", "+0000");
    let parsed = OffsetDateTime::parse(&gmt, &Rfc2822);
    let parsed = parsed
        .or_else(|_| OffsetDateTime::parse(text, &Rfc3339))
        .ok()?;
    Millis::try_from(parsed.unix_timestamp_nanos() / 1_000_000).ok()
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
