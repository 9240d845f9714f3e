//! The values of secrets and parameters of the local AWS.

use std::ops::Range;

use serde_json::{Value, json};

use super::local::LocalValue;
use super::nearest;
use super::node::Node;
use super::problem::Scope;
use super::section::section;
use super::setting::{At, Definitions, Reader, Setting};
use super::source::{code_of, unreadable};
use super::text::Literal;

section! {
    /// Where a value comes from: one of `value`, `file` and `env`.
    Secret {
        /// The value itself.
        value: Option<Literal>;
        /// The path of a file with the value.
        file: Option<At<Literal>>;
        /// The environment variable with the value. Only a local run needs it.
        env: Option<Literal>;
    }
}

section! {
    /// Where a value comes from: one of `value`, `file` and `env`.
    ParameterKeys {
        /// The value itself.
        value: Option<Literal>;
        /// The path of a file with the value.
        file: Option<At<Literal>>;
        /// The environment variable with the value. Only a local run needs it.
        env: Option<Literal>;
        /// `String`, `StringList` or `SecureString`. The default is `String`, and `SecureString` for a value from `env`.
        r#type: Option<At<Literal>>;
    }
}

/// A secret: a string is the value itself.
#[derive(Debug, Clone)]
pub(super) struct SecretItem(pub LocalValue);

impl Setting for SecretItem {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if node.value().as_str().is_some() {
            return text_value(node, reader).map(Self);
        }
        let Secret { value, file, env } = Secret::read(&node.top(), reader)?;
        sourced(node, value, file, env, reader).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Literal::schema(definitions), Secret::schema(definitions)] })
    }
}

/// A parameter: a string is the value itself.
#[derive(Debug, Clone)]
pub(super) struct ParameterItem {
    pub value: LocalValue,
    pub kind: &'static str,
}

impl ParameterItem {
    const KINDS: [&str; 3] = ["String", "StringList", "SecureString"];
}

impl Setting for ParameterItem {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if node.value().as_str().is_some() {
            let value = text_value(node, reader)?;
            let kind = Self::KINDS[0];
            return Some(Self { value, kind });
        }
        let keys = ParameterKeys::read(&node.top(), reader)?;
        let kind = match keys.r#type {
            Some(At { value, span }) => {
                let known = Self::KINDS.into_iter().find(|kind| *kind == value.0);
                if known.is_none() {
                    let kinds = nearest::list(Self::KINDS, "or");
                    let message =
                        format!("`{}.type` must be {kinds}, not `{}`", node.path(), value.0);
                    reader.error("invalid-value", span, message, None);
                }
                known?
            }
            None if keys.env.is_some() => Self::KINDS[2],
            None => Self::KINDS[0],
        };
        let value = sourced(node, keys.value, keys.file, keys.env, reader)?;
        Some(Self { value, kind })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Literal::schema(definitions), ParameterKeys::schema(definitions)] })
    }
}

/// A text of the file with its values in place.
fn text_value(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<LocalValue> {
    let text = Literal::read(node, reader)?.0;
    let filled = reader.fill(&text, node.span(), Scope::Text)?;
    Some(LocalValue::Text(filled.template))
}

/// The one of the three that is given.
fn sourced(
    node: &Node<'_>,
    value: Option<Literal>,
    file: Option<At<Literal>>,
    env: Option<Literal>,
    reader: &mut Reader<'_>,
) -> Option<LocalValue> {
    match (value, file, env) {
        (Some(text), None, None) => {
            let filled = reader.fill(&text.0, node.place(), Scope::Text)?;
            Some(LocalValue::Text(filled.template))
        }
        (None, Some(file), None) => {
            file_text(&file.value.0, file.span, reader).map(LocalValue::File)
        }
        (None, None, Some(Literal(variable))) => {
            let value = reader.environment.and_then(|of| of(&variable));
            Some(LocalValue::Env { variable, value })
        }
        _ => {
            let message = format!(
                "`{}` must have one of `value`, `file` and `env`",
                node.path()
            );
            reader.error("conflict", node.place(), message, None);
            None
        }
    }
}

fn file_text(path: &str, span: Option<Range<usize>>, reader: &mut Reader<'_>) -> Option<String> {
    match reader.files.read(path) {
        Ok(text) => Some(text),
        Err(error) => {
            reader.error(code_of(&error), span, unreadable(path, &error), None);
            None
        }
    }
}
