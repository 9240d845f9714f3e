//! The context object that a request gives in place of the real one.

use serde_json::{Map, Value};

use super::InvalidTestState;

enum Kind {
    Text,
    Integer,
    Any,
}

/// The fields that the developer guide lists for the context object. Those of `Map` come from the request.
const PARTS: [(&str, &[(&str, Kind)]); 4] = [
    (
        "Execution",
        &[
            ("Id", Kind::Text),
            ("Input", Kind::Any),
            ("Name", Kind::Text),
            ("RoleArn", Kind::Text),
            ("StartTime", Kind::Text),
            ("RedriveCount", Kind::Integer),
            ("RedriveTime", Kind::Text),
        ],
    ),
    (
        "State",
        &[
            ("EnteredTime", Kind::Text),
            ("Name", Kind::Text),
            ("RetryCount", Kind::Integer),
        ],
    ),
    ("StateMachine", &[("Id", Kind::Text), ("Name", Kind::Text)]),
    ("Task", &[("Token", Kind::Text)]),
];

/// The given object, if it has no other fields than a context object has.
pub(super) fn read(text: &str, has_token: bool) -> Result<Value, InvalidTestState> {
    let refused = |what: &str| {
        InvalidTestState::validation(format!("Invalid Context object provided: {what}"))
    };
    let Ok(context) = serde_json::from_str::<Value>(text) else {
        return Err(refused("not valid JSON"));
    };
    let Some(parts) = context.as_object() else {
        return Err(refused("Context must be an object"));
    };
    check(parts).map_err(|what| refused(&what))?;
    if parts.contains_key("Task") && !has_token {
        return Err(refused(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
        ));
    }
    Ok(context)
}

fn check(parts: &Map<String, Value>) -> Result<(), String> {
    for (name, part) in parts {
        if name == "Map" {
            return Err("'Map' field is not supported when mocking a Context object".to_owned());
        }
        let known = { PARTS.iter() }.find(|(known, _)| known == name);
        let (_, known) = known.ok_or_else(|| not_allowed(name))?;
        let fields = part.as_object();
        let fields = fields.ok_or_else(|| format!("{name} must be an object"))?;
        for (field, value) in fields {
            let known = { known.iter() }.find(|(known, _)| known == field);
            let (_, kind) = known.ok_or_else(|| not_allowed(field))?;
            if let Some(expected) = kind.refuses(value) {
                return Err(format!("{name}.{field} must be {expected}"));
            }
        }
    }
    Ok(())
}

fn not_allowed(field: &str) -> String {
    format!("Field '{field}' is not allowed")
}

impl Kind {
    /// What a value should have been.
    fn refuses(&self, value: &Value) -> Option<&'static str> {
        match self {
            Self::Text if !value.is_string() => Some("a string"),
            Self::Integer if value.as_u64().is_none() => Some("an integer"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        let refused = read(text, true).unwrap_err().message;
        let what = refused.strip_prefix("Invalid Context object provided: ");
        what.unwrap_or(&refused).to_owned()
    }

    /// Recorded by AWS on 2025-12-03 for `Map`, an unknown field on both levels, and `State.Name`; the other fields are those
    /// of the developer guide's page on the context object.
    #[test]
    fn only_the_documented_fields_are_accepted() {
        let full = r#"{
            "Execution": { "Id": "i", "Input": [1], "Name": "n", "RoleArn": "r", "StartTime": "t", "RedriveCount": 1, "RedriveTime": "t" },
            "State": { "EnteredTime": "t", "Name": "n", "RetryCount": 2 },
            "StateMachine": { "Id": "i", "Name": "n" },
            "Task": { "Token": "t" }
        }"#;
        let given: Value = serde_json::from_str(full).unwrap();
        assert_eq!(read(full, true), Ok(given.clone()));
        assert_eq!(read("{}", false), Ok(Value::Object(Map::new())));
        for (part, fields) in given.as_object().unwrap() {
            let unknown = serde_json::json!({ part: { "Foo": 1 } }).to_string();
            assert_eq!(refusal(&unknown), "Field 'Foo' is not allowed", "{part}");
            let other = serde_json::json!({ part: "text" }).to_string();
            assert_eq!(refusal(&other), format!("{part} must be an object"));
            for (field, value) in fields.as_object().unwrap() {
                let wrong = serde_json::json!({ part: { field: { "a": 1 } } }).to_string();
                match value {
                    Value::Array(_) => assert!(read(&wrong, true).is_ok()),
                    Value::String(_) => {
                        assert_eq!(refusal(&wrong), format!("{part}.{field} must be a string"));
                    }
                    _ => assert_eq!(
                        refusal(&wrong),
                        format!("{part}.{field} must be an integer")
                    ),
                }
            }
        }
        let map = r#"{ "Map": { "Item": { "Index": 0 } } }"#;
        let unsupported = "'Map' field is not supported when mocking a Context object";
        assert_eq!(refusal(map), unsupported);
        assert_eq!(refusal(r#"{ "Foo": 1 }"#), "Field 'Foo' is not allowed");
        assert_eq!(refusal("[]"), "Context must be an object");
        assert_eq!(refusal("{"), "not valid JSON");
        let token = r#"{ "Task": { "Token": "t" } }"#;
        assert!(
            read(token, false)
                .unwrap_err()
                .message
                .contains("contains 'Task'")
        );
    }
}
