//! Takes secrets out of a recording, so that it can be kept.

use std::collections::BTreeSet;

use serde_json::Value;

use super::event::change_documents;
use crate::jsonpath::{JsonPath, Root, Segment};

/// What stands for a text that was redacted, also inside a longer one.
pub const REDACTED_TEXT: &str = "[redacted]";

/// What stands for a number: one that nobody counts to, so that comparisons and calculations still meet a number.
pub const REDACTED_NUMBER: u64 = 7_777_777_777_777_777;

/// What stands for a boolean. No boolean could be told from one that was recorded.
const REDACTED_BOOLEAN: &str = "[redacted] boolean";

/// A text of fewer characters is redacted only where a path leads to it: it would be found everywhere.
const SHORTEST: usize = 4;

/// Redacts what the paths find in any document of a recording: input, outputs, parameters and variables. The same text
/// is redacted wherever else it is found, since a state may have moved it.
pub fn redact(recording: &mut Value, paths: &[RedactionPath]) {
    let mut secrets = BTreeSet::new();
    change_documents(recording, &mut |document| {
        for RedactionPath(segments) in paths {
            each(segments, document, &mut |found| {
                collect(found, &mut secrets);
                mark(found);
            });
        }
    });
    // A longer secret may hold a shorter one.
    let mut secrets: Vec<String> = secrets.into_iter().collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    if !secrets.is_empty() {
        change_documents(recording, &mut |document| replace(document, &secrets));
    }
}

/// A path to what is redacted: names, indexes, `[*]` and `..`.
#[derive(Clone, Debug)]
pub struct RedactionPath(Vec<Segment>);

impl RedactionPath {
    /// # Errors
    ///
    /// If it is not a JSON path, does not lead into a document, or has a segment that selects by something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = JsonPath::parse(text).map_err(|error| error.to_string())?;
        let segments = path.segments();
        let plain = |segment: &Segment| {
            let (name, index) = (Segment::Name(String::new()), Segment::Index(0));
            [&name, &index, &Segment::Wildcard, &Segment::Scan]
                .iter()
                .any(|known| std::mem::discriminant(*known) == std::mem::discriminant(segment))
        };
        if *path.root() != Root::Input || segments.is_empty() || !segments.iter().all(plain) {
            return Err("it must consist of `$`, names, indexes, `[*]` and `..`".to_owned());
        }
        Ok(Self(segments.to_vec()))
    }
}

/// Hands over each value that the segments lead to.
fn each(segments: &[Segment], value: &mut Value, then: &mut impl FnMut(&mut Value)) {
    let Some((first, rest)) = segments.split_first() else {
        return then(value);
    };
    match (first, value) {
        (Segment::Name(name), Value::Object(fields)) => {
            if let Some(value) = fields.get_mut(name.as_str()) {
                each(rest, value, then);
            }
        }
        (Segment::Index(index), Value::Array(items)) => {
            let item = usize::try_from(*index).ok();
            if let Some(value) = item.and_then(|index| items.get_mut(index)) {
                each(rest, value, then);
            }
        }
        (Segment::Wildcard, Value::Array(items)) => {
            items.iter_mut().for_each(|item| each(rest, item, then));
        }
        (Segment::Wildcard, Value::Object(fields)) => {
            fields
                .values_mut()
                .for_each(|value| each(rest, value, then));
        }
        (Segment::Scan, value) => {
            each(rest, value, then);
            match value {
                Value::Array(items) => {
                    items.iter_mut().for_each(|item| each(segments, item, then));
                }
                Value::Object(fields) => {
                    { fields.values_mut() }.for_each(|value| each(segments, value, then));
                }
                _ => {}
            }
        }
        _ => {}
    }
}

/// Whether a value, or a part of it, was redacted. Of an object or an array, its members are asked instead.
pub(super) fn is_redacted(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(REDACTED_TEXT),
        Value::Number(number) => number.as_u64() == Some(REDACTED_NUMBER),
        _ => false,
    }
}

fn collect(value: &Value, secrets: &mut BTreeSet<String>) {
    match value {
        _ if is_redacted(value) => {}
        Value::String(text) if text.chars().count() >= SHORTEST => {
            secrets.insert(text.clone());
        }
        Value::Number(number) if number.to_string().len() > SHORTEST => {
            secrets.insert(number.to_string());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, secrets)),
        _ => {}
    }
}

fn mark(value: &mut Value) {
    match value {
        Value::Null => {}
        Value::Bool(_) => *value = REDACTED_BOOLEAN.into(),
        Value::Number(_) => *value = REDACTED_NUMBER.into(),
        Value::String(_) => *value = REDACTED_TEXT.into(),
        Value::Array(items) => items.iter_mut().for_each(mark),
        Value::Object(fields) => fields.values_mut().for_each(mark),
    }
}

/// Replaces the secrets in all texts and numbers, documents in texts included.
fn replace(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => {
            for secret in secrets {
                // In a document inside a text, quotes and such are escaped.
                let quoted = Value::from(secret.as_str()).to_string();
                let escaped = quoted.trim_matches('"');
                for form in [secret.as_str(), escaped] {
                    if text.contains(form) {
                        *text = text.replace(form, REDACTED_TEXT);
                    }
                }
            }
        }
        Value::Number(number) if secrets.contains(&number.to_string()) => {
            *value = REDACTED_NUMBER.into();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, secrets)),
        Value::Object(fields) => {
            fields
                .values_mut()
                .for_each(|field| replace(field, secrets));
        }
        _ => {}
    }
}
