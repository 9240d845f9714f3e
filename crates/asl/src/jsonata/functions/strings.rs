use super::super::evaluate::{Evaluator, text_of};
use super::super::fault::Fault;
use super::super::sizes::text_of_length;
use super::super::value::Value;
use super::arguments::{argument, index, list, number, required, text};
use crate::count::count;

pub(super) fn string(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let value = argument(arguments, 0);
    let indent = matches!(argument(arguments, 1), Value::Bool(true));
    match value {
        Value::Undefined => Ok(Value::Undefined),
        Value::String(_) => Ok(value.clone()),
        Value::Array(array) if array.flags.outer && array.len() > 0 => {
            let text = text_of(&array.items()[0], indent, evaluator.host.budget)?;
            evaluator.text(text)
        }
        Value::Array(_) | Value::Object(_) if indent => {
            let text = text_of(value, true, evaluator.host.budget)?;
            evaluator.text(text)
        }
        value => {
            let text = evaluator.string(value)?;
            evaluator.text(text)
        }
    }
}

pub(super) fn length(_: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    Ok(index(text.chars().count()))
}

pub(super) fn substring(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let mut start = number(arguments, 1)?.unwrap_or(f64::NAN);
    let characters: Vec<char> = text.chars().collect();
    evaluator.host.budget.step(characters.len())?;
    #[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
    let length = characters.len() as f64;
    if length + start < 0.0 {
        start = 0.0;
    }
    let end = match number(arguments, 2)? {
        Some(wanted) if wanted <= 0.0 => return Ok(Value::string("")),
        Some(wanted) if start >= 0.0 => start + wanted,
        Some(wanted) => length + start + wanted,
        None => length,
    };
    // As `slice` of JavaScript: what is negative counts from the end.
    let place = |at: f64| {
        let at = if at.is_nan() { 0.0 } else { at.trunc() };
        count(if at < 0.0 {
            (length + at).max(0.0)
        } else {
            at.min(length)
        })
    };
    let (start, end) = (place(start), place(end));
    let part = characters.get(start..end).unwrap_or_default();
    evaluator.text(part.iter().collect())
}

/// What a text is searched for. JavaScript takes nothing for the word.
fn wanted(arguments: &[Value]) -> Result<&str, Fault> {
    Ok(text(arguments, 1)?.map_or("undefined", |wanted| &**wanted))
}

pub(super) fn substring_before(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    split(evaluator, arguments, |(before, _)| before)
}

pub(super) fn substring_after(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    split(evaluator, arguments, |(_, after)| after)
}

/// One side of what a text is searched for, or all of the text.
fn split(
    evaluator: &Evaluator<'_>,
    arguments: &[Value],
    side: impl for<'t> Fn((&'t str, &'t str)) -> &'t str,
) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    match text.split_once(wanted(arguments)?) {
        Some(sides) => evaluator.text(side(sides).to_owned()),
        None => Ok(argument(arguments, 0).clone()),
    }
}

pub(super) fn lowercase(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    changed(evaluator, arguments, str::to_lowercase)
}

pub(super) fn uppercase(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    changed(evaluator, arguments, str::to_uppercase)
}

fn changed(
    evaluator: &Evaluator<'_>,
    arguments: &[Value],
    change: fn(&str) -> String,
) -> Result<Value, Fault> {
    match text(arguments, 0)? {
        Some(text) => evaluator.text(change(text)),
        None => Ok(Value::Undefined),
    }
}

pub(super) fn trim(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let words = text
        .split([' ', '\t', '\n', '\r'])
        .filter(|word| !word.is_empty());
    evaluator.text(words.collect::<Vec<_>>().join(" "))
}

pub(super) fn pad(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(text) = text(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let width = required(number(arguments, 1)?)?;
    let with = self::text(arguments, 2)?.map_or(" ", |with| &**with);
    let with = if with.is_empty() { " " } else { with };
    #[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
    let missing = width.abs() - text.chars().count() as f64;
    if missing.is_nan() || missing <= 0.0 {
        return Ok(argument(arguments, 0).clone());
    }
    if missing.fract() != 0.0 || missing >= f64::from(u32::MAX) {
        return Err(Fault::internal("Invalid array length"));
    }
    let missing = count(missing);
    text_of_length(missing)?;
    evaluator.host.budget.take(missing)?;
    let padding: String = with.chars().cycle().take(missing).collect();
    evaluator.text(if width > 0.0 {
        format!("{text}{padding}")
    } else {
        format!("{padding}{text}")
    })
}

pub(super) fn join(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let Some(list) = list(arguments, 0)? else {
        return Ok(Value::Undefined);
    };
    let separator = text(arguments, 1)?.map_or("", |separator| &**separator);
    let mut joined = String::new();
    for (at, item) in list.items().iter().enumerate() {
        evaluator.host.budget.step(1)?;
        if at > 0 {
            joined.push_str(separator);
        }
        joined.push_str(required(item.as_str())?);
        text_of_length(joined.len())?;
    }
    evaluator.text(joined)
}
