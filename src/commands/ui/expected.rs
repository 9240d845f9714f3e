//! What a test can expect of the output of an execution, and what of its documents nobody can read. Pure.

use serde_json::{Map, Value};

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

/// A document without what is masked in it, whose places are added to `masked`; `None` if nothing can be left out of it.
pub(super) fn readable(document: &Value, path: &str, masked: &mut Vec<String>) -> Option<Value> {
    let unwanted = Unwanted {
        member: &|_, name| name.contains(MASK),
        text: &|text| text.contains(MASK),
    };
    unwanted.left_out(document, path, masked)
}

/// A document without what the services make up anew for each execution, such as the ARN of an execution that a state started. The
/// places of that are added to `varying`.
pub(super) fn constant(
    document: &Value,
    execution_arn: &str,
    varying: &mut Vec<String>,
) -> Option<Value> {
    let unwanted = Unwanted {
        member: &is_made_up,
        text: &|text| text.contains(execution_arn),
    };
    unwanted.left_out(document, "output", varying)
}

/// Whether a service makes up a member of its answer.
fn is_made_up(answer: &Map<String, Value>, name: &str) -> bool {
    let has = |names: &[&str]| names.iter().all(|name| answer.contains_key(*name));
    let names: &[&str] = if has(&["ExecutionArn", "StartDate"]) {
        &[
            "ExecutionArn",
            "Name",
            "RedriveDate",
            "StartDate",
            "StateMachineVersionArn",
            "StopDate",
        ]
    } else if has(&["MessageId", "SdkHttpMetadata"]) {
        &["MessageId", "SequenceNumber"]
    } else {
        &[]
    };
    names.contains(&name)
}

/// What a test cannot expect.
struct Unwanted<'a> {
    /// Of an object, by the name of the member.
    member: &'a dyn Fn(&Map<String, Value>, &str) -> bool,
    text: &'a dyn Fn(&str) -> bool,
}

impl Unwanted<'_> {
    /// Of an object any member can be left out, since a test expects no others; of an array no item can.
    fn left_out(&self, document: &Value, path: &str, places: &mut Vec<String>) -> Option<Value> {
        match document {
            Value::Object(fields) => {
                let mut kept = Map::new();
                for (name, value) in fields {
                    let path = format!("{path}.{}", key(name));
                    if (self.member)(fields, name) {
                        places.push(path);
                    } else if let Some(value) = self.left_out(value, &path, places) {
                        kept.insert(name.clone(), value);
                    }
                }
                Some(Value::Object(kept))
            }
            Value::Array(items) => {
                let mut inside = Vec::new();
                let items = items.iter().enumerate();
                let items = items
                    .map(|(at, item)| self.left_out(item, &format!("{path}[{at}]"), &mut inside));
                let items: Option<Vec<Value>> = items.collect();
                match items {
                    Some(items) => {
                        places.append(&mut inside);
                        Some(Value::Array(items))
                    }
                    None => {
                        places.push(path.to_owned());
                        None
                    }
                }
            }
            Value::String(text) if (self.text)(text) => {
                places.push(path.to_owned());
                None
            }
            other => Some(other.clone()),
        }
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

    #[test]
    fn what_a_service_makes_up_is_left_out_and_named() {
        let arn = "arn:aws:states:eu-west-1:1:execution:shop-dev:17";
        let document = json!({
            "child": {
                "ExecutionArn": "arn:child", "Name": "c7de", "StartDate": 1, "StopDate": 2, "Status": "SUCCEEDED",
                "Input": format!("{{\"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID\":\"{arn}\"}}"), "Output": { "paid": true },
            },
            "sent": [{ "MessageId": "m", "MD5OfMessageBody": "5", "SdkHttpMetadata": {} }],
            // Those of the workflow itself.
            "order": { "Name": "Ada", "MessageId": "mine", "StartDate": "2026-01-31" },
        });
        let mut varying = Vec::new();
        let left = constant(&document, arn, &mut varying);
        let expected = json!({
            "child": { "Status": "SUCCEEDED", "Output": { "paid": true } },
            "sent": [{ "MD5OfMessageBody": "5", "SdkHttpMetadata": {} }],
            "order": { "Name": "Ada", "MessageId": "mine", "StartDate": "2026-01-31" },
        });
        assert_eq!(left, Some(expected));
        varying.sort();
        let places = [
            "output.child.ExecutionArn",
            "output.child.Input",
            "output.child.Name",
            "output.child.StartDate",
            "output.child.StopDate",
            "output.sent[0].MessageId",
        ];
        assert_eq!(varying, places);
        assert_eq!(constant(&json!(arn), arn, &mut varying), None);
    }
}
