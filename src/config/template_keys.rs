//! The keys whose texts may name values and pseudo parameters.

use std::marker::PhantomData;
use std::ops::Range;

use serde_json::{Map as Object, Value, json as object};
use toml::de::DeValue;

use super::environment_value::EnvironmentValue;
use super::node::Node;
use super::problem::Scope;
use super::rule::Rule;
use super::setting::{Definitions, Json, Reader, Setting, Unset, json};
use super::sourced::{Sourced, VariableSource};
use super::template::{JsonTemplate, Template};
use super::text::{FromEnvironment, Literal, Text, follows};

/// The code of what is found if a value is not known, and may not be needed.
pub const UNSET_VALUE: &str = "unset-value";

/// A variable in a function's environment: a string, or a table that says where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Variable(pub EnvironmentValue);

impl Setting for Variable {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let in_file = |text: &str, span: Range<usize>, reader: &mut Reader<'_>| {
            let filled = reader.fill(text, span, Scope::Text)?;
            Some(Sourced {
                text: (!filled.unset).then_some(filled.template),
                secret: filled.secret,
            })
        };
        let Sourced { text, secret } = Sourced::read(node, reader, in_file)?;
        let value = text.map_or(EnvironmentValue::Unset { secret }, |text| {
            EnvironmentValue::new(text, secret)
        });
        Some(Self(value))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        object!({ "anyOf": [Literal::schema(definitions), VariableSource::schema(definitions)] })
    }
}

/// A string that may name values and pseudo parameters, or `{ env = "NAME" }`. With these in place it follows a rule.
#[derive(Debug, Clone)]
pub(super) struct TextTemplate<R> {
    pub value: Template,
    /// Whether a variable that it needs is not set. What it says then follows no rule.
    pub unset: bool,
    rule: PhantomData<R>,
}

impl<R: Rule> Setting for TextTemplate<R> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let of = |value, unset| Self {
            value,
            unset,
            rule: PhantomData,
        };
        let Some(text) = node.value().as_str() else {
            let text = Text::<R>::read(node, reader)?;
            let unset = reader.unset == Unset::Warned && text.is_stand_in();
            return Some(of(Template::from(text.value.as_str()), unset));
        };
        let filled = reader.fill(text, node.span(), Scope::Text)?;
        if filled.secret {
            refuse_secret(node.span(), reader);
            return None;
        }
        if filled.unset && reader.unset == Unset::Ignored {
            let message = format!(
                "`{}` needs a variable of the environment that is not set",
                node.path()
            );
            let hint = "set it: what is printed would contain the placeholder".to_owned();
            reader.warning(UNSET_VALUE, node.span(), message, hint);
        }
        let allowed = filled.unset || follows::<R>(&filled.template.example(), node, reader);
        allowed.then(|| of(filled.template, filled.unset))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let literal = Literal::schema(definitions);
        object!({ "anyOf": [literal, FromEnvironment::schema(definitions)] })
    }
}

/// A document of `deploy.toml`. Each string in it is filled.
impl Setting for JsonTemplate {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        FilledJson::read(node, reader).map(|filled| filled.template)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Json::schema(definitions)
    }
}

/// A document with its values in place.
pub(super) struct FilledJson {
    pub template: JsonTemplate,
    /// Whether a variable that it needs is not set. What is in its place follows no rule.
    pub unset: bool,
}

impl FilledJson {
    pub fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        // Also reports what JSON cannot represent.
        Json::read(node, reader)?;
        let mut unset = false;
        let document = document(node.value(), node.span(), reader, &mut unset)?;
        Some(Self {
            template: JsonTemplate(document),
            unset,
        })
    }

    /// A document that a file contains. What is wrong with it is reported at the place that names the file.
    pub fn of_file(document: &Value, span: Range<usize>, reader: &mut Reader<'_>) -> Option<Self> {
        let mut unset = false;
        let document = in_file(document, &span, reader, &mut unset)?;
        Some(Self {
            template: JsonTemplate(document),
            unset,
        })
    }
}

/// AWS shows a policy, a schedule or a rule to everybody who may read it, and a plan shows what it was before.
fn refuse_secret(span: Range<usize>, reader: &mut Reader<'_>) {
    let message = "a secret here is seen by everybody who may read the resource in AWS";
    let hint = "give it to a function in its `environment`, or let the handler or the state read it from Secrets Manager";
    reader.error("secret-in-clear", span, message.to_owned(), hint.to_owned());
}

fn in_file(
    value: &Value,
    span: &Range<usize>,
    reader: &mut Reader<'_>,
    unset: &mut bool,
) -> Option<Value> {
    match value {
        Value::String(text) => filled(text, span.clone(), reader, unset),
        Value::Array(items) => {
            let items = items.iter();
            let read: Vec<Option<Value>> = items
                .map(|item| in_file(item, span, reader, unset))
                .collect();
            read.into_iter().collect()
        }
        Value::Object(members) => {
            let members = members.iter();
            let read: Vec<Option<(String, Value)>> = members
                .map(|(key, value)| Some((key.clone(), in_file(value, span, reader, unset)?)))
                .collect();
            let members: Option<Object<String, Value>> = read.into_iter().collect();
            members.map(Value::from)
        }
        other => Some(other.clone()),
    }
}

fn filled(
    text: &str,
    span: Range<usize>,
    reader: &mut Reader<'_>,
    unset: &mut bool,
) -> Option<Value> {
    let filled = reader.fill_value(text, span.clone(), Scope::Text);
    if filled.secret {
        refuse_secret(span, reader);
        return None;
    }
    *unset |= filled.unset;
    filled.value
}

fn document(
    value: &DeValue<'_>,
    span: Range<usize>,
    reader: &mut Reader<'_>,
    unset: &mut bool,
) -> Option<Value> {
    match value {
        DeValue::String(text) => filled(text, span, reader, unset),
        DeValue::Array(items) => {
            let items = items.iter();
            // All of them are read before one is refused, so that each is checked.
            let read: Vec<Option<Value>> = items
                .map(|item| document(item.get_ref(), item.span(), reader, unset))
                .collect();
            read.into_iter()
                .collect::<Option<Vec<Value>>>()
                .map(Value::from)
        }
        DeValue::Table(table) => {
            let members = table.iter();
            let read: Vec<Option<(String, Value)>> = members
                .map(|(key, value)| {
                    let value = document(value.get_ref(), value.span(), reader, unset)?;
                    Some((key.get_ref().to_string(), value))
                })
                .collect();
            let members: Option<Object<String, Value>> = read.into_iter().collect();
            members.map(Value::from)
        }
        other => json(other),
    }
}
