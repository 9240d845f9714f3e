//! What the comparison leaves out: the heads of HTTP responses, of which only the names are compared.

use serde_json::{Map, Value, json};

/// A recorded value, or a value to compare with it.
pub fn masked(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("SdkHttpMetadata", Value::Object(head)) => head_names(head),
                    ("HttpHeaders" | "Headers", Value::Object(headers)) => names(headers),
                    _ => masked(value),
                };
                (name.clone(), value)
            });
            Value::Object(members.collect())
        }
        _ => value.clone(),
    }
}

/// A value that AWS answered, as recordings are stored: a string that begins with `{` was decoded, one level deep.
pub fn decoded(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with('{') => {
            serde_json::from_str(text).unwrap_or_else(|_| value.clone())
        }
        Value::Array(items) => items.iter().map(decoded).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (name.clone(), decoded(value)));
            Value::Object(members.collect())
        }
        _ => value.clone(),
    }
}

fn head_names(head: &Map<String, Value>) -> Value {
    let members = head.iter().map(|(name, value)| {
        let value = match value {
            Value::Object(headers) => names(headers),
            value => value.clone(),
        };
        (name.clone(), value)
    });
    Value::Object(members.collect())
}

/// The names of headers, which HTTP does not tell apart by their case.
fn names(headers: &Map<String, Value>) -> Value {
    let mut names: Vec<String> = headers
        .keys()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    names.sort();
    json!(names)
}

#[test]
fn of_heads_only_names_are_compared() {
    let head = |names: [&str; 2], value: &str| {
        let headers = Map::from_iter(names.map(|name| (name.to_owned(), json!(value))));
        json!({ "SdkHttpMetadata": { "HttpHeaders": headers, "HttpStatusCode": 200 }, "A": 1 })
    };
    let recorded = masked(&head(["Date", "x-amzn-RequestId"], "a"));
    assert_eq!(recorded, masked(&head(["x-amzn-requestid", "date"], "b")));
    assert_ne!(recorded, masked(&head(["Date", "Server"], "a")));
}

#[test]
fn a_text_that_begins_with_a_brace_is_decoded_once() {
    let found = json!({ "output": "{\"a\": \"{}\"}", "list": "[1]" });
    assert_eq!(
        decoded(&found),
        json!({ "output": { "a": "{}" }, "list": "[1]" })
    );
}
