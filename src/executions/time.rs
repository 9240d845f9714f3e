//! Points in time, as an execution shows them.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serializer;

use crate::report::style;

/// From one point in time to a later one. Clocks that disagree give nothing.
pub fn between(start: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(start)).unwrap_or_default()
}

pub(crate) fn rfc3339<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&style::rfc3339(*time))
}

pub(crate) fn optional_rfc3339<S: Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}
