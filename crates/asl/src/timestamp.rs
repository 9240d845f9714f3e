use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat};

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z: the precision of Step Functions.
///
/// Not `jiff::Timestamp`, which ends at 9999-12-30T22:00:00Z. The language takes RFC 3339 times up to the end of that
/// year, and definitions use `9999-12-31T23:59:59Z` for "never".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The end of the year 9999, the last time that AWS can represent.
    pub(crate) const LAST: Self = Self(253_402_300_799_999);

    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Without the fraction of its last second.
    pub(crate) fn whole_seconds(self) -> Self {
        Self(self.0.div_euclid(1000).saturating_mul(1000))
    }

    /// Parses an RFC 3339 date and time as Wait and Choice states require it: with an upper-case `T`, and `Z` or an
    /// offset. Everything else is rejected.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        // `chrono` also takes lower-case letters and leap seconds.
        let is_leap = text.get(17..19) == Some("60");
        if text.as_bytes().get(10) != Some(&b'T') || text.ends_with('z') || is_leap {
            return None;
        }
        let parsed = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(parsed.timestamp_millis()))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, wait: Duration) -> Self {
        let millis = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }
}

/// `2026-01-02T03:04:05.678Z`, as in the context object, or `2026-01-02T03:04:05Z`: "When a timestamp has zero fractional
/// seconds, Step Functions removes the trailing zeros". Source:
/// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::from_timestamp_millis(self.0) {
            Some(time) => {
                let format = match self.0 % 1000 {
                    0 => SecondsFormat::Secs,
                    _ => SecondsFormat::Millis,
                };
                f.write_str(&time.to_rfc3339_opts(format, true))
            }
            None => write!(f, "{} ms", self.0),
        }
    }
}

/// A field in seconds as a duration. Negative seconds count as zero; fractions are kept.
pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    /// As Java reads an ISO 8601 extended offset date-time, which is what the causes of a Wait ask for.
    #[test]
    fn what_is_a_timestamp() {
        let millis = |text: &str| Timestamp::parse_rfc3339(text).map(Timestamp::as_millis);
        let noon = millis("2016-12-05T12:00:00Z");
        assert_eq!(noon, Some(1_480_939_200_000));
        for same in [
            "2016-12-05T12:00:00.000Z",
            "2016-12-05T12:00:00.0001Z",
            "2016-12-05T12:00:00+00:00",
            "2016-12-05T12:00:00-00:00",
            "2016-12-05T17:30:00+05:30",
            "2016-12-04T23:00:00.000000000-13:00",
        ] {
            assert_eq!(millis(same), noon, "{same}");
        }
        for other in [
            "2016-12-05",
            "2016-12-05 12:00:00Z",
            "2016-12-05t12:00:00Z",
            "2016-12-05T12:00:00z",
            "2016-12-05T12:00:00",
            "2016-12-05T12:00:00+01",
            "2016-12-05T12:00:00+0100",
            "2016-12-05T12:00:60Z",
            "2016-12-05T24:00:00Z",
            "2016-13-05T12:00:00Z",
            "2016-02-30T12:00:00Z",
            "",
            "ä",
        ] {
            assert_eq!(millis(other), None, "{other}");
        }
    }

    #[test]
    fn the_last_second_of_the_year_9999_is_a_timestamp() {
        let text = "9999-12-31T23:59:59.999Z";
        let last = Timestamp::parse_rfc3339(text);
        assert_eq!(last, Some(Timestamp::LAST));
        assert_eq!(Timestamp::LAST.to_string(), text);
        let later = Timestamp::parse_rfc3339("9999-12-31T23:59:59-10:00");
        assert!(later > last);
    }
}
