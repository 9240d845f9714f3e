//! Numbers of any size and precision, as texts: a filter compares them exactly.

use std::cmp::Ordering;

/// A number without the zeros at either end of its digits: ± 0.d₁d₂d₃… × 10^`magnitude`.
#[derive(PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    magnitude: i64,
    digits: Vec<u8>,
}

impl Decimal {
    /// The order of two numbers; `None` if one of the texts is not a number.
    pub(super) fn compare(left: &str, right: &str) -> Option<Ordering> {
        Some(Self::parse(left)?.order(&Self::parse(right)?))
    }

    /// Reads what Java's `BigDecimal` reads: `1`, `+1.50`, `.5`, `5.`, `1e-3`.
    fn parse(text: &str) -> Option<Self> {
        let negative = text.starts_with('-');
        let text = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..zeros);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        let shift = i64::try_from(whole.len()).ok()? - i64::try_from(zeros).ok()?;
        let is_zero = digits.is_empty();
        Some(Self {
            negative: negative && !is_zero,
            magnitude: if is_zero {
                0
            } else {
                i64::from(exponent) + shift
            },
            digits,
        })
    }

    fn order(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let size = || {
            let magnitudes = self.magnitude.cmp(&other.magnitude);
            magnitudes.then_with(|| self.digits.cmp(&other.digits))
        };
        match (sign(self), sign(other)) {
            (-1, -1) => size().reverse(),
            (1, 1) => size(),
            (left, right) => left.cmp(&right),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use super::Decimal;

    #[test]
    fn numbers_compare_by_value() {
        for (left, right, order) in [
            ("1", "1.0", Some(Equal)),
            ("10", "1e1", Some(Equal)),
            ("-0", "0.00", Some(Equal)),
            ("9", "10", Some(Less)),
            ("-9", "-10", Some(Greater)),
            (".5", "+0.49", Some(Greater)),
            ("5.", "5", Some(Equal)),
            ("1e999999999", "2", Some(Greater)),
            ("0.1000000000000000055", "0.1", Some(Greater)),
            ("", "1", None),
            (".", "1", None),
            ("1x", "1", None),
            ("1e", "1", None),
        ] {
            assert_eq!(Decimal::compare(left, right), order, "{left} {right}");
        }
    }
}
