//! Takes secrets out of recordings, so that they can be kept.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::event::change_documents;
use super::redacted::{REDACTED_TEXT, document_in, mark, rename};
use super::redacted_values::{Finder, Values};
use crate::jsonpath::{JsonPath, Root, Segment};

/// What is taken out of recordings.
#[derive(Debug)]
pub struct Redaction {
    pub paths: Vec<RedactionPath>,
    /// Each form in which a text may be encoded inside of another, itself included.
    pub forms: fn(&str) -> Vec<String>,
    /// The names of fields that stay although a value that was redacted is in them, since the definition has them.
    pub names: BTreeSet<String>,
}

impl Redaction {
    /// Redacts what the paths find in any document of the recordings: input, outputs, parameters and variables. The same
    /// value is redacted wherever else it is found, in any recording and encoding, since a state may have moved it.
    ///
    /// Returns the paths that find nothing.
    ///
    /// # Errors
    ///
    /// If there are more values than can be looked for.
    pub fn apply(&self, recordings: &mut [Value]) -> Result<Vec<&RedactionPath>, String> {
        let mut values = Values::default();
        let mut paths: Vec<(&RedactionPath, bool)> =
            self.paths.iter().map(|path| (path, false)).collect();
        for recording in recordings.iter_mut() {
            change_documents(recording, &mut |document| {
                for (path, used) in &mut paths {
                    *used |= path.redact(document, &mut values);
                }
            });
        }
        let finder = Finder::new(values, self.forms, &self.names)?;
        for recording in recordings {
            finder.redact(recording);
        }
        let unused = paths.into_iter().filter(|(_, used)| !used);
        Ok(unused.map(|(path, _)| path).collect())
    }

    /// The texts that the paths find in any document of a recording and that are long enough to be looked for in others,
    /// with the digits of long numbers. What the definition itself says is not among them.
    #[must_use]
    pub fn found_in(&self, recording: &Value) -> BTreeSet<String> {
        let mut values = Values::default();
        change_documents(&mut recording.clone(), &mut |document| {
            for path in &self.paths {
                path.redact(document, &mut values);
            }
        });
        let found = values.into_texts();
        found
            .into_iter()
            .filter(|text| !self.names.contains(text))
            .collect()
    }

    /// Redacts what the paths find in one document.
    pub fn mark(&self, document: &mut Value) {
        for path in &self.paths {
            path.redact(document, &mut Values::default());
        }
    }
}

/// A path to what is redacted: names, indexes, `[*]` and `..`. With a `~` behind it, it means the name and not the value.
#[derive(Clone, Debug)]
pub struct RedactionPath {
    text: String,
    segments: Vec<Segment>,
    /// Whether the names are meant that the last segment finds.
    names: bool,
}

impl RedactionPath {
    /// # Errors
    ///
    /// If it is not a JSON path, does not lead into a document, or has a segment that selects by something else.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, names) = match text.strip_suffix('~') {
            Some(path) => (path, true),
            None => (text, false),
        };
        let path = JsonPath::parse(path).map_err(|error| error.to_string())?;
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
        if names && !matches!(segments.last(), Some(Segment::Name(_) | Segment::Wildcard)) {
            return Err("`~` must follow a name or `*`".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            segments: segments.to_vec(),
            names,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether it finds something.
    fn redact(&self, document: &mut Value, values: &mut Values) -> bool {
        let mut used = false;
        match self.segments.split_last() {
            Some((last, around)) if self.names => each(around, document, &mut |found| {
                if let Value::Object(fields) = found {
                    used |= redact_names(fields, last, values);
                }
            }),
            _ => each(&self.segments, document, &mut |found| {
                used = true;
                values.collect(self.name().unwrap_or_default(), found);
                mark(found);
            }),
        }
        used
    }

    /// The name of what it finds, or of what that is in.
    fn name(&self) -> Option<&str> {
        { self.segments.iter().rev() }.find_map(|segment| match segment {
            Segment::Name(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

fn redact_names(fields: &mut Map<String, Value>, meant: &Segment, values: &mut Values) -> bool {
    rename(fields, |name| {
        let is_meant = match meant {
            Segment::Name(meant) => meant.as_str() == name,
            _ => true,
        };
        is_meant.then(|| {
            values.collect("", &Value::from(name));
            REDACTED_TEXT.to_owned()
        })
    })
}

/// Hands over each value that the segments lead to, also into documents that are texts.
fn each(segments: &[Segment], value: &mut Value, then: &mut impl FnMut(&mut Value)) {
    let Some((first, rest)) = segments.split_first() else {
        return then(value);
    };
    if let Some(before) = document_in(value) {
        let mut document = before.clone();
        each(segments, &mut document, then);
        if document != before {
            *value = document.to_string().into();
        }
        return;
    }
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
