//! Inputs and outputs, which AWS keeps as text.

use serde::{Serialize as _, Serializer};
use serde_json::Value;

/// An input or output is JSON; what is not, such as one that AWS cut off, stays text.
pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// As the JSON that the text holds, not as a string.
pub(super) fn as_json<S: Serializer>(
    text: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    text.as_deref().map(json).serialize(serializer)
}
