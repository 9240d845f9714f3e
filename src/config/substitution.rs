//! `[substitutions]`: the values that a definition and `deploy.toml` name.

use std::fmt;
use std::ops::Range;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::names::Meaning;
use super::node::Node;
use super::placeholder::{Piece, Placeholder, pieces};
use super::placeholder_advice::report;
use super::problem::{Problem, Scope};
use super::setting::{Definitions, Json, Reader, Setting};
use super::sourced::{Sourced, VariableSource};
use super::template::{Template, TemplateBuilder};
use super::text::Literal;

/// A value. Its `Debug` form never shows a secret.
#[derive(Clone)]
pub(super) struct Substitution {
    pub value: Substituted,
    pub secret: bool,
}

#[derive(Clone)]
pub(super) enum Substituted {
    Text(Template),
    /// A number, `true`, `false`, or a list, whose strings are templates.
    Typed(Value),
    /// It comes from a variable that is not set, which has been reported if the command that runs needs it.
    Unset,
}

impl Substitution {
    /// The value, if it is a secret and known. What is around a pseudo parameter in it is not masked.
    pub fn known_secret(&self) -> Option<String> {
        match &self.value {
            Substituted::Text(text) if self.secret => text.literal(),
            _ => None,
        }
    }
}

impl Setting for Substitution {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        match node.value() {
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                let typed = Json::read(node, reader)?.0;
                Some(Self {
                    value: Substituted::Typed(typed),
                    secret: false,
                })
            }
            DeValue::String(_) | DeValue::Table(_) => {
                let in_file = |text: &str, span: Range<usize>, reader: &mut Reader<'_>| {
                    Some(Sourced {
                        text: Some(value(text, &span, reader)?),
                        secret: false,
                    })
                };
                let Sourced { text, secret } = Sourced::read(node, reader, in_file)?;
                let value = text.map_or(Substituted::Unset, Substituted::Text);
                Some(Self { value, secret })
            }
            DeValue::Array(items) => {
                let items: Vec<Option<Value>> = items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| list_item(&Node::item(node, index, item), reader))
                    .collect();
                let items = items.into_iter().collect::<Option<Vec<Value>>>()?;
                Some(Self {
                    value: Substituted::Typed(items.into()),
                    secret: false,
                })
            }
            DeValue::Datetime(_) => {
                reader.wrong_type(
                    node,
                    "a string, a number, `true`, `false`, a list or a table",
                );
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [
            Literal::schema(definitions),
            { "type": ["number", "boolean"] },
            { "type": "array", "items": { "type": ["string", "number", "boolean"] } },
            VariableSource::schema(definitions),
        ] })
    }
}

fn list_item(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Value> {
    match node.value() {
        DeValue::String(text) => Some(value(text, &node.span(), reader)?.0.into()),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
            Json::read(node, reader).map(|json| json.0)
        }
        _ => {
            reader.wrong_type(node, "a string, a number, `true` or `false`");
            None
        }
    }
}

/// A value that stands in the file. It may contain only pseudo parameters, so that each can be read on its own.
fn value(text: &str, span: &Range<usize>, reader: &mut Reader<'_>) -> Option<Template> {
    let mut template = TemplateBuilder::default();
    let mut problems = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => template.add_text(text),
            Piece::Malformed(written) => problems.push(Problem::Malformed(written.to_owned())),
            Piece::Placeholder(Placeholder::Named(name)) => {
                problems.push(match reader.names.meaning(&name) {
                    Some(Meaning::Callable(what)) => Problem::Misplaced(name, what),
                    Some(Meaning::Value(_)) => Problem::Misplaced(name, "value"),
                    None => Problem::Unknown(name),
                });
            }
            Piece::Placeholder(pseudo) => template.add(&pseudo),
        }
    }
    report(&problems, Scope::Value, span, reader);
    problems.is_empty().then(|| template.finish())
}

impl fmt::Debug for Substitution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            _ if self.secret => f.write_str("(secret)"),
            Substituted::Text(text) => fmt::Debug::fmt(text, f),
            Substituted::Typed(value) => fmt::Debug::fmt(value, f),
            Substituted::Unset => f.write_str("(not set)"),
        }
    }
}
