//! Arrays in inputs and answers, made longer: where the items of a Map come from.

use serde_json::Value;

use super::asked::success;
use super::fields::Step;
use crate::TaskEnd;

/// An array that a Map may iterate over.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The state that answers with it; `None` if the input has it.
    pub(super) answered_by: Option<String>,
    pub(super) path: Vec<Step>,
}

/// A source with another number of items.
#[derive(Clone, Debug)]
pub(super) struct Scaled {
    pub(super) source: Source,
    pub(super) items: usize,
}

/// How deep arrays are looked for.
const MOST_DEPTH: usize = 8;

/// How many of them are tried for a Map.
const MOST_ARRAYS: usize = 40;

/// The paths of the arrays in a document that have items.
pub(super) fn arrays(value: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    collect(value, &mut Vec::new(), &mut found);
    found
}

fn collect(value: &Value, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    if path.len() > MOST_DEPTH || found.len() >= MOST_ARRAYS {
        return;
    }
    match value {
        Value::Array(items) => {
            let Some(first) = items.first() else {
                return;
            };
            found.push(path.clone());
            path.push(Step::Each);
            collect(first, path, found);
            path.pop();
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                path.push(Step::Member(name.clone()));
                collect(field, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Repeats the items of the array at a path until there are so many.
pub(super) fn scale(value: &mut Value, path: &[Step], count: usize) {
    match (path.split_first(), value) {
        (None, Value::Array(items)) if !items.is_empty() => {
            *items = items.iter().cycle().take(count).cloned().collect();
        }
        (Some((Step::Member(name), rest)), Value::Object(fields)) => {
            if let Some(field) = fields.get_mut(name) {
                scale(field, rest, count);
            }
        }
        (Some((Step::Each, rest)), Value::Array(items)) => {
            items.iter_mut().for_each(|item| scale(item, rest, count));
        }
        _ => {}
    }
}

/// A success with another number of items.
pub(super) fn scaled_answer(end: TaskEnd, state: &str, scaled: &Scaled) -> TaskEnd {
    let answers = scaled.source.answered_by.as_deref() == Some(state);
    match success(&end).filter(|_| answers) {
        Some(success) => {
            let mut value = success.value().clone();
            scale(&mut value, &scaled.source.path, scaled.items);
            TaskEnd::Done(Ok(value.into()))
        }
        None => end,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arrays_are_found_and_made_longer() {
        let mut value = json!({ "a": [{ "b": [1, 2] }], "c": [] });
        let paths = arrays(&value);
        assert_eq!(paths.len(), 2);
        scale(&mut value, &paths[1], 3);
        assert_eq!(value["a"], json!([{ "b": [1, 2, 1] }]));
        scale(&mut value, &paths[0], 2);
        assert_eq!(value["a"].as_array().map(Vec::len), Some(2));
    }
}
