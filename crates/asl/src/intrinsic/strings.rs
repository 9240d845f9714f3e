use serde_json::Value;

use super::call::{Outcome, text};

/// Splits at any of the characters of the separator, and drops empty parts.
pub(super) fn split(arguments: &[Value]) -> Outcome {
    let parts = parts(text(arguments, 0)?, text(arguments, 1)?);
    Ok(Value::Array(parts.map(Value::from).collect()))
}

pub(super) fn parts<'t>(whole: &'t str, separators: &'t str) -> impl Iterator<Item = &'t str> {
    let parts = whole.split(|c| separators.contains(c));
    parts.filter(|part| !part.is_empty())
}
