//! An output against what is expected to be in it.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// How many equal lines are shown around lines that differ.
const CONTEXT: usize = 3;

/// How `found` differs from `expected`, as a diff. Only what was asked for is compared, so only that is shown.
pub(super) fn difference(expected: &Value, found: &Value) -> Option<String> {
    if is_subset(expected, found) {
        return None;
    }
    let found = restricted(found, expected);
    Some(diff(&format!("{expected:#}\n"), &format!("{found:#}\n")))
}

/// Lines with `-` are expected and missing, lines with `+` are there instead.
pub(super) fn diff(expected: &str, found: &str) -> String {
    let diff = TextDiff::from_lines(expected, found);
    let mut lines = Vec::new();
    for (number, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if number > 0 {
            lines.push("  …".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            lines.push(format!("{sign} {}", change.value().trim_end_matches('\n')));
        }
    }
    lines.join("\n")
}

/// Whether a document has all these parts, by the JSON pointers of where they must be.
pub fn has_parts(parts: &[(String, Value)], document: &Value) -> bool {
    let mut parts = parts.iter();
    parts.all(|(pointer, part)| {
        let found = document.pointer(pointer);
        found.is_some_and(|found| is_subset(part, found))
    })
}

/// Objects may hold more keys than expected; everything else must be equal.
pub(super) fn is_subset(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(key, value)| found.get(key).is_some_and(|found| is_subset(value, found))),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(expected, found)| is_subset(expected, found))
        }
        // 1 and 1.0 are the same number in JSON.
        (Value::Number(expected), Value::Number(found)) => {
            expected == found || expected.as_f64() == found.as_f64()
        }
        _ => expected == found,
    }
}

/// `found` without the keys that `expected` does not name, in the order of `expected`.
fn restricted(found: &Value, expected: &Value) -> Value {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => expected
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), restricted(found.get(key)?, value))))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        (Value::Array(found), Value::Array(expected)) if found.len() == expected.len() => found
            .iter()
            .zip(expected)
            .map(|(found, expected)| restricted(found, expected))
            .collect(),
        _ => found.clone(),
    }
}
