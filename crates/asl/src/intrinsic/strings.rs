use serde_json::Value;

use super::arguments::{Returned, text};

/// Splits at each character of the separator, and drops empty parts.
pub(super) fn split(arguments: &[Value]) -> Returned {
    let whole = text(arguments, 0)?;
    let separators = text(arguments, 1)?;
    let parts = whole.split(|c| separators.contains(c));
    let parts = parts.filter(|part| !part.is_empty()).map(Value::from);
    Ok(Value::Array(parts.collect()))
}
