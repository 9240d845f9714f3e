//! The parameters of a task as members of the API's model, and the members of an output as a result.
//!
//! Step Functions calls through the AWS SDK for Java, so an `aws-sdk` integration has its names (`DbInstanceIdentifier`,
//! `Md5OfMessageBody`), shows times as it prints an `Instant`, and takes the bytes of a blob for text. Optimized
//! integrations only begin each name with a capital.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value, json};

use crate::clock;
use crate::models::{Kind, Member, Model, Operation, Shape, capitalized};

/// The two kinds of integrations, and what describes a job that an optimized one has waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Optimized,
    Sdk,
    Job,
}

/// An operation in one of the forms.
#[derive(Clone, Copy)]
pub(super) struct Values {
    pub(super) model: &'static Model,
    pub(super) operation: &'static Operation,
    pub(super) form: Form,
}

impl Values {
    /// The members of a request.
    pub(super) fn input(&self, parameters: &Value) -> Value {
        match parameters {
            Value::Object(_) => self.member(self.operation.input, parameters, true),
            _ => json!({}),
        }
    }

    /// The result that is made of an output.
    pub(super) fn result(&self, output: Value) -> Map<String, Value> {
        match self.shown(self.operation.output, output, true) {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// At the top, what should be a text and is not is sent as JSON text; AWS does so with the detail of an event as well.
    fn member(&self, kind: Kind, value: &Value, as_text: bool) -> Value {
        match (kind, self.model.shape(kind), value) {
            (_, Some(Shape::Structure(members)), Value::Object(given)) => {
                let top = kind == self.operation.input;
                let named = given.iter().map(|(name, value)| {
                    let member = members.iter().find(|member| is_named(member, name));
                    match member {
                        Some(member) => {
                            let as_text = top || member.name == "Detail";
                            let value = self.member(member.kind, value, as_text);
                            (member.name.to_owned(), value)
                        }
                        None => (name.clone(), value.clone()),
                    }
                });
                Value::Object(named.collect())
            }
            (_, Some(Shape::List { of, .. }), Value::Array(items)) => { items.iter() }
                .map(|item| self.member(*of, item, false))
                .collect(),
            (_, Some(Shape::Map { of, .. }), Value::Object(entries)) => {
                let entries = entries.iter();
                let entries =
                    entries.map(|(name, value)| (name.clone(), self.member(*of, value, false)));
                Value::Object(entries.collect())
            }
            (_, _, Value::Null) => Value::Null,
            // AWS's documentation does not say so, but workflows in its collection write `"id.$": "$.uuid"`, and read a text.
            (_, Some(Shape::Structure(members)), Value::String(text))
                if self.form == Form::Optimized && is_attribute_value(members) =>
            {
                json!({ "S": text })
            }
            (Kind::Text, _, Value::String(_)) => value.clone(),
            (Kind::Text, ..) if as_text => json!(value.to_string()),
            // The blob is the JSON text of any value, so a text keeps its quotes.
            (Kind::Blob, _, Value::String(_)) if self.form == Form::Optimized => value.clone(),
            (Kind::Blob, ..) => json!(STANDARD.encode(value.to_string())),
            (Kind::Time(_), _, Value::String(text)) => match seconds(text) {
                Some(seconds) => seconds,
                None => value.clone(),
            },
            _ => value.clone(),
        }
    }

    fn shown(&self, kind: Kind, value: Value, top: bool) -> Value {
        match (kind, self.model.shape(kind), value) {
            (_, Some(Shape::Structure(members)), Value::Object(given)) => {
                let given = given.into_iter().filter(|(_, value)| !value.is_null());
                let named = given.map(|(name, value)| {
                    let mut known = members.iter();
                    match known.find(|member| member.name == name) {
                        Some(member) => (self.name(member), self.shown(member.kind, value, top)),
                        None => (capitalized(&name), value),
                    }
                });
                Value::Object(named.collect())
            }
            (_, Some(Shape::List { of, .. }), Value::Array(items)) => { items.into_iter() }
                .map(|item| self.shown(*of, item, false))
                .collect(),
            (_, Some(Shape::Map { of, .. }), Value::Object(entries)) => {
                let entries = entries.into_iter();
                let entries = entries.map(|(name, value)| (name, self.shown(*of, value, false)));
                Value::Object(entries.collect())
            }
            (Kind::Time(_), _, Value::Number(seconds)) => self.time(&seconds),
            (Kind::Blob, _, Value::String(encoded)) => self.blob(encoded, top),
            (_, _, value) => value,
        }
    }

    fn name(&self, member: &Member) -> String {
        match self.form {
            Form::Optimized | Form::Job => capitalized(member.name),
            Form::Sdk => member.java(),
        }
    }

    fn time(&self, seconds: &Number) -> Value {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates"
        )]
        let millis = seconds
            .as_f64()
            .map(|seconds| (seconds * 1000.0).round() as u64);
        match (millis, self.form) {
            (None, _) => Value::Number(seconds.clone()),
            (Some(millis), Form::Sdk) if millis % 1000 == 0 => clock::iam(millis).into(),
            (Some(millis), Form::Job) => millis.into(),
            (Some(millis), _) => clock::iso(millis).into(),
        }
    }

