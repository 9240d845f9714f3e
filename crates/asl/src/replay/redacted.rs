//! What stands for values that were redacted, and how they are replaced.

use serde_json::{Map, Value};

/// What stands for a text that was redacted, also inside a longer one.
pub const REDACTED_TEXT: &str = "[redacted]";

/// What stands for a number: one that nobody counts to, so that comparisons and calculations still meet a number.
pub const REDACTED_NUMBER: u64 = 7_777_777_777_777_777;

/// What stands for a boolean. No boolean could be told from one that was recorded.
const REDACTED_BOOLEAN: &str = "[redacted] boolean";

/// The document that a text holds, if it holds more than a scalar.
pub(super) fn document_in(value: &Value) -> Option<Value> {
    let text = value.as_str()?;
    let document = text.trim_start().starts_with(['{', '[', '"']);
    let document = document.then(|| serde_json::from_str::<Value>(text).ok());
    document.flatten()
}

/// Gives fields other names; two that become the same are numbered. Returns whether any got one.
pub fn rename(
    fields: &mut Map<String, Value>,
    mut renamed: impl FnMut(&str) -> Option<String>,
) -> bool {
    let names: Vec<Option<String>> = fields.keys().map(|name| renamed(name)).collect();
    if names.iter().all(Option::is_none) {
        return false;
    }
    let before = std::mem::take(fields);
    for ((name, value), renamed) in before.into_iter().zip(names) {
        let Some(renamed) = renamed else {
            fields.insert(name, value);
            continue;
        };
        let numbered = (2..).map(|number| format!("{renamed} {number}"));
        let mut names = std::iter::once(renamed.clone()).chain(numbered);
        if let Some(free) = names.find(|name| !fields.contains_key(name)) {
            fields.insert(free, value);
        }
    }
    true
}

/// Whether a value, or a part of it, was redacted. Of an object or an array, its members are asked instead.
pub(super) fn is_redacted(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(REDACTED_TEXT),
        Value::Number(number) => number.as_u64() == Some(REDACTED_NUMBER),
        _ => false,
    }
}

pub(super) fn mark(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) => *value = REDACTED_BOOLEAN.into(),
        Value::Number(_) => *value = REDACTED_NUMBER.into(),
        Value::String(_) => *value = REDACTED_TEXT.into(),
        Value::Array(items) => items.iter_mut().for_each(mark),
        Value::Object(fields) => fields.values_mut().for_each(mark),
    }
}
