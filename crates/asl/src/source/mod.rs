//! A definition as its author wrote it: the parsed value, and where each part of it stands.
//!
//! Findings and placeholder errors point at a line and column of the user's file, so the text is
//! kept beside the value, with the position of every key and every value.

mod json;
mod pointer;
mod span_tree;
mod yaml;

use std::fmt;
use std::ops::Range;

use serde_json::Value;

pub(crate) use pointer::push_token;
use span_tree::SpanTree;

/// A definition text, parsed, with the position of every key and value.
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
    /// A key that is repeated in an object is no error here: the last one counts, as in every JSON
    /// reader, and [`Source::duplicates`] lists it for the validator.
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is not JSON, or nests deeper than 127 levels.
    pub fn from_json(text: impl Into<String>) -> Result<Self, SyntaxError> {
        let text = text.into();
        let parsed = json::parse(&text)?;
        Ok(Self::new(text, parsed, Format::Json))
    }

    /// Parses a YAML definition (`*.asl.yaml`), as AWS's toolkits accept it: one document of the
    /// YAML 1.2 core schema, anchors allowed, every key a string.
    ///
    /// # Errors
    /// [`SyntaxError`] where the text is not YAML, holds what JSON cannot express, repeats a key,
    /// nests deeper than 127 levels, or expands through aliases beyond 200,000 nodes.
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

    /// The text as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The definition as JSON, whatever it was written in.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Bytes that Step Functions would receive: the text itself where it is JSON.
    #[must_use]
    pub fn definition_bytes(&self) -> usize {
        match self.format {
            Format::Json => self.text.len(),
            Format::Yaml => self.value.to_string().len(),
        }
    }

    /// Where the value at a JSON pointer (RFC 6901, `""` is the whole definition) stands.
    ///
    /// The span of a JSON string includes its quotes.
    #[must_use]
    pub fn locate(&self, pointer: &str) -> Option<Location> {
        let place = self.root.descend(pointer)?;
        Some(self.location(place.value.clone()))
    }

    /// Where `text` stands for the first time in the value at a JSON pointer, or the value itself
    /// where the file spells it with escapes: the place of a placeholder in a string.
    #[must_use]
    pub fn locate_in(&self, pointer: &str, text: &str) -> Option<Location> {
        let value = self.root.descend(pointer)?.value.clone();
        let found = self.text[value.clone()].find(text);
        Some(self.location(match found {
            None => value,
            Some(offset) => value.start + offset..value.start + offset + text.len(),
        }))
    }

    /// Where the key of the value at a JSON pointer stands; `None` for array items and the root.
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

    /// Keys that an object repeats, in the order of the text.
    #[must_use]
    pub fn duplicates(&self) -> &[DuplicateKey] {
        &self.duplicates
    }
}

/// A place in a definition's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Counted from 1.
    pub line: usize,
    /// Characters (not bytes) from the start of the line, counted from 1.
    pub column: usize,
    /// Byte offsets into [`Source::text`].
    pub span: Range<usize>,
}

/// A key that stands a second time in the same object.
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
    /// What is wrong, without the position.
    pub message: String,
    pub location: Location,
}

impl SyntaxError {
    fn new(message: &str, text: &str, offset: usize) -> Self {
        let offset = text.floor_char_boundary(offset);
        Self {
            message: message.to_owned(),
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

/// What a parser of one format hands over.
struct Parsed {
    value: Value,
    root: SpanTree,
    duplicates: Vec<DuplicateKey>,
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
