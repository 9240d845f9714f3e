//! A regular expression that a test expects something to match.

use regex_lite::Regex;
use serde_json::{Value, json};

use super::node::Node;
use super::setting::{Definitions, Reader, Setting};
use super::text::{FromEnvironment, string};

/// A regular expression that is looked for anywhere in a text.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// As the user wrote it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Setting for Pattern {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = string(node, reader)?;
        match Regex::new(&text) {
            Ok(regex) => Some(Self(regex)),
            Err(error) => {
                let message = format!(
                    "`{}` is not a valid regular expression: {error}",
                    node.path()
                );
                let hint = "put a backslash before a character to match it literally";
                reader.error("invalid-value", node.place(), message, hint.to_owned());
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let literal = json!({ "type": "string", "format": "regex" });
        json!({ "anyOf": [literal, FromEnvironment::schema(definitions)] })
    }
}
