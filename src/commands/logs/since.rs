//! A point in time, as the user types it.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

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
}

impl FromStr for Since {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ago = humantime::parse_duration(text).map(Self::Ago);
        let at = || {
            let time = Timestamp::try_from(humantime::parse_rfc3339_weak(text).ok()?);
            Some(Self::At(time.unwrap_or(Timestamp::MAX)))
        };
        ago.ok().or_else(at).ok_or(
            "neither a time ago such as `10m`, `2h` or `1d`, nor a UTC time such as `2026-01-31T12:00:00Z`"
        )
    }
}

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
        assert_eq!(time("2026-01-31T12:00:00Z"), Ok(now));
        assert_eq!(time("9999999999h"), Ok(Timestamp::UNIX_EPOCH));
        for text in ["yesterday", "10", "", "2026-01-31"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
