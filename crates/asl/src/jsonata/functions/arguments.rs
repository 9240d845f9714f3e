//! Arguments of a function. A signature has checked them, unless the function is applied in part: then, what
//! jsonata-js would do with a wrong type ends with an exception of JavaScript.

use std::sync::Arc;

use super::super::fault::Fault;
use super::super::value::{Array, Value};
use crate::count::of_count;

pub(super) fn argument(arguments: &[Value], index: usize) -> &Value {
    arguments.get(index).unwrap_or(&Value::Undefined)
}

fn wrong() -> Fault {
    Fault::internal("An argument has a type that the function cannot handle")
}

/// A text, or nothing.
pub(super) fn text(arguments: &[Value], index: usize) -> Result<Option<&Arc<str>>, Fault> {
    match argument(arguments, index) {
        Value::Undefined => Ok(None),
        Value::String(text) => Ok(Some(text)),
        _ => Err(wrong()),
    }
}

pub(super) fn number(arguments: &[Value], index: usize) -> Result<Option<f64>, Fault> {
    match argument(arguments, index) {
        Value::Undefined => Ok(None),
        value => value.as_number().map(Some).ok_or_else(wrong),
    }
}

pub(super) fn list(arguments: &[Value], index: usize) -> Result<Option<&Array>, Fault> {
    match argument(arguments, index) {
        Value::Undefined => Ok(None),
        Value::Array(array) => Ok(Some(array)),
        _ => Err(wrong()),
    }
}

/// An argument that must be there.
pub(super) fn required<T>(argument: Option<T>) -> Result<T, Fault> {
    argument.ok_or_else(wrong)
}

pub(super) fn index(number: usize) -> Value {
    Value::Number(of_count(number))
}
