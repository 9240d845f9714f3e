//! The functions that Step Functions adds, as measured on AWS: which arguments are errors, and which give nothing.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::super::evaluate::Evaluator;
use super::super::fault::{Fault, Limit};
use super::super::value::{Flags, Value};
use super::arguments::argument;
use crate::budget::{Budget, ENTRY, Exhausted};
use crate::count::count;
use crate::hash::hexadecimal;

/// The most numbers that `$range` gives on AWS.
const MAX_RANGE: f64 = 360_145.0;

fn wrong_argument(name: &str, index: usize) -> Fault {
    Fault::new("T0410")
        .token(name)
        .part("index", index.to_string())
}

/// Refuses the first argument that is too many.
fn at_most(arguments: &[Value], most: usize, name: &str) -> Result<(), Fault> {
    match argument(arguments, most) {
        Value::Undefined => Ok(()),
        _ => Err(wrong_argument(name, most + 1)),
    }
}

/// A number without its fraction.
fn whole(arguments: &[Value], index: usize, name: &str) -> Result<f64, Fault> {
    let number = argument(arguments, index).as_number();
    number
        .map(f64::trunc)
        .ok_or_else(|| wrong_argument(name, index + 1))
}

fn failed(message: &str) -> Fault {
    Fault::new("D3137").part("message", message)
}

/// `$partition(list, size)`: the list in parts of this size.
pub(super) fn partition(
    evaluator: &mut Evaluator<'_>,
    arguments: &[Value],
) -> Result<Value, Fault> {
    const NAME: &str = "partition";
    at_most(arguments, 2, NAME)?;
    let items = match argument(arguments, 0) {
        Value::Undefined => return Ok(Value::Undefined),
        Value::Array(array) => array.items(),
        _ => return Err(Fault::new("T0412").token(NAME).part("index", "1")),
    };
    let size = match argument(arguments, 1) {
        Value::Undefined => items.len(),
        _ => {
            let size = whole(arguments, 1, NAME)?;
            if size < 0.0 {
                return Err(failed("Second argument must be zero or greater"));
            }
            count(size)
        }
    };
    if items.is_empty() || size == 0 {
        return Ok(Value::Undefined);
    }
    let mut parts = Vec::new();
    for part in items.chunks(size) {
        parts.push(evaluator.list(part.to_vec(), Flags::PLAIN)?);
    }
    evaluator.list(parts, Flags::PLAIN)
}

/// `$range(first, last, step)`: the numbers from the first to the last, inclusive.
pub(super) fn range(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    const NAME: &str = "range";
    at_most(arguments, 3, NAME)?;
    let first = whole(arguments, 0, NAME)?;
    let last = whole(arguments, 1, NAME)?;
    if argument(arguments, 2).is_undefined() {
        return Ok(Value::Undefined);
    }
    let step = whole(arguments, 2, NAME)?;
    let steps = ((last - first) / step).floor();
    if steps.is_nan() || steps < 0.0 || step == 0.0 {
        return Ok(Value::Undefined);
    }
    if steps + 1.0 > MAX_RANGE {
        return Err(Fault::Limit(Limit::Memory));
    }
    let numbers = (0..=count(steps)).map(|at| {
        let at = super::arguments::index(at).as_number().unwrap_or_default();
        Value::Number(first + at * step)
    });
    evaluator.list(numbers.collect(), Flags::SEQUENCE)
}

/// `$hash(text, algorithm)`, in hexadecimal.
pub(super) fn hash(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    const NAME: &str = "hash";
    at_most(arguments, 2, NAME)?;
    let Value::String(text) = argument(arguments, 0) else {
        return Err(wrong_argument(NAME, 1));
    };
    let algorithm = match argument(arguments, 1) {
        Value::Undefined => return Ok(Value::Undefined),
        Value::String(algorithm) => algorithm,
        _ => return Err(wrong_argument(NAME, 2)),
    };
    evaluator.host.budget.step(text.len() / 16)?;
    match hexadecimal(algorithm, text) {
        Some(hash) => evaluator.text(hash),
        None => Err(failed(&format!(
            "Hash algorithm '{algorithm}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"
        ))),
    }
}

