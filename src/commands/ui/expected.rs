//! What a test can expect of the output of an execution, and what of its documents nobody can read. Pure.

use serde_json::Value;

use crate::commands::toml_text::key;
use crate::world::MASK;

/// What another execution puts out as well: not the ids and times of a call, which stand beside its result, nor the version
/// that it reached.
pub(super) fn repeatable(output: &Value) -> Value {
    match output {
        Value::Object(fields) => {
            let is_answer = fields.contains_key("SdkHttpMetadata");
            let of_call = ["SdkHttpMetadata", "SdkResponseMetadata", "ExecutedVersion"];
            let kept = fields.iter();
            let kept = kept.filter(|(name, _)| !(is_answer && of_call.contains(&name.as_str())));
            kept.map(|(name, value)| (name.clone(), repeatable(value)))
                .collect()
        }
        Value::Array(items) => items.iter().map(repeatable).collect(),
        other => other.clone(),
    }
}

/// A document without what is masked in it, whose places are added to `masked`; `None` if nothing can be left out of it. Of an
/// object any member can, since a test expects no others; of an array no item can.
pub(super) fn readable(document: &Value, path: &str, masked: &mut Vec<String>) -> Option<Value> {
    match document {
        Value::Object(fields) => {
            let mut kept = serde_json::Map::new();
            for (name, value) in fields {
                let path = format!("{path}.{}", key(name));
                if name.contains(MASK) {
                    masked.push(path);
                } else if let Some(value) = readable(value, &path, masked) {
                    kept.insert(name.clone(), value);
                }
            }
            Some(Value::Object(kept))
        }
        Value::Array(items) => {
            let mut inside = Vec::new();
            let items = items.iter().enumerate();
            let items =
                items.map(|(at, item)| readable(item, &format!("{path}[{at}]"), &mut inside));
            let items: Option<Vec<Value>> = items.collect();
            match items {
                Some(items) => {
                    masked.append(&mut inside);
                    Some(Value::Array(items))
                }
                None => {
                    masked.push(path.to_owned());
                    None
                }
            }
        }
        Value::String(text) if text.contains(MASK) => {
            masked.push(path.to_owned());
            None
        }
        other => Some(other.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_masked_is_left_out_and_named() {
        let document = json!({
            "a": 1, "b c": { "key": "a ***" }, "***": 2,
            "lines": [{ "id": 1, "raw": "***" }], "texts": ["x", "***"],
        });
        let mut masked = Vec::new();
        let left = readable(&document, "output", &mut masked);
        let expected = json!({ "a": 1, "b c": {}, "lines": [{ "id": 1 }] });
        assert_eq!(left, Some(expected));
        masked.sort();
        let places = [
            "output.\"***\"",
            "output.\"b c\".key",
            "output.lines[0].raw",
            "output.texts",
        ];
        assert_eq!(masked, places);
        assert_eq!(readable(&json!("***"), "output", &mut masked), None);
    }
}
