//! What differs between a recorded value and the one of a replay.

use serde::Serialize;
use serde_json::Value;

use super::redacted::{REDACTED_TEXT, is_redacted};
use crate::Arn;

/// One place at which two documents differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// A JSON path, such as `$.items[2].price`.
    pub path: String,
    /// `None` if the recording has nothing there.
    pub recorded: Option<Value>,
    /// `None` if the replay has nothing there.
    pub replayed: Option<Value>,
}

/// All places at which two documents differ. What is redacted in the recording equals anything.
pub(super) fn differences(root: &str, recorded: &Value, replayed: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(&mut root.to_owned(), recorded, replayed, &mut changes);
    changes
}

fn compare(path: &mut String, recorded: &Value, replayed: &Value, changes: &mut Vec<Change>) {
    match (recorded, replayed) {
        _ if is_redacted(recorded) => {}
        (Value::Object(one), Value::Object(other)) => {
            for (name, value) in one.iter().filter(|(name, _)| !is_redacted_name(name)) {
                at(path, &member(name), |path| match other.get(name) {
                    Some(found) => compare(path, value, found, changes),
                    None => changes.push(change(path, Some(value), None)),
                });
            }
            let new = |name: &str| !one.contains_key(name) && !is_redacted_name(name);
            for (name, value) in other.iter().filter(|(name, _)| new(name)) {
                at(path, &member(name), |path| {
                    changes.push(change(path, None, Some(value)));
                });
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            for index in 0..one.len().max(other.len()) {
                at(path, &format!("[{index}]"), |path| {
                    match (one.get(index), other.get(index)) {
                        (Some(value), Some(found)) => compare(path, value, found, changes),
                        (value, found) => changes.push(change(path, value, found)),
                    }
                });
            }
        }
        _ if same_scalar(recorded, replayed) => {}
        _ => changes.push(change(path, Some(recorded), Some(replayed))),
    }
}

/// What a redacted name was, and so which field it is now, nobody knows.
fn is_redacted_name(name: &str) -> bool {
    name.contains(REDACTED_TEXT)
}

fn same_scalar(recorded: &Value, replayed: &Value) -> bool {
    match (recorded, replayed) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::String(one), Value::String(other)) => same_text(one, other),
        _ => recorded == replayed,
    }
}

/// Whether two texts mean the same: a new release pins another version of the same function, and a cause may be a
/// document, whose spaces do not count.
pub(super) fn same_text(recorded: &str, replayed: &str) -> bool {
    if recorded == replayed || unpinned(recorded) == unpinned(replayed) {
        return true;
    }
    let document = |text: &str| match text.starts_with('{') {
        true => serde_json::from_str::<Value>(text).ok(),
        false => None,
    };
    match (document(recorded), document(replayed)) {
        (Some(one), Some(other)) => differences("$", &one, &other).is_empty(),
        _ => false,
    }
}

/// Whether the same is called. Of a redacted name nobody knows.
pub(super) fn same_resource(recorded: &str, replayed: &str) -> bool {
    recorded == replayed || recorded.contains(REDACTED_TEXT)
}

/// The ARN of a function or a state machine without its version.
pub(crate) fn unpinned(text: &str) -> String {
    match Arn::parse(text) {
        Some(arn) if matches!(arn.service, "lambda" | "states") && arn.qualifier().is_some() => {
            arn.without_qualifier().to_string()
        }
        _ => text.to_owned(),
    }
}

fn change(path: &str, recorded: Option<&Value>, replayed: Option<&Value>) -> Change {
    Change {
        path: path.to_owned(),
        recorded: recorded.cloned(),
        replayed: replayed.cloned(),
    }
}

fn member(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || c == '_';
    match !name.is_empty() && name.chars().all(plain) {
        true => format!(".{name}"),
        false => format!("[{}]", Value::from(name)),
    }
}

fn at(path: &mut String, step: &str, then: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push_str(step);
    then(path);
    path.truncate(length);
}
