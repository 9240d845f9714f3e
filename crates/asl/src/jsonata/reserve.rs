//! The memory that a call needs, calculated before the call.

use jsonata_core::evaluator::{EvaluatorError, HostFnResult};
use jsonata_core::functions::string::build_regex;
use jsonata_core::value::{JValue, with_stack};

use crate::budget::{Budget, Exhausted};

const VALUE: usize = size_of::<JValue>();
/// A separate string: the value, and the counters next to the text.
const STRING: usize = VALUE + 2 * size_of::<usize>();
/// A field of an object, with a name of typical length.
const FIELD: usize = 100;
/// An object with a few fields.
const OBJECT: usize = 400;
/// The maximum length of a number as text.
const NUMBER: usize = 32;

/// The function that [`super::guard`] adds to expressions. Its arguments are the name of the operation and the
/// arguments of that.
pub(super) fn reserve(budget: &Budget, arguments: &[JValue]) -> HostFnResult {
    let (Some(JValue::String(what)), [_, given @ ..]) = (arguments.first(), arguments) else {
        return Ok(JValue::Undefined);
    };
    take(budget, what, given).map_err(evaluation_ended)?;
    Ok(given.last().cloned().unwrap_or(JValue::Undefined))
}

pub(super) fn evaluation_ended(exhausted: Exhausted) -> EvaluatorError {
    EvaluatorError::EvaluationError(format!("The evaluation was ended: {exhausted}"))
}

fn take(budget: &Budget, what: &str, given: &[JValue]) -> Result<(), Exhausted> {
    match (what, given) {
        // Whatever the evaluator itself rejects needs no memory.
        ("..", [JValue::Number(first), JValue::Number(last)]) => {
            budget.take(count((last - first + 1.0) * f64_of(VALUE)))
        }
        ("pad", _) => {
            let width = given.iter().find_map(JValue::as_f64).unwrap_or_default();
            budget.take(texts(given).saturating_add(count(width.abs() * 4.0)))
        }
        ("join", [JValue::Array(items), rest @ ..]) => {
            budget.step(items.len())?;
            let separators = items.len().saturating_mul(texts(rest));
            budget.take(texts(items).saturating_add(separators))
        }
        ("split", [JValue::String(text), by, ..]) => {
            let parts = matches(text, by) + 1;
            budget.take(text.len() + parts * STRING)
        }
        ("match", [JValue::String(text), by, ..]) => {
            budget.take(text.len() + matches(text, by).saturating_mul(OBJECT))
        }
        ("replace", [JValue::String(text), by, with, ..]) => {
            let found = matches(text, by);
            let with = with.as_str().unwrap_or_default();
            // `$1` stands for a part of a match, and all matches together are no longer than the text.
            let groups = with.matches('$').count().saturating_mul(text.len());
            let made = found.saturating_mul(with.len()).saturating_add(groups);
            budget.take(text.len().saturating_add(made))
        }
        ("formatNumber" | "formatInteger" | "fromMillis" | "toMillis", _) => {
            // Roman numerals have an M for each thousand, and pictures contain widths.
            let roman = match given.first().and_then(JValue::as_f64) {
                Some(number) if what == "formatInteger" => count(number.abs() / 1000.0),
                _ => 0,
            };
            let pictures = given.iter().filter_map(JValue::as_str);
            let widths = pictures.map(numbers_in).fold(roman, usize::saturating_add);
            budget.take(
                texts(given)
                    .saturating_mul(8)
                    .saturating_add(widths.saturating_mul(4)),
            )
        }
        // Each item carries everything that is bound along with it.
        ("@", [value]) => {
            let items = value.as_array().map_or(1, Vec::len);
            budget.step(items)?;
            budget.take(items.saturating_mul(OBJECT))
        }
        // It compares each item with every other.
        ("distinct", [JValue::Array(items)]) => {
            budget.step(items.len().saturating_mul(items.len()) / 16)?;
            budget.take(items.len() * 2 * VALUE)
        }
        ("[" | "append" | "reverse" | "shuffle", _) => {
            let items = given
                .iter()
                .map(|value| value.as_array().map_or(1, Vec::len));
            budget.take(items.sum::<usize>().saturating_mul(VALUE))
        }
        ("keys" | "merge" | "spread", _) => {
            let fields: usize = given.iter().map(fields).sum();
            let each = if what == "spread" { OBJECT } else { FIELD };
            budget.step(fields)?;
            budget.take(fields.saturating_mul(each))
        }
        ("string", [value, JValue::Bool(true)]) => pretty(budget, value, 0),
        ("string", _) => given.iter().try_for_each(|value| text_of(budget, value)),
        // Strings from strings, with at most three bytes for one.
        _ => budget.take(texts(given).saturating_mul(3)),
    }
}

/// Takes what the text of a value needs. Values share parts, so the text can be much larger than the value.
fn text_of(budget: &Budget, value: &JValue) -> Result<(), Exhausted> {
    with_stack(|| match value {
        JValue::String(text) => budget.take(text.len()),
        JValue::Array(items) => items.iter().try_for_each(|item| text_of(budget, item)),
        JValue::Object(map) => map.iter().try_for_each(|(key, item)| {
            budget.take(key.len())?;
            text_of(budget, item)
        }),
        _ => budget.take(NUMBER),
    })
}

/// The same for an indented text.
fn pretty(budget: &Budget, value: &JValue, depth: usize) -> Result<(), Exhausted> {
    with_stack(|| {
        budget.take(2 * depth)?;
        match value {
            JValue::Array(items) => items
                .iter()
                .try_for_each(|item| pretty(budget, item, depth + 1)),
            JValue::Object(map) => map.iter().try_for_each(|(key, item)| {
                budget.take(key.len())?;
                pretty(budget, item, depth + 1)
            }),
            value => text_of(budget, value),
        }
    })
}

/// The number of matches of a text or a regular expression.
fn matches(text: &str, by: &JValue) -> usize {
    match by {
        JValue::String(by) => text.matches(&**by).count(),
        JValue::Regex { pattern, flags } => match build_regex(pattern, flags) {
            Ok(regex) => regex.find_iter(text).count(),
            Err(_) => 0,
        },
        // A matcher function may match at each byte.
        _ => text.len(),
    }
}

/// The number of fields of an object, or of the objects in a list.
fn fields(value: &JValue) -> usize {
    match value {
        JValue::Object(map) => map.len(),
        JValue::Array(items) => items
            .iter()
            .map(|item| match item {
                JValue::Object(map) => map.len(),
                _ => 1,
            })
            .sum(),
        _ => 1,
    }
}

fn texts(values: &[JValue]) -> usize {
    values.iter().filter_map(JValue::as_str).map(str::len).sum()
}

/// The sum of the numbers in a text.
fn numbers_in(text: &str) -> usize {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    let numbers = runs.filter(|run| !run.is_empty());
    numbers
        .map(|run| run.parse().unwrap_or(usize::MAX))
        .fold(0, usize::saturating_add)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates"
)]
fn count(number: f64) -> usize {
    number as usize
}

#[expect(clippy::cast_precision_loss, reason = "small")]
fn f64_of(number: usize) -> f64 {
    number as f64
}
