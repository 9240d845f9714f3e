//! Numbers as JavaScript writes them.

/// `String(number)`.
pub(super) fn text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        }
        .to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    // The shortest digits that read back as the same number: `1.2345e6`.
    let scientific = format!("{:e}", number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits = mantissa.replace('.', "");
    let point = exponent.parse::<i32>().unwrap_or_default() + 1;
    format!("{sign}{}", place_point(&digits, point))
}

/// Writes `0.digits × 10^point`.
fn place_point(digits: &str, point: i32) -> String {
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    match point {
        _ if (count..=21).contains(&point) => format!("{digits}{}", zeros(point - count)),
        1..=21 => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
            format!("{whole}.{fraction}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => {
            let exponent = point - 1;
            let sign = if exponent < 0 { '-' } else { '+' };
            let (first, rest) = digits.split_at(1);
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{first}{dot}{rest}e{sign}{}", exponent.abs())
        }
    }
}

/// `Number(number.toPrecision(15))`.
pub(super) fn rounded_to_15_digits(number: f64) -> f64 {
    if !number.is_finite() || number == 0.0 {
        return number;
    }
    let exact = format!("{:.60e}", number.abs());
    let Some((mantissa, exponent)) = exact.split_once('e') else {
        return number;
    };
    let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let up = digits.get(15).is_some_and(|digit| *digit >= b'5');
    digits.truncate(15);
    let mut exponent: i32 = exponent.parse().unwrap_or_default();
    if up && !increment(&mut digits) {
        digits.insert(0, b'1');
        exponent += 1;
    }
    let digits = String::from_utf8(digits).unwrap_or_default();
    let (first, rest) = digits.split_at(1);
    let rounded: f64 = format!("{first}.{rest}e{exponent}")
        .parse()
        .unwrap_or(number);
    rounded.copysign(number)
}

/// Adds one to decimal digits. `false` if all were 9, and are 0 now.
fn increment(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return true;
        }
        *digit = b'0';
    }
    false
}

/// `number.toFixed(places)` of a number that is not negative.
pub(super) fn fixed(number: f64, places: usize) -> String {
    if !number.is_finite() || number >= 1e21 {
        return text(number);
    }
    // The exact value has at most 1,074 decimal places, so nothing is rounded here.
    let exact = format!("{number:.1100}");
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes().take(places)).collect();
    let up = fraction
        .as_bytes()
        .get(places)
        .is_some_and(|digit| *digit >= b'5');
    if up && !increment(&mut digits) {
        digits.insert(0, b'1');
    }
    let digits = String::from_utf8(digits).unwrap_or_default();
    match digits.len().checked_sub(places) {
        Some(point) if places > 0 => format!("{}.{}", &digits[..point], &digits[point..]),
        _ => digits,
    }
}

/// `number.toString(radix)` of a whole number.
pub(super) fn in_radix(number: f64, radix: u32) -> String {
    if radix == 10 || !number.is_finite() {
        return text(number);
    }
    let base = f64::from(radix);
    let mut rest = number.abs();
    let mut digits = Vec::new();
    // Digits that a float does not have are written as 0.
    while rest >= 9_007_199_254_740_992.0 {
        rest /= base;
        digits.push('0');
    }
    rest = rest.trunc();
    loop {
        let digit = rest % base;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "less than 36"
        )]
        digits.push(char::from_digit(digit as u32, radix).unwrap_or('0'));
        rest = (rest - digit) / base;
        if rest <= 0.0 {
            break;
        }
    }
    if number < 0.0 {
        digits.push('-');
    }
    digits.into_iter().rev().collect()
}

/// `Math.round(number)`: halves go up.
pub(super) fn round_half_up(number: f64) -> f64 {
    let below = number.floor();
    let rounded = if number - below >= 0.5 {
        below + 1.0
    } else {
        below
    };
    rounded.copysign(if rounded == 0.0 { number } else { rounded })
}

/// `parseInt(text)`: the digits at the start.
pub(super) fn parse_int(text: &str) -> f64 {
    let text = text.trim_start();
    let (sign, rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) if text.starts_with('-') => (-1.0, rest),
        Some(rest) => (1.0, rest),
        None => (1.0, text),
    };
    let hexadecimal = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"));
    let (digits, radix) = match hexadecimal {
        Some(digits) => (digits, 16),
        None => (rest, 10),
    };
    let end = digits.find(|c: char| !c.is_digit(radix));
    let digits = &digits[..end.unwrap_or(digits.len())];
    match radix {
        _ if digits.is_empty() => f64::NAN,
        10 => sign * digits.parse().unwrap_or(f64::NAN),
        _ => {
            sign * digits.chars().fold(0.0, |sum, c| {
                sum * 16.0 + f64::from(c.to_digit(16).unwrap_or(0))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_javascript() {
        for (number, expected) in [
            (1.0, "1"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e-6, "0.0000015"),
            (1.5e-7, "1.5e-7"),
            (123_456.789, "123456.789"),
            (-1e300, "-1e+300"),
        ] {
            assert_eq!(text(number), expected);
        }
    }

    #[test]
    fn rounding_to_15_digits_takes_a_half_up() {
        assert_eq!(text(rounded_to_15_digits(0.1 + 0.2)), "0.3");
        assert_eq!(
            text(rounded_to_15_digits(100_000_000_000_000.5)),
            "100000000000001"
        );
        assert_eq!(
            text(rounded_to_15_digits(9_223_372_036_854_775_807.0)),
            "9223372036854780000"
        );
    }

    #[test]
    fn places_radixes_and_halves() {
        assert_eq!(fixed(1.005, 2), "1.00");
        assert_eq!(fixed(0.5, 0), "1");
        assert_eq!(fixed(1234.5, 3), "1234.500");
        assert_eq!(in_radix(255.0, 16), "ff");
        assert_eq!(in_radix(-5.0, 2), "-101");
        assert_eq!(text(round_half_up(-2.5)), "-2");
        assert_eq!(text(parse_int("12px")), "12");
        assert_eq!(text(parse_int("-0x1F")), "-31");
    }
}
