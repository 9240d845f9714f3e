use super::super::evaluate::{Evaluator, shown};
use super::super::fault::Fault;
use super::super::number as js;
use super::super::value::Value;
use super::arguments::{argument, list, number as number_of, required};

/// The numbers of a list; nothing if there is no list.
fn numbers(arguments: &[Value]) -> Result<Option<Vec<f64>>, Fault> {
    let Some(list) = list(arguments, 0)? else {
        return Ok(None);
    };
    let numbers = list.items().iter().map(|item| required(item.as_number()));
    numbers.collect::<Result<_, _>>().map(Some)
}

fn of(number: Option<f64>) -> Result<Value, Fault> {
    Ok(number.map_or(Value::Undefined, Value::Number))
}

pub(super) fn sum(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    of(numbers(arguments)?.map(|numbers| numbers.iter().fold(0.0, |sum, number| sum + number)))
}

pub(super) fn max(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    of(numbers(arguments)?.and_then(|numbers| numbers.into_iter().reduce(f64::max)))
}

pub(super) fn min(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    of(numbers(arguments)?.and_then(|numbers| numbers.into_iter().reduce(f64::min)))
}

pub(super) fn average(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let numbers = numbers(arguments)?.filter(|numbers| !numbers.is_empty());
    #[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
    of(numbers
        .map(|numbers| numbers.iter().fold(0.0, |sum, number| sum + number) / numbers.len() as f64))
}

pub(super) fn abs(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    of(number_of(arguments, 0)?.map(f64::abs))
}

pub(super) fn floor(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    of(number_of(arguments, 0)?.map(f64::floor))
}

pub(super) fn ceil(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    of(number_of(arguments, 0)?.map(f64::ceil))
}

pub(super) fn sqrt(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    match number_of(arguments, 0)? {
        Some(number) if number < 0.0 => Err(Fault::new("D3060").value(argument(arguments, 0))),
        number => of(number.map(f64::sqrt)),
    }
}

pub(super) fn power(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(base) = number_of(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let exponent = number_of(arguments, 1)?.unwrap_or(f64::NAN);
    // JavaScript differs from IEEE 754 in this.
    let undefined = exponent.is_nan() || (base.abs() - 1.0 == 0.0 && exponent.is_infinite());
    let result = if undefined {
        f64::NAN
    } else {
        base.powf(exponent)
    };
    if !result.is_finite() {
        let fault = Fault::new("D3061").value(argument(arguments, 0));
        return Err(fault.part("exp", shown(argument(arguments, 1))));
    }
    Ok(Value::Number(result))
}

pub(super) fn round(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let precision = number_of(arguments, 1)?;
    of(number_of(arguments, 0)?.map(|number| rounded(number, precision.unwrap_or(0.0))))
}

/// Halves are rounded to the even neighbour.
pub(super) fn rounded(number: f64, precision: f64) -> f64 {
    let scaled = shifted(number, precision);
    let mut result = js::round_half_up(scaled);
    let half = (result - scaled).abs() - 0.5 == 0.0;
    if half && (result % 2.0).abs() - 1.0 == 0.0 {
        result -= 1.0;
    }
    let result = shifted(result, -precision);
    if result == 0.0 { 0.0 } else { result }
}

/// Moves the decimal point of the number as it is written.
fn shifted(number: f64, places: f64) -> f64 {
    if places == 0.0 || places.is_nan() {
        return number;
    }
    let written = js::text(number);
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let exponent = exponent.parse::<f64>().unwrap_or_default() + places;
    if exponent.fract() != 0.0 || !number.is_finite() {
        return f64::NAN;
    }
    format!("{mantissa}e{exponent}").parse().unwrap_or(f64::NAN)
}

pub(super) fn format_base(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(number) = number_of(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let radix = rounded(number_of(arguments, 1)?.unwrap_or(10.0), 0.0);
    if !(2.0..=36.0).contains(&radix) {
        return Err(Fault::new("D3100").value(&Value::Number(radix)));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "from 2 to 36"
    )]
    evaluator.text(js::in_radix(rounded(number, 0.0), radix as u32))
}

pub(super) fn number(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    Ok(match argument(arguments, 0) {
        value @ (Value::Undefined | Value::Number(_) | Value::Long(_)) => value.clone(),
        Value::Bool(value) => Value::Number(f64::from(u8::from(*value))),
        value @ Value::String(text) => match decimal(text).or_else(|| in_other_base(text)) {
            Some(number) => Value::Number(number),
            None => return Err(Fault::new("D3030").value(value)),
        },
        value => return Err(Fault::new("D3030").value(value)),
    })
}

/// A number as in JSON, where zeros in front are allowed.
fn decimal(text: &str) -> Option<f64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent_fits = exponent
        .is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)));
    if !digits(whole) || !fraction.is_none_or(digits) || !exponent_fits {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `0x1f`, `0o17` and `0b11`. What looks like one of them is not a number if there is more.
fn in_other_base(text: &str) -> Option<f64> {
    let digits_after = |text: &str, prefixes: [&str; 2], radix: u32| {
        let rest = prefixes
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))?;
        let digits = rest.chars().take_while(|c| c.is_digit(radix)).count();
        (digits > 0).then(|| {
            let whole = digits == rest.chars().count();
            let value = rest.chars().filter_map(|c| c.to_digit(radix));
            let value = value.fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit));
            if whole { value } else { f64::NAN }
        })
    };
    if let Some(number) = digits_after(text, ["0x", "0X"], 16) {
        return Some(number);
    }
    let trimmed = text.trim();
    let octal = digits_after(trimmed, ["0o", "0O"], 8);
    let binary = digits_after(trimmed, ["0b", "0B"], 2);
    let somewhere = |prefixes: [&str; 2], radix: u32, at_end: bool| {
        prefixes.iter().any(|prefix| {
            text.match_indices(prefix).any(|(at, _)| {
                let rest = &text[at + 2..];
                let digits = rest.chars().take_while(|c| c.is_digit(radix)).count();
                digits > 0 && (!at_end || digits == rest.chars().count())
            })
        })
    };
    let looks = somewhere(["0o", "0O"], 8, false) || somewhere(["0b", "0B"], 2, true);
    looks.then(|| octal.or(binary).unwrap_or(f64::NAN))
}
