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

/// A text of fewer characters is not searched for inside of others: it would be found everywhere.
const SHORTEST: usize = 4;

/// Redacts what the paths find in any document of a recording: input, outputs, parameters and variables. The same value
/// is redacted wherever else it is found, since a state may have moved it.
pub fn redact(recording: &mut Value, paths: &[RedactionPath]) {
    let mut secrets = Secrets::default();
    change_documents(recording, &mut |document| {
        for RedactionPath(segments) in paths {
            let name = segments.iter().rev().find_map(|segment| match segment {
                Segment::Name(name) => Some(name.as_str()),
                _ => None,
            });
            each(segments, document, &mut |found| {
                secrets.collect(name.unwrap_or_default(), found);
                mark(found);
            });
        }
    });
    if !secrets.is_empty() {
        // A longer secret may hold a shorter one.
        (secrets.inside).sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.inside.dedup();
        change_documents(recording, &mut |document| secrets.replace("", document));
    }
}

/// What the paths have found.
#[derive(Default)]
struct Secrets {
    /// Texts that are replaced inside of others as well, and the digits of long numbers.
    inside: Vec<String>,
    /// Texts that are replaced where they stand alone.
    alone: BTreeSet<String>,
    /// Short numbers and booleans, with the names of their members: the same one elsewhere says something else.
    named: BTreeSet<(String, String)>,
}

impl Secrets {
    fn is_empty(&self) -> bool {
        self.inside.is_empty() && self.alone.is_empty() && self.named.is_empty()
    }

    fn collect(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            _ if is_redacted(value) => {}
            Value::String(text) if text.is_empty() => {}
            Value::String(text) if text.chars().count() >= SHORTEST => {
                self.inside.push(text.clone());
            }
            Value::String(text) => {
                self.alone.insert(text.clone());
            }
            Value::Number(number) if number.to_string().len() > SHORTEST => {
                self.inside.push(number.to_string());
            }
            Value::Number(_) | Value::Bool(_) => {
                self.named.insert((name.to_owned(), value.to_string()));
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(name, item)),
            Value::Object(fields) => {
                fields
                    .iter()
                    .for_each(|(name, field)| self.collect(name, field));
            }
        }
    }

    /// Replaces them in a document, which is the member of this name, and in the texts of documents inside of it.
    fn replace(&self, name: &str, value: &mut Value) {
        match value {
            Value::Null => {}
            Value::String(text) if self.alone.contains(text) => mark(value),
            Value::String(text) => {
                for secret in &self.inside {
                    // In a document inside a text, quotes and such are escaped.
                    let quoted = Value::from(secret.as_str()).to_string();
                    for form in [secret.as_str(), quoted.trim_matches('"')] {
                        if text.contains(form) {
                            *text = text.replace(form, REDACTED_TEXT);
                        }
                    }
                }
            }
            Value::Number(_) | Value::Bool(_) => {
                let text = value.to_string();
                if self.inside.contains(&text) || self.named.contains(&(name.to_owned(), text)) {
                    mark(value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(name, item)),
            Value::Object(fields) => {
                fields
                    .iter_mut()
                    .for_each(|(name, field)| self.replace(name, field));
            }
        }
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
