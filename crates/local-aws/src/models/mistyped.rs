//! What AWS's JSON services say of a value that is not what it must be.
//!
//! The words are those of services behind Coral, such as `NUMBER_VALUE can not be converted to a String`.

use serde_json::Value;

use super::{Kind, Model, Operation, Shape};

/// About the first such value of an input; `None` if all are as the model has them.
pub(crate) fn mistyped(model: &Model, operation: &Operation, input: &Value) -> Option<String> {
    of(model, operation.input, input)
}

fn of(model: &Model, kind: Kind, value: &Value) -> Option<String> {
    match (kind, model.shape(kind), value) {
        (_, _, Value::Null) | (Kind::Document, ..) => None,
        (_, Some(Shape::Structure(members)), Value::Object(given)) => {
            let mut given = given.iter();
            given.find_map(|(name, value)| {
                let member = members.iter().find(|member| member.wire == name)?;
                of(model, member.kind, value)
            })
        }
        (_, Some(Shape::List { of: kind, .. }), Value::Array(items)) => {
            items.iter().find_map(|item| of(model, *kind, item))
        }
        (_, Some(Shape::Map { of: kind, .. }), Value::Object(entries)) => {
            entries.values().find_map(|value| of(model, *kind, value))
        }
        (_, Some(Shape::List { .. }), Value::Object(_)) | (_, None, Value::Object(_)) => {
            Some("Start of structure or map found where not expected.".to_owned())
        }
        (_, Some(_) | None, Value::Array(_)) => {
            Some("Start of list found where not expected".to_owned())
        }
        (_, Some(Shape::List { .. }), _) => Some("Expected list or null".to_owned()),
        (_, Some(_), _) => Some("Expected null".to_owned()),
        (kind, None, value) => scalar(kind, value),
    }
}

fn scalar(kind: Kind, value: &Value) -> Option<String> {
    let fits = match kind {
        Kind::Text | Kind::Blob => value.is_string(),
        Kind::Integer | Kind::Number => value.is_number(),
        Kind::Time(_) => value.is_number() || value.is_string(),
        Kind::Boolean => value.is_boolean(),
        Kind::Document | Kind::Shape(_) => true,
    };
    if fits {
        return None;
    }
    let found = match value {
        Value::String(_) => "STRING_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        _ => "NUMBER_VALUE",
    };
    let wanted = match kind {
        Kind::Integer => "an Integer",
        Kind::Number => "a Double",
        Kind::Boolean => "a Boolean",
        Kind::Time(_) => "a Date",
        _ => "a String",
    };
    Some(format!("{found} can not be converted to {wanted}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::model;
    use super::*;

    #[test]
    fn a_value_of_another_kind_is_told_in_the_words_of_aws() {
        let sqs = model("sqs").unwrap();
        let say =
            |operation, input: Value| mistyped(sqs, sqs.operation(operation).unwrap(), &input);
        for (operation, input, said) in [
            (
                "CreateQueue",
                json!({ "QueueName": 1 }),
                "NUMBER_VALUE can not be converted to a String",
            ),
            (
                "CreateQueue",
                json!({ "Attributes": { "DelaySeconds": true } }),
                "TRUE_VALUE can not be converted to a String",
            ),
            (
                "SendMessage",
                json!({ "DelaySeconds": "1" }),
                "STRING_VALUE can not be converted to an Integer",
            ),
            (
                "SendMessage",
                json!({ "MessageBody": {} }),
                "Start of structure or map found where not expected.",
            ),
            (
                "SendMessageBatch",
                json!({ "Entries": [{ "Id": [] }] }),
                "Start of list found where not expected",
            ),
            (
                "SendMessageBatch",
                json!({ "Entries": "a" }),
                "Expected list or null",
            ),
            ("CreateQueue", json!({ "tags": 1 }), "Expected null"),
        ] {
            assert_eq!(say(operation, input).as_deref(), Some(said));
        }
        assert_eq!(
            say("CreateQueue", json!({ "QueueName": "q", "More": 1 })),
            None
        );
    }
}
