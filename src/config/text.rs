//! Strings: from the file, or from the environment.

use std::fmt;
use std::marker::PhantomData;

use serde_json::{Value, json};

use super::node::Node;
use super::rule::Rule;
use super::section::{Required, section};
use super::setting::{Definitions, List, Reader, Setting, Unset};

/// A string in the file.
#[derive(Debug, Clone)]
pub(super) struct Literal(pub String);

impl Setting for Literal {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = node.value().as_str();
        if text.is_none() {
            reader.wrong_type(node, "a string");
        }
        text.map(|text| Self(text.to_owned()))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "string" })
    }
}

section! {
    /// A string from the environment of the process that runs txflow.
    FromEnvironment {
        /// The name of the environment variable.
        env: Required<Literal>;
        /// The value if the variable is not set.
        default: Option<Literal>;
    }
}

/// A string that follows a rule, or `{ env = "NAME" }`.
pub(super) struct Text<R> {
    pub value: String,
    rule: PhantomData<R>,
}

impl<R, const MIN: usize, const MAX: usize> List<Text<R>, MIN, MAX> {
    pub fn into_strings(self) -> Vec<String> {
        self.0.into_iter().map(|text| text.value).collect()
    }
}

impl<R> Text<R> {
    /// Whether it stands for a variable that is not set. No rule allows such a text.
    pub fn is_stand_in(&self) -> bool {
        self.value.starts_with("${")
    }
}

impl<R: Rule> Setting for Text<R> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = match string_or_unset(node, reader)? {
            Ok(value) => value,
            Err(variable) => {
                unset(node, reader, &variable);
                return stand_in(reader, &variable).map(|text| Self::from(text.as_str()));
            }
        };
        follows::<R>(&value, node, reader).then(|| Self::from(value.as_str()))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut literal = Literal::schema(definitions);
        if !R::PATTERN.is_empty() {
            literal["pattern"] = R::PATTERN.into();
        }
        json!({ "anyOf": [literal, FromEnvironment::schema(definitions)] })
    }
}

/// Whether a value follows its rule, which is reported if it does not.
pub(super) fn follows<R: Rule>(value: &str, node: &Node<'_>, reader: &mut Reader<'_>) -> bool {
    let allowed = R::allows(value);
    if !allowed {
        let message = format!("`{}` must be {}, not `{value}`", node.path(), R::EXPECTED);
        let hint = R::HINT.map(str::to_owned);
        reader.error("invalid-value", node.place(), message, hint);
    }
    allowed
}

/// What stands for a variable that is not set while a file is only checked. It follows no rule.
fn stand_in(reader: &Reader<'_>, Literal(variable): &Literal) -> Option<String> {
    (reader.unset == Unset::Warned).then(|| format!("${{{variable}}}"))
}

/// The string at a node, from wherever it comes.
pub(super) fn string(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<String> {
    match string_or_unset(node, reader)? {
        Ok(value) => Some(value),
        Err(variable) => {
            unset(node, reader, &variable);
            None
        }
    }
}

/// The string at a node, or the variable that it comes from and that is not set.
fn string_or_unset(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Result<String, Literal>> {
    if let Some(text) = node.value().as_str() {
        return Some(Ok(text.to_owned()));
    }
    if !node.value().is_table() {
        reader.wrong_type(node, "a string");
        return None;
    }
    let source = FromEnvironment::read(&node.top(), reader)?;
    let (variable, default) = (source.env.0?, source.default);
    let environment = reader.environment?;
    let value = environment(&variable.0).or(default.map(|literal| literal.0));
    Some(value.ok_or(variable))
}

/// Reports a variable that is not set, with the key that it is for.
pub(super) fn unset(node: &Node<'_>, reader: &mut Reader<'_>, Literal(variable): &Literal) {
    let message = format!(
        "`{}` comes from the environment variable `{variable}`, which is not set",
        node.path()
    );
    if reader.unset == Unset::Warned {
        let hint = format!("a deploy needs `{variable}`, or `default = \"...\"` beside `env`");
        reader.warning("unset-environment", node.span(), message, hint);
    } else {
        let hint = format!(
            "set `{variable}`, or add `default = \"...\"` beside `env`; for `--local` any value does"
        );
        reader.error("unset-environment", node.span(), message, hint);
    }
}

impl<R> From<&str> for Text<R> {
    fn from(value: &str) -> Self {
        Self {
            value: value.to_owned(),
            rule: PhantomData,
        }
    }
}

impl<R> From<Text<R>> for Value {
    fn from(text: Text<R>) -> Self {
        text.value.into()
    }
}

impl<R> Clone for Text<R> {
    fn clone(&self) -> Self {
        Self::from(self.value.as_str())
    }
}

impl<R> fmt::Debug for Text<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.value, f)
    }
}
