//! The values that were redacted, wherever else they are in a recording.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::redacted::{REDACTED_TEXT, document_in, is_redacted, mark, rename};

/// A text of fewer characters is not searched for inside of others: it would be found everywhere.
const SHORTEST: usize = 4;

/// What the paths have found.
#[derive(Default)]
pub(super) struct Values {
    /// Texts that are replaced inside of others as well, and the digits of long numbers.
    inside: BTreeSet<String>,
    /// Texts that are replaced where they stand alone.
    alone: BTreeSet<String>,
    /// Short numbers and booleans, with the names of their members: the same one elsewhere says something else.
    named: BTreeSet<(String, String)>,
}

impl Values {
    pub(super) fn collect(&mut self, name: &str, value: &Value) {
        match value {
            Value::Null => {}
            _ if is_redacted(value) => {}
            Value::String(text) => {
                if let Some(document) = document_in(value) {
                    self.collect(name, &document);
                }
                self.collect_text(text.trim());
            }
            Value::Number(number) if number.to_string().len() > SHORTEST => {
                self.inside.insert(number.to_string());
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

    /// Those that are replaced inside of others.
    pub(super) fn into_texts(self) -> BTreeSet<String> {
        self.inside
    }

    fn collect_text(&mut self, text: &str) {
        match text.chars().count() {
            0 => {}
            SHORTEST.. => drop(self.inside.insert(text.to_owned())),
            _ => drop(self.alone.insert(text.to_owned())),
        }
    }
}

/// Finds values in recordings.
pub(super) struct Finder<'a> {
    values: Values,
    /// The values that may be inside of other texts, in all their forms.
    inside: AhoCorasick,
    /// The names that stay.
    names: &'a BTreeSet<String>,
}

/// What a state machine is made of, which a definition or a deployment says and not the data.
const OF_THE_MACHINE: [&str; 13] = [
    "id",
    "index",
    "name",
    "previousEventId",
    "region",
    "resource",
    "resourceType",
    "roleArn",
    "stateMachineAliasArn",
    "stateMachineArn",
    "stateMachineVersionArn",
    "timestamp",
    "type",
];

impl<'a> Finder<'a> {
    /// `forms` gives each form in which a text may be encoded inside of another.
    pub(super) fn new(
        values: Values,
        forms: fn(&str) -> Vec<String>,
        names: &'a BTreeSet<String>,
    ) -> Result<Self, String> {
        let forms = values.inside.iter().flat_map(|text| forms(text));
        let forms = forms.filter(|form| form.chars().count() >= SHORTEST);
        let forms: BTreeSet<String> = forms.chain(values.inside.iter().cloned()).collect();
        Ok(Self {
            inside: AhoCorasick::new(&forms).map_err(|error| error.to_string())?,
            values,
            names,
        })
    }

    /// Redacts the values in all of a recording that comes from its data.
    pub(super) fn redact(&self, recording: &mut Value) {
        for (name, value) in recording.as_object_mut().into_iter().flatten() {
            match (name.as_str(), value) {
                ("events", Value::Array(events)) => {
                    events.iter_mut().for_each(|event| self.redact_event(event));
                }
                ("name", value) => self.replace("", value),
                (name, _) if OF_THE_MACHINE.contains(&name) => {}
                (_, value) => self.replace("", value),
            }
        }
    }

    fn redact_event(&self, event: &mut Value) {
        let fields = event.as_object_mut().into_iter().flatten();
        for (_, value) in fields.filter(|(name, _)| !OF_THE_MACHINE.contains(&name.as_str())) {
            let Value::Object(details) = value else {
                self.replace("", value);
                continue;
            };
            for (name, value) in details {
                match (name.as_str(), value) {
                    (name, _) if OF_THE_MACHINE.contains(&name) => {}
                    // The names of variables are the definition's.
                    ("assignedVariables", Value::Object(variables)) => {
                        for (name, value) in variables {
                            self.replace_variable(name, value);
                        }
                    }
                    (_, value) => self.replace("", value),
                }
            }
        }
    }

    /// Replaces them in a value, which is the member of this name, in the names of its fields, and in the documents that its
    /// texts hold.
    fn replace(&self, name: &str, value: &mut Value) {
        match value {
            Value::Null => {}
            Value::String(_) => self.replace_in_document(name, value),
            Value::Number(_) | Value::Bool(_) => {
                let text = value.to_string();
                if self.is_named(name, &text) || self.values.inside.contains(&text) {
                    mark(value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(name, item)),
            Value::Object(fields) => {
                for (name, field) in fields.iter_mut() {
                    self.replace(name, field);
                }
                rename(fields, |name| {
                    let stays = self.names.contains(name);
                    (!stays).then(|| self.replaced(name)).flatten()
                });
            }
        }
    }

    /// The text of a variable is a document, also if that is a number.
    fn replace_variable(&self, name: &str, value: &mut Value) {
        let scalar = value.as_str().and_then(|text| text.parse::<Value>().ok());
        let Some(before) = scalar.filter(|value| value.is_number() || value.is_boolean()) else {
            return self.replace(name, value);
        };
        let mut scalar = before.clone();
        self.replace(name, &mut scalar);
        if scalar != before {
            *value = scalar.to_string().into();
        }
    }

    fn replace_in_document(&self, name: &str, value: &mut Value) {
        let Some(text) = value.as_str() else {
            return self.replace(name, value);
        };
        if self.values.alone.contains(text) || self.is_named(name, text) {
            return mark(value);
        }
        if let Some(before) = document_in(value) {
            let mut document = before.clone();
            self.replace(name, &mut document);
            if document != before {
                *value = document.to_string().into();
            }
        }
        if let Some(replaced) = value.as_str().and_then(|text| self.replaced(text)) {
            *value = replaced.into();
        }
    }

    fn is_named(&self, name: &str, text: &str) -> bool {
        !self.values.named.is_empty()
            && self
                .values
                .named
                .contains(&(name.to_owned(), text.to_owned()))
    }

    /// The text without the values; `None` if it has none of them.
    fn replaced(&self, text: &str) -> Option<String> {
        if self.values.alone.contains(text) {
            return Some(REDACTED_TEXT.to_owned());
        }
        let found = self.found(text);
        let mut rest = 0;
        let mut replaced = String::new();
        for value in &found {
            replaced.push_str(&text[rest..value.start]);
            replaced.push_str(REDACTED_TEXT);
            rest = value.end;
        }
        replaced.push_str(&text[rest..]);
        (!found.is_empty()).then_some(replaced)
    }

    /// Where the values are; those that overlap or touch are one.
    fn found(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        // They come by their ends.
        for next in self.inside.find_overlapping_iter(text) {
            let mut start = next.start();
            while let Some(last) = found.pop_if(|last| last.end >= start) {
                start = start.min(last.start);
            }
            found.push(start..next.end());
        }
        found
    }
}
