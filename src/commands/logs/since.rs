//! A point in time, as the user types it.

use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::report::style::rfc3339;

/// A point in time, as the user types it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    Ago(Duration),
    At(Timestamp),
}

impl Since {
    pub fn time(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(ago) => now.checked_sub(ago).unwrap_or(Timestamp::UNIX_EPOCH),
            Self::At(time) => time,
        }
        .max(Timestamp::UNIX_EPOCH)
    }

    /// `in the last 10 minutes`, or since when.
    pub fn words(self) -> String {
        let ago = match self {
            Self::Ago(ago) => ago.as_secs(),
            Self::At(time) => return format!("since {}", rfc3339(time)),
        };
        let units = [
            (86_400, "day"),
            (3_600, "hour"),
            (60, "minute"),
            (1, "second"),
        ];
        let whole = |(size, _): &(u64, &str)| ago >= *size && ago.is_multiple_of(*size);
        match units.into_iter().find(whole) {
            Some((size, unit)) if ago == size => format!("in the last {unit}"),
            Some((size, unit)) => format!("in the last {} {unit}s", ago / size),
            None => "in the last second".to_owned(),
        }
    }

    /// Whether it is less than a day ago.
    pub fn is_recent(self, now: Timestamp) -> bool {
        now.duration_since(self.time(now)) < SignedDuration::from_hours(24)
    }
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ago = humantime::parse_duration(text).map(Self::Ago);
        let at = || {
            let time = humantime::parse_rfc3339_weak(&whole(text)).ok()?;
            Some(Self::At(
                Timestamp::try_from(time).unwrap_or(Timestamp::MAX),
            ))
        };
        ago.ok().or_else(at).ok_or(
            "neither a time ago such as `10m`, `2h` or `1d`, nor a UTC time such as `2026-01-31`, `2026-01-31 12:00` or `2026-01-31T12:00:00Z`"
        )
    }
}

/// A UTC time as lists show it, which may be a day, with what it leaves out.
fn whole(text: &str) -> String {
    let text = text.strip_suffix("UTC").map_or(text, str::trim_end);
    match text.len() {
        DAY => format!("{text} 00:00:00"),
        MINUTE => format!("{text}:00"),
        _ => text.to_owned(),
    }
}

const DAY: usize = "2026-01-31".len();
const MINUTE: usize = "2026-01-31 12:00".len();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_a_duration_or_as_a_date() {
        let now = Timestamp::UNIX_EPOCH + Duration::from_secs(1_769_860_800);
        let time = |text: &str| Since::from_str(text).map(|since| since.time(now));
        for (text, seconds) in [("10m", 600), ("2h", 7_200), ("1d", 86_400)] {
            assert_eq!(time(text), Ok(now - Duration::from_secs(seconds)), "{text}");
        }
        for text in [
            "2026-01-31T12:00:00Z",
            "2026-01-31 12:00",
            "2026-01-31 12:00 UTC",
            "2026-01-31T12:00",
        ] {
            assert_eq!(time(text), Ok(now), "{text}");
        }
        for text in ["2026-01-31", "2026-01-31 UTC"] {
            assert_eq!(time(text), Ok(now - Duration::from_secs(43_200)), "{text}");
        }
        assert_eq!(time("9999999999h"), Ok(Timestamp::UNIX_EPOCH));
        for (text, words) in [
            ("10m", "in the last 10 minutes"),
            ("60m", "in the last hour"),
            ("90m", "in the last 90 minutes"),
            ("2d", "in the last 2 days"),
            ("90s", "in the last 90 seconds"),
            ("0s", "in the last second"),
            ("2026-01-31T12:00:00Z", "since 2026-01-31T12:00:00.000Z"),
        ] {
            let since = Since::from_str(text).map(Since::words);
            assert_eq!(since.as_deref(), Ok(words), "{text}");
        }
        let recent = |text| Since::from_str(text).map(|since: Since| since.is_recent(now));
        assert_eq!(recent("23h"), Ok(true));
        assert_eq!(recent("1d"), Ok(false));
        for text in ["yesterday", "10", "", "2026-01-32", "2026-01-31 12", "UTC"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
