//! Puts the values of `[substitutions]` into texts.

use std::ops::Range;

use serde_json::{Map as Object, Value};
use toml::de::DeValue;

use super::names::Meaning;
use super::node::Node;
use super::placeholder::{Piece, Placeholder, escape, pieces};
use super::placeholder_advice::{advice, place_in};
use super::setting::{Definitions, Json, Reader, Setting, json};
use super::substitution::{Substituted, Substitution};
use super::template::{JsonTemplate, Template};

/// Where a text is, which decides what it may name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Definition,
    /// A text of `deploy.toml`. The ARN of a function's version is not known there: the function may depend on it.
    Text,
    /// A value itself: none contains another, so that each can be read on its own.
    Value,
}

/// A text with its values in place.
pub(super) struct Filled {
    /// A template. If the text is only the placeholder of a value, it has the type of that; `None` if something
    /// in it is wrong, or if the environment is not known.
    pub value: Option<Value>,
    pub secret: bool,
    /// Whether a value in it is not set. Its placeholder is then taken for text.
    pub unset: bool,
    pub problems: Vec<Problem>,
}

/// A placeholder that stands for nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// All of what looks like a placeholder.
    Malformed(String),
    Unknown(String),
    /// A name that cannot be used here, and what it stands for.
    Misplaced(String, &'static str),
}

pub(super) fn fill(text: &str, scope: Scope, reader: &mut Reader<'_>) -> Filled {
    let pieces = pieces(text);
    let is_alone = pieces.len() == 1;
    let mut out = Text::default();
    let mut filled = Filled {
        value: None,
        secret: false,
        unset: false,
        problems: Vec::new(),
    };
    let mut known = true;
    let mut typed = None;
    for piece in pieces {
        let placeholder = match piece {
            Piece::Text(text) => {
                out.literal.push_str(text);
                continue;
            }
            Piece::Malformed(written) => {
                filled.problems.push(Problem::Malformed(written.to_owned()));
                continue;
            }
            Piece::Placeholder(placeholder) => placeholder,
        };
        let Placeholder::Named(name) = &placeholder else {
            out.add(&placeholder);
            continue;
        };
        match (reader.names.meaning(name), scope) {
            (Some(Meaning::Callable(_)), Scope::Definition) => out.add(&placeholder),
            (Some(Meaning::Value(node)), Scope::Definition | Scope::Text) => {
                let Some(found) = Substitution::read(&node, reader) else {
                    known = false;
                    continue;
                };
                filled.secret |= found.secret;
                match found.value {
                    Substituted::Text(text) => out.add_template(&text),
                    Substituted::Typed(value) => {
                        out.literal.push_str(&value.to_string());
                        typed = Some(value).filter(|_| is_alone);
                    }
                    Substituted::Unset => {
                        out.literal.push_str(&placeholder.to_string());
                        filled.unset = true;
                    }
                }
            }
            (Some(Meaning::Callable(what)), _) => {
                filled.problems.push(Problem::Misplaced(name.clone(), what));
            }
            (Some(Meaning::Value(_)), Scope::Value) => {
                filled
                    .problems
                    .push(Problem::Misplaced(name.clone(), "value"));
            }
            (None, _) => filled.problems.push(Problem::Unknown(name.clone())),
        }
    }
    if known && filled.problems.is_empty() {
        filled.value = Some(typed.unwrap_or_else(|| out.finish().into()));
    }
    filled
}

/// A template that is put together. What becomes text is collected, so that the end of one piece and the beginning of
/// the next are never taken for a placeholder.
#[derive(Default)]
struct Text {
    literal: String,
    template: String,
}

impl Text {
    fn add(&mut self, placeholder: &Placeholder) {
        self.flush();
        self.template.push_str(&placeholder.to_string());
    }

    fn add_template(&mut self, template: &Template) {
        for piece in pieces(&template.0) {
            match piece {
                Piece::Text(text) | Piece::Malformed(text) => self.literal.push_str(text),
                Piece::Placeholder(placeholder) => self.add(&placeholder),
            }
        }
    }

    fn flush(&mut self) {
        self.template.push_str(&escape(&self.literal));
        self.literal.clear();
    }

    fn finish(mut self) -> String {
        self.flush();
        self.template
    }
}

/// A text of `deploy.toml` with its values in place.
pub(super) struct FilledText {
    pub template: Template,
    pub secret: bool,
    pub unset: bool,
}

impl Reader<'_> {
    /// Fills a text of `deploy.toml`, and reports what is wrong with its placeholders.
    pub fn fill(&mut self, text: &str, span: Range<usize>, scope: Scope) -> Option<FilledText> {
        let filled = self.fill_value(text, span, scope);
        let template = match filled.value? {
            Value::String(template) => Template(template),
            typed => Template::from(typed.to_string().as_str()),
        };
        Some(FilledText {
            template,
            secret: filled.secret,
            unset: filled.unset,
        })
    }

    fn fill_value(&mut self, text: &str, span: Range<usize>, scope: Scope) -> Filled {
        let filled = fill(text, scope, self);
        for problem in &filled.problems {
            let (message, hint) = advice(problem, scope, false, &self.names);
            let written = self.text.get(span.clone()).unwrap_or_default();
            let place = place_in(written, problem).map_or(span.clone(), |place| {
                span.start + place.start..span.start + place.end
            });
            self.error("unknown-placeholder", place, message, hint);
        }
        filled
    }
}

/// A document of `deploy.toml`. Each string in it is filled.
impl Setting for JsonTemplate {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        // Also reports what JSON cannot represent.
        Json::read(node, reader)?;
        document(node.value(), node.span(), reader).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Json::schema(definitions)
    }
}

fn document(value: &DeValue<'_>, span: Range<usize>, reader: &mut Reader<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => reader.fill_value(text, span, Scope::Text).value,
        DeValue::Array(items) => {
            let items = items.iter();
            // All of them are read before one is refused, so that each is checked.
            let read: Vec<Option<Value>> = items
                .map(|item| document(item.get_ref(), item.span(), reader))
                .collect();
            read.into_iter()
                .collect::<Option<Vec<Value>>>()
                .map(Value::from)
        }
        DeValue::Table(table) => {
            let members = table.iter();
            let read: Vec<Option<(String, Value)>> = members
                .map(|(key, value)| {
                    let value = document(value.get_ref(), value.span(), reader)?;
                    Some((key.get_ref().to_string(), value))
                })
                .collect();
            let members: Option<Object<String, Value>> = read.into_iter().collect();
            members.map(Value::from)
        }
        other => json(other),
    }
}
