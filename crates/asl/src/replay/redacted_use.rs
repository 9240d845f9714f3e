//! Whether a state decides or computes with data that was redacted.

use std::collections::BTreeSet;

use serde_json::Value;

use super::redacted::{REDACTED_TEXT, is_redacted};

/// Whether the definition of a state names redacted data of its input or of a variable otherwise than to pass it on.
pub(super) fn computes_with_redacted(state: &Value, input: &Value, variables: &[Value]) -> bool {
    let mut redacted = Redacted::default();
    redacted_names(input, None, &mut redacted);
    for variable in variables {
        redacted_names(variable, None, &mut redacted);
    }
    let Redacted { values, names } = redacted;
    let decides = matches!(state["Type"].as_str(), Some("Choice" | "Wait"));
    !values.is_empty() && is_used(state, &values, decides)
        || !names.is_empty() && is_used(state, &names, true)
}

/// The names of members.
#[derive(Default)]
struct Redacted<'a> {
    /// In which redacted values are.
    values: BTreeSet<&'a str>,
    /// In which fields have redacted names: no path leads to these any more.
    names: BTreeSet<&'a str>,
}

fn redacted_names<'a>(value: &'a Value, name: Option<&'a str>, redacted: &mut Redacted<'a>) {
    match value {
        Value::Array(items) => {
            for item in items {
                redacted_names(item, name, redacted);
            }
        }
        Value::Object(fields) => {
            for (inner, field) in fields {
                if inner.contains(REDACTED_TEXT) {
                    redacted.names.extend(name);
                }
                redacted_names(field, Some(inner), redacted);
            }
        }
        value if is_redacted(value) => redacted.values.extend(name),
        _ => {}
    }
}

/// The states inside are asked by themselves.
const INNER: [&str; 3] = ["Branches", "ItemProcessor", "Iterator"];

fn is_used(field: &Value, names: &BTreeSet<&str>, decides: bool) -> bool {
    match field {
        Value::String(text) => {
            (decides || computes(text)) && names.iter().any(|name| mentions(text, name))
        }
        Value::Array(items) => items.iter().any(|item| is_used(item, names, decides)),
        Value::Object(fields) => { fields.iter() }
            .filter(|(name, _)| !INNER.contains(&name.as_str()))
            .any(|(_, field)| is_used(field, names, decides)),
        _ => false,
    }
}

/// Whether an expression is more than a path.
fn computes(text: &str) -> bool {
    let expression = text
        .strip_prefix("{%")
        .and_then(|text| text.strip_suffix("%}"));
    match expression {
        Some(expression) => {
            let plain = |c: char| c.is_alphanumeric() || "_.$".contains(c);
            !expression.trim().chars().all(plain)
        }
        None => text.starts_with("States.") || text.contains("[?"),
    }
}

fn mentions(text: &str, name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !before.is_some_and(word) && !after.is_some_and(word)
    })
}
