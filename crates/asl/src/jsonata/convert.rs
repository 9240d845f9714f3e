use jsonata_core::value::{JArray, JValue, with_stack};
use serde_json::{Map, Number, Value};

use crate::budget::{Budget, ENTRY, Exhausted};

/// A copy for the evaluator. Its numbers are 64-bit floats, as in JSONata.
pub(super) fn to_jsonata(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(b) => JValue::Bool(*b),
        Value::Number(n) => JValue::from_f64(n.as_f64().unwrap_or(f64::NAN)),
        Value::String(s) => JValue::string(s.as_str()),
        Value::Array(items) => JValue::Array(JArray::new(items.iter().map(to_jsonata).collect())),
        Value::Object(map) => JValue::object(
            map.iter()
                .map(|(key, value)| (key.clone(), to_jsonata(value)))
                .collect(),
        ),
    }
}

/// The JSON of a result, or `None` if it is or contains something that is not JSON.
///
/// Values share parts, JSON does not: the JSON can be much larger than the value.
pub(super) fn to_json(value: &JValue, budget: &Budget) -> Result<Option<Value>, Exhausted> {
    with_stack(|| {
        budget.take(size_of::<Value>())?;
        Ok(match value {
            JValue::Null => Some(Value::Null),
            JValue::Bool(b) => Some(Value::Bool(*b)),
            JValue::Number(n) => number(*n),
            JValue::String(s) => {
                budget.take(s.len())?;
                Some(Value::String(s.to_string()))
            }
            JValue::Array(items) => {
                let items = items.iter().map(|item| to_json(item, budget));
                let items: Option<Vec<Value>> = items.collect::<Result<_, _>>()?;
                items.map(Value::Array)
            }
            JValue::Object(map) => {
                let fields = map.iter().map(|(key, value)| {
                    budget.take(ENTRY + key.len())?;
                    let value = to_json(value, budget)?;
                    Ok(value.map(|value| (key.clone(), value)))
                });
                let map: Option<Map<String, Value>> = fields.collect::<Result<_, Exhausted>>()?;
                map.map(Value::Object)
            }
            _ => None,
        })
    })
}

/// Integers that a float represents exactly are written without a fraction.
fn number(n: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if n.fract() == 0.0 && n.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Some(Value::Number(Number::from(n as i64)));
    }
    Number::from_f64(n).map(Value::Number)
}
