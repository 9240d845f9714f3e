//! The mechanism: tables define the fields of an object, their kind and their query language, and this file checks
//! objects against them.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::report::Mark;
use crate::definition::QueryLanguage;

/// What an object of one kind may contain.
pub(super) struct Shape {
    /// In groups, so that shapes can share them.
    pub(super) fields: &'static [&'static [Field]],
    pub(super) rules: &'static [Rule],
    /// What a table cannot express.
    pub(super) also: Option<Also>,
}

type Also = fn(&mut Checker<'_>, &Map<String, Value>, &At<'_>, CheckContext);

pub(super) struct Field {
    pub(super) name: &'static str,
    /// The only query language that has the field; `None` if both have it.
    pub(super) language: Option<QueryLanguage>,
    pub(super) kind: Kind,
}

/// A field of both query languages.
pub(super) const fn both(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        language: None,
        kind,
    }
}

/// A field that only JSONPath has.
pub(super) const fn jsonpath(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        language: Some(QueryLanguage::JsonPath),
        kind,
    }
}

/// A field that only JSONata has.
pub(super) const fn jsonata(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        language: Some(QueryLanguage::Jsonata),
        kind,
    }
}

/// The kind of value that a field must have.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Any,
    /// JSON that is never evaluated, although authors may expect it.
    Static,
    Boolean,
    Text,
    /// A string; in JSONata it may be an expression.
    TextOrExpression,
    /// A string beside which a field of the same name and `Path` takes a path.
    TextOrPath,
    OneOf(&'static [&'static str]),
    ListOfText,
    /// `expression` allows a JSONata expression in place of the number.
    Integer {
        min: i64,
        max: i64,
        expression: bool,
    },
    Decimal {
        min: f64,
        max: f64,
        expression: bool,
    },
    /// RFC 3339; in JSONata it may be an expression.
    Timestamp,
    /// A JSONPath, or null.
    Path,
    ReferencePath(Reference),
    /// A JSONPath, or an intrinsic function that returns a string.
    PathToText,
    /// JSON with `.$` keys in JSONPath, with `{% %}` strings in JSONata.
    Template,
    /// A template that is an object, or one JSONata expression.
    ObjectTemplate,
    /// A template that is an array, or one JSONata expression.
    ArrayTemplate,
    Assign,
    Credentials,
    Resource,
    /// The name of a state; the graph checks that it exists.
    StateName,
    /// A JSONata expression or a boolean.
    Condition,
    Object(&'static Shape),
    /// An array of these, with at least one item.
    List(&'static Shape),
    /// `Retry` or `Catch`.
    Handlers(&'static Shape),
    /// The item processor of a Map state.
    Processor,
    /// The branches of a Parallel state.
    Branches,
}

/// The roots that a reference path may have besides `$`.
#[derive(Clone, Copy)]
pub(super) struct Reference {
    pub(super) null: bool,
    /// `$$`, the context object.
    pub(super) context: bool,
    /// `$name`, a variable.
    pub(super) variable: bool,
}

pub(super) enum Rule {
    Required(&'static [&'static str]),
    AtMostOne(&'static [&'static str]),
    ExactlyOne(&'static [&'static str]),
}

impl Shape {
    fn field(&self, name: &str) -> Option<&'static Field> {
        let mut fields = self.fields.iter().copied().flatten();
        fields.find(|field| field.name == name)
    }

    /// The fields that may be used here.
    fn names(&self, context: CheckContext) -> impl Iterator<Item = &'static str> {
        let fields = self.fields.iter().copied().flatten();
        let fields = fields.filter(move |field| context.has(field.language));
        fields.map(|field| field.name)
    }
}

impl<'s> Checker<'s> {
    /// Checks `value` against `shape`.
    pub(super) fn object(
        &mut self,
        shape: &Shape,
        value: &'s Value,
        at: &At<'_>,
        context: CheckContext,
    ) {
        let Some(object) = value.as_object() else {
            self.report.value(at, "Expected value of type Object");
            return;
        };
        // AWS tells what is wrong with an object before what is wrong with its values.
        for name in object.keys() {
            match shape.field(name) {
                Some(field) if context.has(field.language) => {}
                // That the state must not set a language is all that AWS says of its language.
                Some(_) if context.language_is_refused => {}
                Some(_) => {
                    let message = context.other_language(name);
                    self.report.schema(at, Mark::Field(name), message);
                }
                None => {
                    let message = format!("Field '{name}' is not supported");
                    self.report.schema(at, Mark::Field(name), message);
                    self.report.suggest(name, shape.names(context));
                }
            }
        }
        for rule in shape.rules {
            if let Some(message) = rule.broken_by(object) {
                self.report.schema(at, Mark::Key, message);
            }
        }
        for (name, value) in object {
            if let Some(field) = shape
                .field(name)
                .filter(|field| context.has(field.language))
            {
                let context = CheckContext {
                    resulting: context.resulting && ["Assign", "Output"].contains(&field.name),
                    ..context
                };
                self.kind(field.kind, value, &at.key(name), context);
            }
        }
        if let Some(also) = shape.also {
            also(self, object, at, context);
        }
    }

    /// Checks each item of an array against `shape`.
    pub(super) fn list(
        &mut self,
        shape: &Shape,
        value: &'s Value,
        at: &At<'_>,
        context: CheckContext,
    ) {
        match value.as_array() {
            None => self.report.value(at, "Expected value of type Array"),
            Some(items) if items.is_empty() => self.report.value(at, "Value cannot be empty"),
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.object(shape, item, &at.index(index), context);
                }
            }
        }
    }
}

impl Rule {
    pub(super) fn broken_by(&self, object: &Map<String, Value>) -> Option<String> {
        let present = |names: &[&str]| names.iter().filter(|name| has(object, name)).count();
        match self {
            Self::Required(names) => {
                let missing = names.iter().filter(|name| !has(object, name));
                let missing: Vec<&str> = missing.copied().collect();
                (!missing.is_empty())
                    .then(|| format!("These fields are required: [{}]", missing.join(", ")))
            }
            Self::AtMostOne(names) | Self::ExactlyOne(names) if present(names) > 1 => {
                let names = names.join(", ");
                Some(format!(
                    "There should only be one of the following fields: [{names}]"
                ))
            }
            Self::ExactlyOne(names) if present(names) == 0 => {
                let names = names.join(", ");
                Some(format!(
                    "This object should have only one of the following fields: [{names}]"
                ))
            }
            Self::AtMostOne(_) | Self::ExactlyOne(_) => None,
        }
    }
}

/// `"End": false` counts as absent.
fn has(object: &Map<String, Value>, name: &str) -> bool {
    object
        .get(name)
        .is_some_and(|value| name != "End" || *value != Value::Bool(false))
}
