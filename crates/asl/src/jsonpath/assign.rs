use serde_json::{Map, Value};

use super::{JsonPath, Segment};

/// A `ResultPath` that does not fit the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Unable to apply step \"{step}\" to input {input}")]
pub struct ResultPathError {
    step: String,
    input: String,
}

impl JsonPath {
    /// Assigns `value` to the location of this reference path, and creates the objects on the way.
    ///
    /// After an error, `target` is incomplete.
    ///
    /// # Errors
    /// If the path leads through something that is not an object, or past the end of an array.
    pub fn assign(&self, target: &mut Value, value: Value) -> Result<(), ResultPathError> {
        let mut place = target;
        for segment in &self.segments {
            if place.is_null() && matches!(segment, Segment::Name(_)) {
                *place = Value::Object(Map::new());
            }
            place = enter(place, segment)?;
        }
        *place = value;
        Ok(())
    }
}

fn enter<'v>(place: &'v mut Value, segment: &Segment) -> Result<&'v mut Value, ResultPathError> {
    match (place, segment) {
        (Value::Object(map), Segment::Name(name)) => {
            Ok(map.entry(name.as_str()).or_insert(Value::Null))
        }
        (Value::Array(items), Segment::Index(index)) => {
            let at = usize::try_from(*index).ok().filter(|at| *at < items.len());
            match at {
                Some(at) => Ok(&mut items[at]),
                None => Err(misfit(&Value::Array(std::mem::take(items)), segment)),
            }
        }
        (place, _) => Err(misfit(place, segment)),
    }
}

fn misfit(place: &Value, segment: &Segment) -> ResultPathError {
    ResultPathError {
        step: segment.to_string(),
        input: place.to_string(),
    }
}
