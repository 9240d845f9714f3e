//! JSON: `serde_json` parses the value and reports the errors. A second parser, which keeps positions, runs only on
//! text that the first has accepted, so it needs no errors and no depth limit.

use std::collections::HashSet;

use jsonc_parser::ast::{Object, Value as Node};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::Value;

use super::pointer::push_token;
use super::span_tree::{SpanChildren, SpanTree};
use super::{DuplicateKey, NESTED, Parsed, SyntaxError, integer};

pub(super) fn parse(text: &str) -> Result<Parsed, SyntaxError> {
    let value = value(text)?;
    let ast = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default());
    let mut duplicates = Vec::new();
    let root = ast.ok().and_then(|ast| ast.value).map_or_else(
        || leaf(0..text.len()),
        |node| place(&node, &mut String::new(), &mut duplicates),
    );
    Ok(Parsed {
        value,
        root,
        duplicates,
    })
}

pub(super) fn value(text: &str) -> Result<Value, SyntaxError> {
    let parsed = serde_json::from_str(text).map_err(|error| {
        let error = syntax_error(&error, text);
        let start = error.location.span.start;
        // The parser reports a comment at its start, and a comma at the bracket after it.
        let is_extension = |extension: &SyntaxError| {
            let at = extension.location.span.start;
            at < start || (at == start && text[at..].starts_with('/'))
        };
        extension(text).filter(is_extension).unwrap_or(error)
    })?;
    match integer::rounded(text) {
        Some(offset) => Err(SyntaxError::new(integer::ROUNDED, text, offset)),
        None => Ok(parsed),
    }
}

/// The first comment or trailing comma. Editors take both for JSON in some files, and no AWS tool does.
fn extension(text: &str) -> Option<SyntaxError> {
    let mut characters = text.char_indices();
    let mut comma = None;
    while let Some((offset, character)) = characters.next() {
        match character {
            '"' => {
                // To the end of the string.
                while let Some((_, character)) = characters.next() {
                    match character {
                        '\\' => drop(characters.next()),
                        '"' => break,
                        _ => {}
                    }
                }
                comma = None;
            }
            '/' => {
                let mut error = SyntaxError::new("JSON has no comments", text, offset);
                error.hint = Some(
                    "remove it; a definition has `Comment` fields, and as YAML (`.asl.yaml`) it may have comments",
                );
                return Some(error);
            }
            ',' => comma = Some(offset),
            '}' | ']' if comma.is_some() => {
                let message = format!("JSON has no comma before `{character}`");
                let mut error = SyntaxError::new(&message, text, comma?);
                error.hint = Some("remove the comma");
                return Some(error);
            }
            space if space.is_whitespace() => {}
            _ => comma = None,
        }
    }
    None
}

/// `pointer` points to the node, and does so again on return.
fn place(node: &Node, pointer: &mut String, duplicates: &mut Vec<DuplicateKey>) -> SpanTree {
    let range = node.range();
    let children = match node {
        Node::Object(object) => SpanChildren::Fields(fields(object, pointer, duplicates)),
        Node::Array(array) => {
            let items = array.elements.iter().enumerate();
            let items = items.map(|(index, item)| {
                let length = pointer.len();
                push_token(pointer, &index.to_string());
                let place = place(item, pointer, duplicates);
                pointer.truncate(length);
                place
            });
            SpanChildren::Items(items.collect())
        }
        _ => SpanChildren::None,
    };
    SpanTree {
        key: None,
        value: range.start..range.end,
        children,
    }
}

fn fields(
    object: &Object,
    pointer: &mut String,
    duplicates: &mut Vec<DuplicateKey>,
) -> Vec<(String, SpanTree)> {
    let mut seen = HashSet::with_capacity(object.properties.len());
    let mut fields = Vec::with_capacity(object.properties.len());
    for property in &object.properties {
        let name = property.name.as_str();
        let key = property.name.range();
        let key = key.start..key.end;
        if !seen.insert(name) {
            duplicates.push(DuplicateKey {
                pointer: pointer.clone(),
                key: name.to_owned(),
                span: key.clone(),
            });
        }
        let length = pointer.len();
        push_token(pointer, name);
        let mut place = place(&property.value, pointer, duplicates);
        pointer.truncate(length);
        place.key = Some(key);
        fields.push((name.to_owned(), place));
    }
    fields
}

fn leaf(value: std::ops::Range<usize>) -> SpanTree {
    SpanTree {
        key: None,
        value,
        children: SpanChildren::None,
    }
}

fn syntax_error(error: &serde_json::Error, text: &str) -> SyntaxError {
    let full = error.to_string();
    let suffix = format!(" at line {} column {}", error.line(), error.column());
    let message = match full.strip_suffix(&suffix).unwrap_or(&full) {
        "recursion limit exceeded" => NESTED,
        message => message,
    };
    // serde_json counts lines and bytes from 1, and returns 0 if it has read nothing.
    let lines = text.split_inclusive('\n');
    let line_start: usize = lines
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let offset = line_start + error.column().saturating_sub(1);
    SyntaxError::new(message, text, offset)
}
