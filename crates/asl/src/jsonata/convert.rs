use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};

use super::number;
use super::stack::grown;
use super::value::Value;
use crate::budget::{Budget, ENTRY, Exhausted};

/// The greatest integer up to which a float represents each.
const EXACT: i64 = 9_007_199_254_740_992;

/// A copy for the evaluator.
pub(super) fn to_value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(number) => number_of(number),
        Json::String(text) => Value::string(text.as_str()),
        Json::Array(items) => {
            Value::array(items.iter().map(|item| grown(|| to_value(item))).collect())
        }
        Json::Object(map) => Value::object(
            map.iter()
                .map(|(key, value)| (Arc::from(key.as_str()), grown(|| to_value(value)))),
        ),
    }
}

/// Step Functions keeps an integer of 64 bits as it is, and everything else is a float.
pub(super) fn number_of(number: &Number) -> Value {
    match number.as_i64() {
        Some(whole) if whole.abs_diff(0) > EXACT.abs_diff(0) => Value::Long(whole),
        _ => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
    }
}

/// The JSON of a result, or `None` if it is or contains a function.
///
/// Values share parts, JSON does not: the JSON can be much larger than the value.
pub(super) fn to_json(value: &Value, budget: &Budget) -> Result<Option<Json>, Exhausted> {
    budget.take(size_of::<Json>())?;
    Ok(match value {
        Value::Null | Value::Undefined => Some(Json::Null),
        Value::Bool(b) => Some(Json::Bool(*b)),
        Value::Number(number) => Some(json_number(*number)),
        Value::Long(number) => Some(Json::from(*number)),
        Value::String(text) => {
            budget.take(text.len())?;
            Some(Json::String(text.to_string()))
        }
        Value::Array(array) => {
            let items = array
                .items()
                .iter()
                .map(|item| grown(|| to_json(item, budget)));
            let items: Option<Vec<Json>> = items.collect::<Result<_, _>>()?;
            items.map(Json::Array)
        }
        Value::Object(object) => {
            let fields = object.iter().filter(|(_, value)| !value.is_undefined());
            let fields = fields.map(|(key, value)| {
                budget.take(ENTRY + key.len())?;
                let value = grown(|| to_json(value, budget))?;
                Ok(value.map(|value| (key.to_string(), value)))
            });
            let map: Option<Map<String, Json>> = fields.collect::<Result<_, Exhausted>>()?;
            map.map(Json::Object)
        }
        Value::Function(_) | Value::Thunk(_) => None,
    })
}

/// Integers that a float represents exactly are written without a fraction, and what JSON has no number for is a text:
/// `"Infinity"`.
fn json_number(number: f64) -> Json {
    #[expect(clippy::cast_precision_loss, reason = "a power of two")]
    let exact = number.abs() <= EXACT as f64;
    if number.fract() == 0.0 && exact {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Json::from(number as i64);
    }
    Number::from_f64(number).map_or_else(|| Json::String(number::text(number)), Json::Number)
}
