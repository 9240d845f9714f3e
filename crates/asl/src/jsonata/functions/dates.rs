//! Functions that write and read dates and numbers by picture.

use super::super::dates::{Date, Format, PICTURE, format, looks_like, parse, parse_iso};
use super::super::evaluate::Evaluator;
use super::super::fault::Fault;
use super::super::value::Value;
use super::arguments::{number, required, text};

pub(super) fn format_integer(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(value) = number(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let format = Format::of(required(text(arguments, 1)?)?)?;
    let formatted = format.write(value.floor(), evaluator.host.budget)?;
    evaluator.text(formatted)
}

/// What the picture cannot read is not a number.
pub(super) fn parse_integer(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(value) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let format = Format::of(required(text(arguments, 1)?)?)?;
    evaluator.host.budget.step(value.len())?;
    format.read(value).map(Value::Number)
}

pub(super) fn from_millis(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(millis) = number(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    formatted(evaluator, millis, &arguments[1..])
}

pub(super) fn now(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let millis = current(evaluator);
    formatted(evaluator, millis, arguments)
}

pub(super) fn millis(evaluator: &mut Evaluator<'_>, _: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Number(current(evaluator)))
}

/// The time at which the state was entered.
fn current(evaluator: &Evaluator<'_>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "before the year 9999")]
    let millis = evaluator.host.now.as_millis() as f64;
    millis
}

fn formatted(evaluator: &Evaluator<'_>, millis: f64, arguments: &[Value]) -> Result<Value, Fault> {
    let picture = text(arguments, 0)?.map_or(PICTURE, |picture| &**picture);
    let zone = text(arguments, 1)?;
    let formatted = format(
        evaluator.host.budget,
        millis,
        picture,
        zone.map(|zone| &**zone),
    )?;
    evaluator.text(formatted)
}

pub(super) fn to_millis(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(timestamp) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let millis = match text(arguments, 1)? {
        Some(picture) => {
            let now = Date::new(current(evaluator));
            parse(timestamp, picture, now, evaluator.host.budget)?
        }
        None if looks_like(timestamp) => Some(parse_iso(timestamp).unwrap_or(f64::NAN)),
        None => return Err(Fault::new("D3110").text("value", timestamp)),
    };
    Ok(millis.map_or(Value::Undefined, Value::Number))
}