/// `$random(seed)`: a number from 0 up to 1, with a seed always the same.
pub(super) fn random(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    const NAME: &str = "random";
    at_most(arguments, 1, NAME)?;
    let number = match argument(arguments, 0) {
        Value::Undefined => evaluator.host.random.fraction(),
        _ => first_double_of_java(whole(arguments, 0, NAME)?),
    };
    Ok(Value::Number(number))
}

/// The first `nextDouble()` of `java.util.Random`, a linear congruential generator of 48 bits.
fn first_double_of_java(seed: f64) -> f64 {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates, as in Java"
    )]
    let mut state = (seed as i64 as u64 ^ MULTIPLIER) & MASK;
    let mut next = |bits: u32| {
        state = state.wrapping_mul(MULTIPLIER).wrapping_add(11) & MASK;
        state >> (48 - bits)
    };
    let bits = (next(26) << 27) + next(27);
    #[expect(clippy::cast_precision_loss, reason = "53 bits")]
    let number = bits as f64 / (1_u64 << 53) as f64;
    number
}

pub(super) fn uuid(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    at_most(arguments, 0, "uuid")?;
    evaluator.text(evaluator.host.random.uuid())
}

/// `$parse(text)`: the value of a JSON text, in which no object has a key twice.
pub(super) fn parse(evaluator: &mut Evaluator<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    const NAME: &str = "parse";
    at_most(arguments, 1, NAME)?;
    let text = match argument(arguments, 0) {
        Value::Undefined => return Ok(Value::Undefined),
        Value::String(text) => text,
        _ => return Err(wrong_argument(NAME, 1)),
    };
    let budget = evaluator.host.budget;
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut exhausted = None;
    let seed = Json {
        budget,
        exhausted: &mut exhausted,
    };
    let parsed = seed
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match (parsed, exhausted) {
        (Ok(value), _) => Ok(value),
        (Err(_), Some(exhausted)) => Err(exhausted.into()),
        (Err(_), None) => Err(failed("Invalid JSON")),
    }
}

/// Reads a value.
struct Json<'b> {
    budget: &'b Budget,
    /// Why reading was ended, unless the text is wrong.
    exhausted: &'b mut Option<Exhausted>,
}

impl Json<'_> {
    fn take<E: serde::de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.budget.take(bytes).map_err(|exhausted| {
            *self.exhausted = Some(exhausted);
            E::custom(exhausted)
        })
    }

    fn inner(&mut self) -> Json<'_> {
        Json {
            budget: self.budget,
            exhausted: self.exhausted,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(super::super::convert::number_of(&value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(super::super::convert::number_of(&value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E: serde::de::Error>(mut self, value: &str) -> Result<Value, E> {
        self.take(value.len() + size_of::<Value>())?;
        Ok(Value::string(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut found = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner())? {
            self.take(size_of::<Value>())?;
            found.push(item);
        }
        Ok(Value::array(found))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Value, A::Error> {
        let mut found: IndexMap<Arc<str>, Value> = IndexMap::new();
        while let Some(key) = fields.next_key::<String>()? {
            self.take(ENTRY + key.len() + size_of::<Value>())?;
            let value = fields.next_value_seed(self.inner())?;
            if found.insert(key.into(), value).is_some() {
                return Err(A::Error::custom("a key is repeated"));
            }
        }
        Ok(Value::object(found))
    }
}

#[cfg(test)]
mod tests {
    use super::first_double_of_java;

    #[test]
    fn a_seed_gives_what_java_gives() {
        // Measured on AWS; also in the documentation of many ports of `java.util.Random`.
        assert_eq!(first_double_of_java(42.0).to_string(), "0.7275636800328681");
    }
}
