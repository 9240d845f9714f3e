//! Strings: from the file, or from the environment.

use std::fmt;
use std::marker::PhantomData;

use serde_json::{Value, json};

use super::environment_value::EnvironmentValue;
use super::node::Node;
use super::rule::Rule;
use super::section::{Required, section};
use super::setting::{Definitions, List, Reader, Setting};
use crate::world::SHORTEST;

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

impl<R: Rule> Setting for Text<R> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = string(node, reader)?;
        if !R::allows(&value) {
            let message = format!("`{}` must be {}, not `{value}`", node.path(), R::EXPECTED);
            reader.error(
                "invalid-value",
                node.place(),
                message,
                R::HINT.map(str::to_owned),
            );
            return None;
        }
        Some(Self::from(value.as_str()))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut literal = Literal::schema(definitions);
        if !R::PATTERN.is_empty() {
            literal["pattern"] = R::PATTERN.into();
        }
        json!({ "anyOf": [literal, FromEnvironment::schema(definitions)] })
    }
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
    from_environment(source.env.0?, source.default, reader)
}

/// The variable's value or its default; the variable if there is neither.
fn from_environment(
    variable: Literal,
    default: Option<Literal>,
    reader: &Reader<'_>,
) -> Option<Result<String, Literal>> {
    let environment = reader.environment?;
    let value = environment(&variable.0).or(default.map(|literal| literal.0));
    Some(value.ok_or(variable))
}

/// An error that names both the key and the variable.
fn unset(node: &Node<'_>, reader: &mut Reader<'_>, Literal(variable): &Literal) {
    let message = format!(
        "`{}` comes from the environment variable `{variable}`, which is not set",
        node.path()
    );
    let hint = format!("set `{variable}`, or add `default = \"...\"` beside `env`");
    reader.error("unset-environment", node.span(), message, hint);
}

section! {
    /// The value of a function's environment variable.
    VariableSource {
        /// The name of the environment variable of the process that runs txflow.
        env: Option<Literal>;
        /// The value if `env` is not set.
        default: Option<Literal>;
        /// The value itself.
        value: Option<Literal>;
        /// Whether the value is a secret, which is never printed.
        secret: bool = false;
    }
}

/// A variable in a function's environment: a string, or a table that says where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Variable(pub EnvironmentValue);

impl Setting for Variable {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        if !node.value().is_table() {
            let value = string_or_unset(node, reader)?;
            return variable(node, reader, value, false);
        }
        let node = node.top();
        let source = VariableSource::read(&node, reader)?;
        let is_literal = source.value.is_some() || source.default.is_some();
        let value = match (source.env, source.value) {
            (Some(variable), None) => from_environment(variable, source.default, reader),
            (None, Some(value)) => Some(Ok(value.0)),
            _ => {
                let message = format!("`{}` must have either `env` or `value`", node.path());
                reader.error("conflict", node.span(), message, None);
                None
            }
        };
        if source.secret && is_literal {
            let message = format!("the secret `{}` is written in the file", node.path());
            let hint = "take it from the environment: `{ env = \"NAME\", secret = true }`";
            reader.warning("secret-in-file", node.key(), message, hint.to_owned());
        }
        if let (true, Some(Ok(value))) = (source.secret, &value) {
            check_secret(&node, reader, value);
        }
        variable(&node, reader, value?, source.secret)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Literal::schema(definitions), VariableSource::schema(definitions)] })
    }
}

fn variable(
    node: &Node<'_>,
    reader: &mut Reader<'_>,
    value: Result<String, Literal>,
    secret: bool,
) -> Option<Variable> {
    match value {
        Ok(value) => Some(Variable(EnvironmentValue::Known { value, secret })),
        Err(_) if reader.unset_is_fine => Some(Variable(EnvironmentValue::Unset)),
        Err(variable) => {
            unset(node, reader, &variable);
            None
        }
    }
}

fn check_secret(node: &Node<'_>, reader: &mut Reader<'_>, value: &str) {
    if value.is_empty() {
        let message = format!("the secret `{}` is empty", node.path());
        let hint = "GitHub Actions sets a secret that does not exist to an empty string";
        reader.error("empty-secret", node.span(), message, hint.to_owned());
    }
    if (1..SHORTEST).contains(&value.trim().chars().count()) {
        let message = format!(
            "the secret `{}` has fewer than {SHORTEST} characters, so it is not masked in output",
            node.path()
        );
        let hint = "a longer secret is masked wherever a handler returns or logs it";
        reader.warning("short-secret", node.key(), message, hint.to_owned());
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
