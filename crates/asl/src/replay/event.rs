//! What the events of a recording hold: details, documents, texts and times.

use serde_json::{Value, json};

use crate::{Payload, Timestamp};

/// The event of a redrive.
pub(super) const REDRIVEN: &str = "ExecutionRedriven";

/// The details of an event, whatever its type.
pub(super) fn details(event: &Value) -> &Value {
    let fields = event.as_object().into_iter().flatten();
    let mut details = fields.filter(|(name, _)| name.ends_with("EventDetails"));
    details.next().map_or(&Value::Null, |(_, details)| details)
}

/// A document in an event: its text, or the document itself, as in recordings that people have read.
pub(super) fn payload(value: &Value) -> Option<Payload> {
    match value {
        Value::Null => None,
        Value::String(text) => {
            Some(Payload::from_text(text.as_str()).unwrap_or_else(|_| Payload::from(value.clone())))
        }
        other => Some(Payload::from(other.clone())),
    }
}

/// An error or a cause.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        document => Some(document.to_string()),
    }
}

/// In seconds since 1970, or in RFC 3339 as the AWS CLI prints it. Without a time, all is taken to happen at once.
pub(super) fn time(event: &Value) -> Timestamp {
    let written = &event["timestamp"];
    let seconds = written.as_f64().map(|seconds| {
        #[expect(clippy::cast_possible_truncation, reason = "saturates")]
        Timestamp::from_millis((seconds * 1000.0).round() as i64)
    });
    let parsed = || Timestamp::parse_rfc3339(written.as_str()?);
    seconds.or_else(parsed).unwrap_or_default()
}

/// Lets all documents of a recording be changed: input, outputs, parameters, variables, errors and causes.
pub(super) fn change_documents(recording: &mut Value, change: &mut impl FnMut(&mut Value)) {
    let fields = recording.as_object_mut();
    for (name, value) in fields.into_iter().flatten() {
        if name == "events" {
            for event in value.as_array_mut().into_iter().flatten() {
                let fields = event.as_object_mut().into_iter().flatten();
                let details = fields.filter(|(name, _)| name.ends_with("EventDetails"));
                for (_, details) in details {
                    change_fields(details, change);
                }
            }
        } else if DOCUMENTS.contains(&name.as_str()) {
            change_document(value, change);
        }
    }
}

const DOCUMENTS: [&str; 5] = ["input", "output", "parameters", "error", "cause"];

fn change_fields(details: &mut Value, change: &mut impl FnMut(&mut Value)) {
    for (name, value) in details.as_object_mut().into_iter().flatten() {
        if DOCUMENTS.contains(&name.as_str()) {
            change_document(value, change);
        } else if name == "assignedVariables" {
            // One document, so that a path may name a variable.
            let mut all = json!({});
            for (name, text) in value.as_object().into_iter().flatten() {
                all[name] = payload(text).map_or(Value::Null, Payload::into_value);
            }
            change(&mut all);
            for (name, text) in value.as_object_mut().into_iter().flatten() {
                *text = all[name.as_str()].to_string().into();
            }
        }
    }
}

fn change_document(value: &mut Value, change: &mut impl FnMut(&mut Value)) {
    let parsed = { value.as_str() }.and_then(|text| serde_json::from_str::<Value>(text).ok());
    match parsed {
        Some(mut document) => {
            let before = document.clone();
            change(&mut document);
            if document != before {
                *value = document.to_string().into();
            }
        }
        None => change(value),
    }
}
