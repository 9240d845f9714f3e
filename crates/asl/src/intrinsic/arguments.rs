//! How functions read their arguments.

use serde_json::Value;

/// The result of a function, or a description of what is wrong with its arguments.
pub(super) type Returned = Result<Value, String>;

/// The argument at `i`, which must be an array.
pub(super) fn array(arguments: &[Value], i: usize) -> Result<&[Value], String> {
    match arguments.get(i) {
        Some(Value::Array(items)) => Ok(items),
        other => Err(expected(i, "an array", other)),
    }
}

/// The argument at `i`, which must be a string.
pub(super) fn text(arguments: &[Value], i: usize) -> Result<&str, String> {
    match arguments.get(i) {
        Some(Value::String(text)) => Ok(text),
        other => Err(expected(i, "a string", other)),
    }
}

/// The argument at `i`, which must be a number. Rounds half up.
pub(super) fn integer(arguments: &[Value], i: usize) -> Result<i64, String> {
    let given = arguments.get(i);
    let Some(number) = given.and_then(Value::as_number) else {
        return Err(expected(i, "a number", given));
    };
    if let Some(integer) = number.as_i64() {
        return Ok(integer);
    }
    let rounded = (number.as_f64().unwrap_or(f64::NAN) + 0.5).floor();
    #[expect(clippy::cast_possible_truncation, reason = "checked to be in range")]
    if rounded.abs() < 9e18 {
        return Ok(rounded as i64);
    }
    Err(expected(i, "an integer of 64 bits", given))
}

pub(super) fn expected(i: usize, what: &str, given: Option<&Value>) -> String {
    match given {
        Some(given) => format!("argument {} must be {what}, but was: {given}", i + 1),
        None => format!("argument {} is missing", i + 1),
    }
}
