//! A definition as its author wrote it: the parsed value and the position of each of its parts.
//!
//! Findings and placeholder errors point at a line and column of the user's file, so the text is kept together with the
//! value and the position of every key and value.

mod integer;
mod json;
mod pointer;
mod short_forms;
mod span_tree;
mod yaml;

use std::fmt;
use std::ops::Range;

use serde_json::Value;

pub use pointer::push_token;
use span_tree::SpanTree;

/// What is wrong with a document that is nested deeper than the parsers of both formats go. AWS documents no limit.
const NESTED: &str = "nested more than 127 levels deep, and txflow reads no deeper";

/// The value of a JSON text, such as an input.
///
/// # Errors
/// As for [`Source::from_json`].
pub fn parse_json(text: &str) -> Result<Value, SyntaxError> {
    json::value(text)
}

/// A parsed definition, with the position of every key and value.
#[derive(Debug, Clone)]
pub struct Source {
    text: String,
    value: Value,
    root: SpanTree,
    duplicates: Vec<DuplicateKey>,
    line_starts: Vec<usize>,
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Yaml,
}

impl Source {
    /// Parses a JSON definition (`*.asl.json`).
    ///
    /// A repeated key in an object is not an error here: the last one counts, as in every JSON parser, and
    /// [`Source::duplicates`] lists it for the validator.
    ///
    /// # Errors
    /// [`SyntaxError`] if the text is not JSON, or is nested more than 127 levels deep.
    pub fn from_json(text: impl Into<String>) -> Result<Self, SyntaxError> {
        let text = text.into();
        let parsed = json::parse(&text)?;
        Ok(Self::new(text, parsed, Format::Json))
    }

    /// Parses a YAML definition (`*.asl.yaml`) as AWS's toolkits accept it: one document in the YAML 1.2 core schema,
    /// with anchors, with `<<` to merge mappings, and with strings as keys. CloudFormation's short forms, such as `!Ref a`, are
    /// read as their long ones, `{"Ref": "a"}`.
    ///
    /// # Errors
    /// [`SyntaxError`] if the text is not YAML, contains something that JSON cannot express, repeats a key, is nested
    /// more than 127 levels deep, or has aliases that expand to more than 200,000 nodes.
    pub fn from_yaml(text: impl Into<String>) -> Result<Self, SyntaxError> {
        let text = text.into();
        let parsed = yaml::parse(&text)?;
        Ok(Self::new(text, parsed, Format::Yaml))
    }

    fn new(text: String, parsed: Parsed, format: Format) -> Self {
        let line_starts = line_starts(&text);
        Self {
            value: parsed.value,
            root: parsed.root,
            duplicates: parsed.duplicates,
            line_starts,
            text,
            format,
        }
    }

    /// The original text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The definition as JSON, whichever format it was written in.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The value with each string replaced for which `replacement` has another value; it is given the JSON pointer and
    /// the text of each. Keys stay as they are.
    #[must_use]
    pub fn map_strings(&self, mut replacement: impl FnMut(&str, &str) -> Option<Value>) -> Value {
        let mut value = self.value.clone();
        map_strings(&mut value, &mut String::new(), &mut replacement);
        value
    }

    /// The same text for another value of the same shape, such as one of [`Source::map_strings`]. Its objects have as many
    /// keys in the same order, but a key may have another name, under which its place is found from then on.
    #[must_use]
    pub fn with_value(&self, value: Value) -> Self {
        Self {
            root: self.root.renamed(&value),
            value,
            ..self.clone()
        }
    }

    /// The number of bytes that Step Functions would receive: if the definition is JSON, those of the text itself.
    #[must_use]
    pub fn definition_bytes(&self) -> usize {
        match self.format {
            Format::Json => self.text.len(),
            Format::Yaml => self.value.to_string().len(),
        }
    }

    /// The position of the value at a JSON pointer (RFC 6901; `""` is the whole definition).
    ///
    /// The span of a JSON string includes its quotes.
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Option<Location> {
        let place = self.root.descend(pointer)?;
        Some(self.location(place.value.clone()))
    }

    /// The position of the first occurrence of `text` in the value at a JSON pointer, such as a placeholder in a
    /// string. The position of the value itself if the file spells `text` with escapes.
    #[must_use]
    pub fn locate_in(&self, pointer: &str, text: &str) -> Option<Location> {
        let value = self.root.descend(pointer)?.value.clone();
        let found = self.text[value.clone()].find(text);
        Some(self.location(match found {
            None => value,
            Some(offset) => value.start + offset..value.start + offset + text.len(),
        }))
    }

    /// The position of the key of the value at a JSON pointer; `None` for array items and the root.
    #[must_use]
    pub fn locate_key(&self, pointer: &str) -> Option<Location> {
        let place = self.root.descend(pointer)?;
        Some(self.location(place.key.clone()?))
    }

    /// The line and column of a byte span of the text.
    #[must_use]
    pub fn location(&self, span: Range<usize>) -> Location {
        locate(&self.text, &self.line_starts, span)
    }

    /// Repeated keys of objects, in the order of the text.
    #[must_use]
    pub fn duplicates(&self) -> &[DuplicateKey] {
        &self.duplicates
    }
}

/// A position in a definition's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Counted from 1.
    pub line: usize,
    /// In characters (not bytes) from the start of the line, counted from 1.
    pub column: usize,
    /// Byte offsets into [`Source::text`].
    pub span: Range<usize>,
}

/// A key that occurs again in the same object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// JSON pointer (RFC 6901) of the object.
    pub pointer: String,
    /// The key, unescaped.
    pub key: String,
    /// Byte span of the repeated key.
    pub span: Range<usize>,
}

/// A text that is not JSON, or not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The message, without the position.
    pub message: String,
    /// What to do about it.
    pub hint: Option<&'static str>,
    pub location: Location,
}

impl SyntaxError {
    fn new(message: &str, text: &str, offset: usize) -> Self {
        let offset = text.floor_char_boundary(offset);
        Self {
            message: message.to_owned(),
            hint: None,
            location: locate(text, &line_starts(text), offset..offset),
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} at line {} column {}",
            self.message, self.location.line, self.location.column
        )
    }
}

impl std::error::Error for SyntaxError {}

/// The result of the parser for one format.
struct Parsed {
    value: Value,
    root: SpanTree,
    duplicates: Vec<DuplicateKey>,
}

fn map_strings(
    value: &mut Value,
    pointer: &mut String,
    replacement: &mut impl FnMut(&str, &str) -> Option<Value>,
) {
    let length = pointer.len();
    match value {
        Value::String(text) => {
            if let Some(replacement) = replacement(pointer, text) {
                *value = replacement;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                push_token(pointer, &index.to_string());
                map_strings(item, pointer, replacement);
                pointer.truncate(length);
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                push_token(pointer, key);
                map_strings(member, pointer, replacement);
                pointer.truncate(length);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn locate(text: &str, line_starts: &[usize], span: Range<usize>) -> Location {
    let line = line_starts.partition_point(|&start| start <= span.start);
    let start = line_starts.get(line.saturating_sub(1)).copied();
    let before = text.get(start.unwrap_or(0)..span.start).unwrap_or_default();
    Location {
        line: line.max(1),
        column: before.chars().count() + 1,
        span,
    }
}

fn line_starts(text: &str) -> Vec<usize> {
    let after_breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
    std::iter::once(0).chain(after_breaks).collect()
}

#[cfg(test)]
mod tests;
