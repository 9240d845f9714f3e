//! How a filter compares values of any types.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::decimal::Decimal;
use super::operator::Operator;
use super::pattern::{Pattern, shown};
use super::search::Stop;
use crate::budget::Budget;

/// One side of a comparison.
pub(super) enum Side<'v> {
    Value(Cow<'v, Value>),
    Pattern(&'v Pattern),
}

/// Whether `model`, on the left, compares to `expected`, on the right. Values that cannot be compared compare to nothing,
/// not even with `!=`.
pub(super) fn holds(
    model: &Side<'_>,
    operator: Operator,
    expected: &Side<'_>,
    budget: &Budget,
) -> Result<bool, Stop> {
    if operator == Operator::Matches {
        return matches(model, expected, budget);
    }
    let ordered = !matches!(operator, Operator::Equal | Operator::NotEqual);
    if ordered && expected.is_null() != model.is_null() {
        return Ok(false);
    }
    let Some(order) = compare(expected, model, budget)? else {
        return Ok(false);
    };
    Ok(match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_lt(),
        Operator::GreaterOrEqual => order.is_le(),
        Operator::Less => order.is_gt(),
        Operator::LessOrEqual => order.is_ge(),
        Operator::Matches => false,
    })
}

impl Side<'_> {
    fn is_null(&self) -> bool {
        matches!(self, Self::Value(value) if value.is_null())
    }

    /// The word `null` stands for null, also in the data.
    fn is_nullish(&self) -> bool {
        matches!(self, Self::Value(value) if value.is_null() || value.as_str() == Some("null"))
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Value(Cow::Borrowed(this)), Self::Value(Cow::Borrowed(other))) => {
                std::ptr::eq(*this, *other)
            }
            _ => false,
        }
    }
}

/// The order of two sides; `None` if their types cannot be compared.
fn compare(
    expected: &Side<'_>,
    model: &Side<'_>,
    budget: &Budget,
) -> Result<Option<Ordering>, Stop> {
    if expected.is(model) {
        return Ok(Some(Ordering::Equal));
    }
    match (expected.is_nullish(), model.is_nullish()) {
        (true, true) => return Ok(Some(Ordering::Equal)),
        (true, false) => return Ok(Some(Ordering::Less)),
        (false, true) => return Ok(Some(Ordering::Greater)),
        (false, false) => {}
    }
    let (Side::Value(expected), Side::Value(model)) = (expected, model) else {
        return Ok(None);
    };
    Ok(match (&**expected, &**model) {
        (Value::String(expected), Value::String(model)) => {
            budget.step(expected.len().min(model.len()))?;
            let expected: Cow<'_, str> = match expected.contains('\'') {
                true => expected.replace("\\'", "'").into(),
                false => expected.into(),
            };
            Some(expected.encode_utf16().cmp(model.encode_utf16()))
        }
        (Value::Number(expected), Value::Number(model)) => {
            Decimal::compare(&expected.to_string(), &model.to_string())
        }
        (Value::String(expected), Value::Number(model)) => {
            budget.step(expected.len())?;
            let order = Decimal::compare(expected, &model.to_string());
            Some(order.ok_or_else(|| {
                Stop::Failed(format!(
                    "The number {model} cannot be compared to '{expected}', which is not a number"
                ))
            })?)
        }
        (Value::String(expected), Value::Bool(model)) => {
            Some(expected.eq_ignore_ascii_case("true").cmp(model))
        }
        (Value::Bool(expected), Value::Bool(model)) => Some(expected.cmp(model)),
        _ => None,
    })
}

/// `=~`, with the pattern on either side.
fn matches(model: &Side<'_>, expected: &Side<'_>, budget: &Budget) -> Result<bool, Stop> {
    let (pattern, target) = match (model, expected) {
        (Side::Pattern(pattern), target) | (target, Side::Pattern(pattern)) => (pattern, target),
        (model, expected) => {
            // Without a pattern there is nothing to match, unless there is nothing to match it against either.
            return match expected.is_null() && model.is_null() {
                true => Ok(false),
                false => Err(Stop::Failed(
                    "The operator '=~' needs a pattern, such as /a.*/".to_owned(),
                )),
            };
        }
    };
    let text = match target {
        Side::Value(value) if value.is_null() => return Ok(false),
        Side::Value(value) => {
            budget.take_value(value)?;
            shown(value)
        }
        Side::Pattern(pattern) => pattern.source().to_owned(),
    };
    budget.step(text.len())?;
    pattern.matches(&text).ok_or_else(|| {
        Stop::Failed(format!(
            "The pattern '{}' needs a backtracking engine, which only AWS has",
            pattern.source()
        ))
    })
}
