//! Strings: from the file, or from the environment.

use std::fmt;
use std::marker::PhantomData;

use serde_json::{Value, json};

use super::environment_value::EnvironmentValue;
use super::fill::Scope;
use super::node::Node;
use super::rule::Rule;
use super::section::{Required, section};
use super::setting::{Definitions, List, Reader, Setting, Unset};
use super::template::Template;
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
fn follows<R: Rule>(value: &str, node: &Node<'_>, reader: &mut Reader<'_>) -> bool {
    let allowed = R::allows(value);
    if !allowed {
        let message = format!("`{}` must be {}, not `{value}`", node.path(), R::EXPECTED);
        reader.error("invalid-value", node.place(), message, None);
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
fn unset(node: &Node<'_>, reader: &mut Reader<'_>, Literal(variable): &Literal) {
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

/// A text in the file, which may name values, or one from the environment, which is taken as it is.
pub(super) struct Sourced {
    /// `None` if it comes from a variable that is not set, which has been reported if the command needs it.
    pub text: Option<Template>,
    pub secret: bool,
}

impl Sourced {
    pub fn read(node: &Node<'_>, scope: Scope, reader: &mut Reader<'_>) -> Option<Self> {
        if let Some(text) = node.value().as_str() {
            return Self::in_file(text, false, node, scope, reader);
        }
        if !node.value().is_table() {
            reader.wrong_type(node, "a string");
            return None;
        }
        let node = &node.top();
        let source = VariableSource::read(node, reader)?;
        let secret = source.secret;
        if secret && (source.value.is_some() || source.default.is_some()) {
            let message = format!("the secret `{}` is written in the file", node.path());
            let hint = "take it from the environment: `{ env = \"NAME\", secret = true }`";
            reader.warning("secret-in-file", node.key(), message, hint.to_owned());
        }
        match (source.env, source.value) {
            (None, Some(Literal(value))) => Self::in_file(&value, secret, node, scope, reader),
            (Some(variable), None) => {
                let environment = reader.environment?;
                if let Some(value) = environment(&variable.0) {
                    if secret {
                        check_secret(node, reader, &value);
                    }
                    let text = Some(Template::from(value.as_str()));
                    return Some(Self { text, secret });
                }
                if let Some(Literal(default)) = source.default {
                    return Self::in_file(&default, secret, node, scope, reader);
                }
                if reader.unset != Unset::Ignored {
                    unset(node, reader, &variable);
                }
                let unset = Self { text: None, secret };
                (reader.unset != Unset::Refused).then_some(unset)
            }
            _ => {
                let message = format!("`{}` must have either `env` or `value`", node.path());
                reader.error("conflict", node.span(), message, None);
                None
            }
        }
    }

    fn in_file(
        text: &str,
        secret: bool,
        node: &Node<'_>,
        scope: Scope,
        reader: &mut Reader<'_>,
    ) -> Option<Self> {
        if secret {
            check_secret(node, reader, text);
        }
        let filled = reader.fill(text, node.span(), scope)?;
        Some(Self {
            text: (!filled.unset).then_some(filled.template),
            secret: secret || filled.secret,
        })
    }
}

/// A variable in a function's environment: a string, or a table that says where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Variable(pub EnvironmentValue);

impl Setting for Variable {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Sourced { text, secret } = Sourced::read(node, Scope::Text, reader)?;
        let value = text.map_or(EnvironmentValue::Unset, |text| {
            EnvironmentValue::new(text, secret)
        });
        Some(Self(value))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        json!({ "anyOf": [Literal::schema(definitions), VariableSource::schema(definitions)] })
    }
}

/// A string that may name values and pseudo parameters, or `{ env = "NAME" }`. With these in place it follows a rule.
#[derive(Debug, Clone)]
pub(super) struct TextTemplate<R> {
    pub value: Template,
    rule: PhantomData<R>,
}

impl<R: Rule> Setting for TextTemplate<R> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let of = |value| Self {
            value,
            rule: PhantomData,
        };
        let Some(text) = node.value().as_str() else {
            let text = Text::<R>::read(node, reader)?;
            return Some(of(Template::from(text.value.as_str())));
        };
        let filled = reader.fill(text, node.span(), Scope::Text)?;
        let example = filled
            .template
            .resolve(|pseudo| pseudo.example().to_owned());
        let allowed = filled.unset || follows::<R>(&example, node, reader);
        allowed.then(|| of(filled.template))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let literal = Literal::schema(definitions);
        json!({ "anyOf": [literal, FromEnvironment::schema(definitions)] })
    }
}

impl<R, const MIN: usize, const MAX: usize> List<TextTemplate<R>, MIN, MAX> {
    pub fn into_templates(self) -> Vec<Template> {
        self.0.into_iter().map(|text| text.value).collect()
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
