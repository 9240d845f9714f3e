//! Points in time as AWS gives them, which is to the millisecond.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use serde::Serializer;

use crate::report::style;

pub(super) fn time(date: &DateTime) -> SystemTime {
    style::since_1970(date.as_secs_f64())
}

/// From one point in time to a later one. Clocks that disagree give nothing.
pub fn between(start: SystemTime, end: SystemTime) -> Duration {
    end.duration_since(start).unwrap_or_default()
}

pub(super) fn rfc3339<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&style::rfc3339(*time))
}

pub(super) fn optional_rfc3339<S: Serializer>(
    time: &Option<SystemTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => rfc3339(time, serializer),
        None => serializer.serialize_none(),
    }
}
