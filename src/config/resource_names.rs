//! Names of resources of the local AWS, as keys and as values, which may contain placeholders.

use std::marker::PhantomData;
use std::ops::Range;

use serde_json::{Value, json};

use super::local::named_resource;
use super::node::{Fields, Node};
use super::problem::Scope;
use super::rule::Rule;
use super::section::{self, Field};
use super::setting::{Definitions, Reader, Setting};
use super::template::Template;
use super::text::Literal;

/// A table whose keys are names of resources, which may contain placeholders.
#[derive(Debug, Clone)]
pub(super) struct Named<R, T> {
    pub entries: Vec<NamedEntry<T>>,
    rule: PhantomData<R>,
}

#[derive(Debug, Clone)]
pub(super) struct NamedEntry<T> {
    pub name: Template,
    pub at: Range<usize>,
    /// Empty only if that was reported.
    pub value: Option<T>,
}

impl<R: Rule, T: Setting> Field for Named<R, T> {
    fn read_field(fields: &mut Fields<'_>, name: &str, reader: &mut Reader<'_>) -> Self {
        section::optional(fields, name, reader).unwrap_or(Self {
            entries: Vec::new(),
            rule: PhantomData,
        })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        <Self as Setting>::schema(definitions)
    }
}

impl<R: Rule, T: Setting> Setting for Named<R, T> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(fields) = node.fields() else {
            reader.wrong_type(node, "a table");
            return None;
        };
        let mut entries = Vec::new();
        for (name, node) in fields.rest().0 {
            let value = T::read(&node, reader);
            let Some(name) = resource_name::<R>(name, node.key(), reader) else {
                continue;
            };
            entries.push(NamedEntry {
                name,
                at: node.key(),
                value,
            });
        }
        Some(Self {
            entries,
            rule: PhantomData,
        })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let value = T::schema(definitions);
        json!({ "type": "object", "additionalProperties": value })
    }
}

/// A name with its values in place. An unset variable leaves nothing to check.
pub(super) fn resource_name<R: Rule>(
    text: &str,
    span: Range<usize>,
    reader: &mut Reader<'_>,
) -> Option<Template> {
    let filled = reader.fill(text, span.clone(), Scope::Text)?;
    let example = filled.template.example();
    if !filled.unset && !R::allows(named_resource(&example)) {
        let message = format!("the name `{text}` must be {}", R::EXPECTED);
        reader.error("invalid-name", span, message, None);
        return None;
    }
    Some(filled.template)
}

/// The name of a resource as a value.
#[derive(Debug, Clone)]
pub(super) struct Name<R>(pub Template, PhantomData<R>);

impl<R: Rule> Setting for Name<R> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let text = Literal::read(node, reader)?;
        let name = resource_name::<R>(&text.0, node.span(), reader)?;
        Some(Self(name, PhantomData))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Literal::schema(definitions)
    }
}
