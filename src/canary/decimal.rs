//! A number with up to two digits behind the point.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A number of at least 0 with up to two digits behind the point, so that it is read back from text as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "f64")]
pub struct Decimal {
    hundredths: u32,
}

impl Decimal {
    pub const fn hundredths(hundredths: u32) -> Self {
        Self { hundredths }
    }

    pub fn value(self) -> f64 {
        f64::from(self.hundredths) / 100.0
    }
}

impl FromStr for Decimal {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "not a number with at most two digits behind the point";
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        if !is_number(whole) || !is_number(part) {
            return Err(EXPECTED);
        }
        let part = part.trim_end_matches('0');
        let hundredths = match part.len() {
            0 => Some(0),
            1 => part.parse::<u32>().ok().map(|tenths| tenths * 10),
            2 => part.parse().ok(),
            _ => None,
        };
        let whole = whole.parse::<u32>().ok().and_then(|n| n.checked_mul(100));
        let all = whole.zip(hundredths).and_then(|(a, b)| a.checked_add(b));
        all.map(Self::hundredths).ok_or(EXPECTED)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.hundredths / 100, self.hundredths % 100);
        match part {
            0 => write!(f, "{whole}"),
            _ if part.is_multiple_of(10) => write!(f, "{whole}.{}", part / 10),
            _ => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_back_as_it_was_written() {
        for (text, hundredths) in [("2", 200), ("1.5", 150), ("0.05", 5), ("12.34", 1234)] {
            let number = text.parse::<Decimal>();
            assert_eq!(number, Ok(Decimal::hundredths(hundredths)), "{text}");
            assert_eq!(number.map(|number| number.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("1.500".parse(), Ok(Decimal::hundredths(150)));
        for text in ["", ".5", "1.", "-1", "1.255", "1e3", "99999999999"] {
            assert!(text.parse::<Decimal>().is_err(), "{text}");
        }
    }
}
