//! The kinds of single values.

use serde_json::Value;

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::placeholder::has_placeholder;
use super::schema::{Kind, Reference};
use super::{expression, names, template};
use crate::Timestamp;
use crate::intrinsic::{Function, Intrinsic};
use crate::jsonpath::{JsonPath, Root};

impl<'s> Checker<'s> {
    /// Checks the value of a field against its kind.
    pub(super) fn kind(
        &mut self,
        kind: Kind,
        value: &'s Value,
        at: &At<'_>,
        context: CheckContext,
    ) {
        match kind {
            Kind::Any => {}
            Kind::Static => template::warn_static(self, value, at),
            Kind::Boolean if value.is_boolean() => {}
            Kind::Boolean => self.report.value(at, "Expected value of type Boolean"),
            Kind::Condition if value.is_boolean() => {}
            Kind::Condition => expression::check(self, value, at, context, "Boolean"),
            Kind::Text | Kind::StateName => {
                self.text(value, at);
            }
            Kind::TextOrExpression => {
                if let Some(text) = self.text(value, at) {
                    match context.is_jsonata() {
                        true => expression::check_text(self, text, at, context),
                        false => template::warn_path(self, text, at),
                    }
                }
            }
            Kind::TextOrPath => {
                if let Some(text) = self.text(value, at) {
                    template::warn_path(self, text, at);
                }
            }
            Kind::OneOf(words) => self.one_of(words, value, at),
            Kind::ListOfText => self.list_of_text(value, at),
            Kind::Integer {
                min,
                max,
                expression,
            } => match value.as_i64() {
                Some(number) => self.range(number, min, max, at),
                None if expression && context.is_jsonata() => {
                    expression::check(self, value, at, context, "Integer");
                }
                None => self.report.value(at, "Expected value of type Integer"),
            },
            Kind::Decimal {
                min,
                max,
                expression,
            } => match value.as_f64() {
                // AWS writes these bounds with a decimal: 1.0.
                Some(number) => self.range(Decimal(number), Decimal(min), Decimal(max), at),
                None if expression && context.is_jsonata() => {
                    expression::check(self, value, at, context, "Number");
                }
                None => self.report.value(at, "Expected value of type Number"),
            },
            Kind::Timestamp => self.timestamp(value, at, context),
            Kind::Path => self.path(value, at),
            Kind::ReferencePath(reference) => self.reference_path(reference, value, at),
            Kind::PathToText => self.path_to_text(value, at),
            Kind::Template => template::check(self, value, at, context),
            Kind::ObjectTemplate if value.is_object() => template::check(self, value, at, context),
            Kind::ObjectTemplate => expression::check(self, value, at, context, "Object"),
            Kind::ArrayTemplate if value.is_array() => template::check(self, value, at, context),
            Kind::ArrayTemplate => expression::check(self, value, at, context, "Array"),
            Kind::Assign => template::check_assign(self, value, at, context),
            Kind::Credentials => self.credentials(value, at, context),
            Kind::Resource => self.resource(value, at, context),
            Kind::Object(shape) => self.object(shape, value, at, context),
            Kind::List(shape) => self.list(shape, value, at, context),
            Kind::Handlers(shape) => self.handlers(shape, value, at, context),
            Kind::Processor => self.processor(value, at, context),
            Kind::Branches => self.branches(value, at, context),
        }
    }

