//! `[substitutions]`: the values that a definition and `deploy.toml` name.

use std::fmt;

use serde_json::{Value, json};
use toml::de::DeValue;

use super::fill::Scope;
use super::node::Node;
use super::setting::{Definitions, Json, Reader, Setting};
use super::template::Template;
use super::text::{Literal, Sourced, VariableSource};

/// A value. Its `Debug` form never shows a secret.
#[derive(Clone)]
pub(super) struct Substitution {
    pub value: Substituted,
    pub secret: bool,
}

#[derive(Clone)]
pub(super) enum Substituted {
    Text(Template),
    /// A number, `true` or `false`.
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
                let Sourced { text, secret } = Sourced::read(node, Scope::Value, reader)?;
                let value = text.map_or(Substituted::Unset, Substituted::Text);
                Some(Self { value, secret })
            }
            DeValue::Array(_) | DeValue::Datetime(_) => {
                reader.wrong_type(node, "a string, a number, `true`, `false` or a table");
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [
            Literal::schema(definitions),
            { "type": ["number", "boolean"] },
            VariableSource::schema(definitions),
        ] })
    }
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
