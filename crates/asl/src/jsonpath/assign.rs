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
    /// Puts `value` where this reference path points to, making the objects on the way.
    ///
    /// # Errors
    /// Where the way leads through something that is not an object, or past the end of an
    /// array.
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
    let fits = match (&*place, segment) {
        (Value::Object(_), Segment::Name(_)) => true,
        (Value::Array(items), Segment::Index(i)) => {
            usize::try_from(*i).is_ok_and(|i| i < items.len())
        }
        _ => false,
    };
    if !fits {
        let mut step = String::new();
        super::write_segments(std::slice::from_ref(segment), &mut step);
        return Err(ResultPathError {
            step,
            input: place.to_string(),
        });
    }
    match (place, segment) {
        (Value::Array(items), Segment::Index(i)) => {
            Ok(&mut items[usize::try_from(*i).unwrap_or(0)])
        }
        (Value::Object(map), Segment::Name(name)) => {
            Ok(map.entry(name.as_str()).or_insert(Value::Null))
        }
        (place, _) => Ok(place),
    }
}