    pub(super) fn text(&mut self, value: &'s Value, at: &At<'_>) -> Option<&'s str> {
        if !value.is_string() {
            self.report.value(at, "Expected value of type String");
        }
        value.as_str()
    }

    pub(super) fn one_of(&mut self, words: &[&str], value: &Value, at: &At<'_>) {
        let Some(text) = value.as_str() else {
            // With brackets, unlike for other strings: measured for `QueryLanguage`.
            self.report.value(at, "Expected value of type [STRING]");
            return;
        };
        if !words.contains(&text) && !has_placeholder(text) {
            let message = format!(
                "Value should be one of the following: [{}]",
                words.join(", ")
            );
            self.report.value(at, message);
            self.report.suggest(text, words.iter().copied());
        }
    }

    fn list_of_text(&mut self, value: &'s Value, at: &At<'_>) {
        match value.as_array() {
            None => self.report.value(at, "Expected value of type Array"),
            Some(items) if items.is_empty() => self.report.value(at, "Value cannot be empty"),
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.text(item, &at.index(index));
                }
            }
        }
    }

    fn range<N: PartialOrd + std::fmt::Display>(&mut self, number: N, min: N, max: N, at: &At<'_>) {
        if number < min {
            self.report.value(at, format!("Minimum value is {min}"));
        } else if number > max {
            self.report.value(at, format!("Maximum value is {max}"));
        }
    }

    fn timestamp(&mut self, value: &'s Value, at: &At<'_>, context: CheckContext) {
        let Some(text) = self.text(value, at) else {
            return;
        };
        let expression = context.is_jsonata() && text.starts_with("{%");
        if expression {
            expression::check_text(self, text, at, context);
        } else if Timestamp::parse_rfc3339(text).is_none() && !has_placeholder(text) {
            let message = "String does not match RFC3339 timestamp";
            self.report.value(at, message);
        }
    }

    fn path(&mut self, value: &'s Value, at: &At<'_>) {
        if value.is_null() {
            return;
        }
        let Some(text) = self.text(value, at).filter(|text| !has_placeholder(text)) else {
            return;
        };
        match JsonPath::parse(text) {
            Ok(path) => names::check_path(self, &path, at),
            Err(error) => {
                self.report.value(at, "Value must be a valid JSONPath.");
                self.report.hint(Some(error.advice()));
            }
        }
    }

    fn reference_path(&mut self, reference: Reference, value: &'s Value, at: &At<'_>) {
        if value.is_null() && reference.null {
            return;
        }
        let Some(text) = self.text(value, at) else {
            return;
        };
        if has_placeholder(text) {
            return;
        }
        if !text.starts_with('$') {
            let message = "Value is not a Reference Path: Reference path didn't start with '$'";
            self.report.value(at, message);
            return;
        }
        let hint = match JsonPath::parse(text) {
            Err(error) => Some(error.advice()),
            Ok(path) => {
                let root = match path.root() {
                    Root::Input => true,
                    Root::Context => reference.context,
                    Root::Variable(_) => reference.variable,
                };
                if root && path.is_reference_path() {
                    names::check_path(self, &path, at);
                    return;
                }
                (!path.is_reference_path()).then(|| {
                    "a reference path has names and indexes only, as in `$.orders[0].id`".to_owned()
                })
            }
        };
        self.report.value(at, "Value is not a Reference Path");
        self.report.hint(hint);
    }

    fn path_to_text(&mut self, value: &'s Value, at: &At<'_>) {
        const RETURN_TEXT: &[Function] = &[
            Function::ArrayGetItem,
            Function::Base64Decode,
            Function::Base64Encode,
            Function::Format,
            Function::Hash,
            Function::JsonToString,
            Function::UUID,
        ];
        let Some(text) = self.text(value, at) else {
            return;
        };
        if has_placeholder(text) {
            return;
        }
        let fits = match (Intrinsic::parse(text), JsonPath::parse(text)) {
            (Ok(call), _) => {
                names::check_call(self, &call, at);
                RETURN_TEXT.contains(&call.function())
            }
            (_, Ok(path)) => {
                names::check_path(self, &path, at);
                true
            }
            _ => false,
        };
        if !fits {
            let message = "The value must be a valid JSONPath, or a valid intrinsic function call \
                           that returns a string";
            self.report.value(at, message);
        }
    }
}

#[derive(PartialEq, PartialOrd)]
struct Decimal(f64);

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