    fn blob(&self, encoded: String, top: bool) -> Value {
        let text = || {
            let bytes = STANDARD.decode(&encoded).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        };
        match self.form {
            Form::Sdk => text().unwrap_or(encoded).into(),
            // The response of a model is shown as the JSON that it is.
            Form::Optimized if top => match text() {
                Some(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
                None => encoded.into(),
            },
            Form::Optimized | Form::Job => encoded.into(),
        }
    }
}

/// The name in Java, which also begins with a capital if that of the model does not, or the name of the model.
fn is_named(member: &Member, name: &str) -> bool {
    member.name == name || member.java() == name || capitalized(member.name) == name
}

/// A time as a number of seconds.
fn seconds(text: &str) -> Option<Value> {
    let at: jiff::Timestamp = text.parse().ok()?;
    let millis = at.as_millisecond();
    Some(match millis % 1000 {
        0 => json!(millis / 1000),
        #[expect(clippy::cast_precision_loss, reason = "a time has less than 53 bits")]
        _ => json!(millis as f64 / 1000.0),
    })
}

/// Whether these are the members of DynamoDB's `AttributeValue`.
fn is_attribute_value(members: &[Member]) -> bool {
    ["S", "BOOL"]
        .iter()
        .all(|name| members.iter().any(|member| member.name == *name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::model;

    fn values(service: &str, operation: &str, form: Form) -> Values {
        let model = model(service).unwrap();
        let operation = model.operation(operation).unwrap();
        Values {
            model,
            operation,
            form,
        }
    }

    fn result(service: &str, operation: &str, form: Form, output: Value) -> Value {
        Value::Object(values(service, operation, form).result(output))
    }

    /// The names are seen in definitions that run on AWS, such as `$.DbInstances[0].DbInstanceStatus`, and
    /// `ChecksumCRC32` in recordings.
    #[test]
    fn results_have_the_names_of_java() {
        let output = json!({ "DBInstances": [{ "DBInstanceStatus": "available" }] });
        let expected = json!({ "DbInstances": [{ "DbInstanceStatus": "available" }] });
        assert_eq!(
            result("rds", "DescribeDBInstances", Form::Sdk, output),
            expected
        );
        let output = json!({ "Item": { "BOOL": { "BOOL": true }, "n": { "NULL": true }, "s": { "SS": ["a"] } } });
        let expected = json!({ "Item": { "BOOL": { "Bool": true }, "n": { "Nul": true }, "s": { "Ss": ["a"] } } });
        let of_sdk = result("dynamodb", "GetItem", Form::Sdk, output.clone());
        assert_eq!(of_sdk, expected);
        assert_eq!(
            result("dynamodb", "GetItem", Form::Optimized, output.clone()),
            output
        );
        let output = json!({ "MD5OfMessageBody": "d", "MessageId": "m" });
        let expected = json!({ "Md5OfMessageBody": "d", "MessageId": "m" });
        assert_eq!(
            result("sqs", "SendMessage", Form::Sdk, output.clone()),
            expected
        );
        assert_eq!(
            result("sqs", "SendMessage", Form::Optimized, output.clone()),
            output
        );
        let output = json!({ "tasks": [{ "taskArn": "t", "cpu": null }] });
        let expected = json!({ "Tasks": [{ "TaskArn": "t" }] });
        for form in [Form::Sdk, Form::Optimized] {
            assert_eq!(result("ecs", "RunTask", form, output.clone()), expected);
        }
    }

    #[test]
    fn times_and_blobs_are_shown_as_text() {
        let output = json!({ "CreatedDate": 1_700_000_000, "ARN": "a", "SecretBinary": "AP8=" });
        let expected = json!({ "CreatedDate": "2023-11-14T22:13:20Z", "Arn": "a", "SecretBinary": "\0\u{fffd}" });
        assert_eq!(
            result("secretsmanager", "GetSecretValue", Form::Sdk, output),
            expected
        );
        let output = json!({ "startDate": 1_700_000_000.25 });
        let expected = json!({ "StartDate": "2023-11-14T22:13:20.250Z" });
        assert_eq!(result("sfn", "StartExecution", Form::Sdk, output), expected);
        let output =
            json!({ "body": STANDARD.encode("{\"a\":1}"), "contentType": "application/json" });
        let expected = json!({ "Body": { "a": 1 }, "ContentType": "application/json" });
        assert_eq!(
            result(
                "bedrockruntime",
                "InvokeModel",
                Form::Optimized,
                output.clone()
            ),
            expected
        );
        let expected = json!({ "Body": "{\"a\":1}", "ContentType": "application/json" });
        assert_eq!(
            result("bedrockruntime", "InvokeModel", Form::Sdk, output),
            expected
        );
    }

    #[test]
    fn parameters_become_members_of_the_model() {
        let input = |service, operation, parameters: Value| {
            values(service, operation, Form::Sdk).input(&parameters)
        };
        assert_eq!(
            input(
                "rds",
                "StopDBInstance",
                json!({ "DbInstanceIdentifier": "d" })
            ),
            json!({ "DBInstanceIdentifier": "d" })
        );
        assert_eq!(
            input(
                "sfn",
                "StartExecution",
                json!({ "StateMachineArn": "m", "Input": { "a": 1 } })
            ),
            json!({ "stateMachineArn": "m", "input": "{\"a\":1}" })
        );
        assert_eq!(
            input(
                "dynamodb",
                "PutItem",
                json!({ "TableName": "t", "Item": { "Bool": { "Bool": true }, "N": { "N": 1 } } })
            ),
            json!({ "TableName": "t", "Item": { "Bool": { "BOOL": true }, "N": { "N": 1 } } })
        );
        assert_eq!(
            input(
                "eventbridge",
                "PutEvents",
                json!({ "Entries": [{ "Detail": { "a": 1 }, "Time": "2023-11-14T22:13:20Z" }] })
            ),
            json!({ "Entries": [{ "Detail": "{\"a\":1}", "Time": 1_700_000_000 }] })
        );
        assert_eq!(
            input("lambda", "Invoke", json!({ "Payload": { "a": 1 } })),
            json!({ "Payload": STANDARD.encode("{\"a\":1}") })
        );
        assert_eq!(
            input("s3", "PutObject", json!({ "Body": "text" })),
            json!({ "Body": STANDARD.encode("\"text\"") })
        );
    }
}
