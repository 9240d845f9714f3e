//! A type of setting: how it is read from the file, and how the JSON schema describes it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::{Map as Object, Value, json};
use toml::Spanned;
use toml::de::{DeInteger, DeString, DeValue};

use super::files::Files;
use super::findings::Findings;
use super::names::Names;
use super::node::{Layer, Node};

/// A type of setting. Reading and schema are next to each other, so that they agree.
pub(super) trait Setting: Sized {
    /// Whether it is a table with keys of its own, so that a list of them is written as `[[key]]`.
    const IS_SECTION: bool = false;

    /// `None` if the value is invalid, which is then reported, or if it comes from an
    /// environment that is not known.
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self>;

    fn schema(definitions: &mut Definitions) -> Value;
}

/// Looks up a variable of the process that runs txflow.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What it means if a value comes from a variable that is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unset {
    /// The command needs it.
    Refused,
    /// The command checks the file, so a stand-in will do. That must never be deployed.
    Warned,
    /// The command does not need the values of functions and of substitutions.
    Ignored,
}

/// What reading needs in addition to the file, and where findings go.
pub(super) struct Reader<'a> {
    pub files: &'a Files,
    /// `None` while a stage is checked other than the one in use, whose variables need not be set.
    pub environment: Option<Environment<'a>>,
    pub unset: Unset,
    /// The text of the file.
    pub text: &'a str,
    /// What placeholders can name in the stage that is read.
    pub names: Names<'a>,
    /// The values of `[defaults]`, the strongest first, which each function overrides.
    pub defaults: Vec<Layer<'a>>,
    pub findings: Findings,
    /// The values of `[substitutions]` that something names.
    pub used_values: BTreeSet<String>,
}

/// The named parts of a JSON schema.
#[derive(Default)]
pub(super) struct Definitions {
    pub parts: BTreeMap<String, Value>,
    /// In an overlay nothing is required, since the layers below it have the rest.
    pub overlay: bool,
}

const LIST_OF_TABLES: &str = "a list of tables";

impl Reader<'_> {
    /// See [`Findings::error`].
    pub fn error(
        &mut self,
        code: &'static str,
        span: impl Into<Option<Range<usize>>>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.findings.error(code, span, message, hint);
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> usize {
        let before = self.text.bytes().take(at);
        1 + before.filter(|byte| *byte == b'\n').count()
    }

    /// See [`Findings::warning`].
    pub fn warning(
        &mut self,
        code: &'static str,
        span: impl Into<Option<Range<usize>>>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.findings.warning(code, span, message, hint);
    }

    pub fn wrong_type(&mut self, node: &Node<'_>, expected: &str) {
        let found = match node.value() {
            DeValue::Integer(_) => "an integer".to_owned(),
            DeValue::Array(_) => "an array".to_owned(),
            other => format!("a {}", other.type_str()),
        };
        let is_number = matches!(node.value(), DeValue::Integer(_) | DeValue::Float(_));
        let path = node.path();
        let hint = if is_number && expected.contains("string") {
            Some("put quotes around it".to_owned())
        } else if expected == "a table" && !path.contains('[') {
            Some(format!(
                "write `[{path}]` in a line of its own, and its keys below it"
            ))
        } else if expected == LIST_OF_TABLES && !path.contains('[') {
            Some(format!(
                "write `[[{path}]]` in a line of its own for each of them, and its keys below it"
            ))
        } else {
            None
        };
        let message = format!("`{path}` must be {expected}, not {found}");
        self.findings
            .error("wrong-type", node.place(), message, hint);
    }

    pub fn out_of_range(&mut self, node: &Node<'_>, expected: &str, found: impl std::fmt::Display) {
        let message = format!("`{}` must be {expected}, not {found}", node.path());
        self.findings
            .error("out-of-range", node.place(), message, None);
    }
}

impl Definitions {
    /// Adds a part once, and returns a reference to it.
    pub fn part(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Value) -> Value {
        let name = if self.overlay {
            format!("{name}Overlay")
        } else {
            name.to_owned()
        };
        if !self.parts.contains_key(&name) {
            self.parts.insert(name.clone(), Value::Null);
            let part = make(self);
            self.parts.insert(name.clone(), part);
        }
        json!({ "$ref": format!("#/definitions/{name}") })
    }
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub value: T,
    /// `None` for a default.
    pub span: Option<Range<usize>>,
}

impl<T> At<T> {
    pub fn unwritten(value: T) -> Self {
        Self { value, span: None }
    }
}

impl<T: Into<Value>> From<At<T>> for Value {
    fn from(at: At<T>) -> Self {
        at.value.into()
    }
}

impl<T: Setting> Setting for At<T> {
    const IS_SECTION: bool = T::IS_SECTION;

    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            value: T::read(node, reader)?,
            span: Some(node.place()),
        })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl Setting for bool {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = node.value().as_bool();
        if value.is_none() {
            reader.wrong_type(node, "`true` or `false`");
        }
        value
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "boolean" })
    }
}

/// A whole number within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Int<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Int<MIN, MAX> {
    /// In the type that the AWS SDK takes. Bounds that do not fit would be cut off here; none are that wide.
    pub fn as_i32(self) -> i32 {
        i32::try_from(self.0).unwrap_or(i32::MAX)
    }
}

impl<const MIN: i64, const MAX: i64> From<Int<MIN, MAX>> for Value {
    fn from(value: Int<MIN, MAX>) -> Self {
        value.0.into()
    }
}

impl<const MIN: i64, const MAX: i64> Setting for Int<MIN, MAX> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(written) = node.value().as_integer() else {
            reader.wrong_type(node, "a whole number");
            return None;
        };
        match integer(written) {
            Some(value) if (MIN..=MAX).contains(&value) => Some(Self(value)),
            _ => {
                let expected = if MAX < i64::from(i32::MAX) {
                    format!("{MIN} to {MAX}")
                } else {
                    format!("at least {MIN}")
                };
                reader.out_of_range(node, &expected, written);
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

/// `None` if it does not fit.
pub(super) fn integer(written: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(written.as_str(), written.radix()).ok()
}

/// A list with `MIN` to `MAX` items. An overlay replaces it whole.
#[derive(Debug, Clone)]
pub(super) struct List<T, const MIN: usize, const MAX: usize>(pub Vec<T>);

impl<T: Setting, const MIN: usize, const MAX: usize> Setting for List<T, MIN, MAX> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(items) = node.value().as_array() else {
            let expected = match T::IS_SECTION {
                true => LIST_OF_TABLES,
                false => "an array",
            };
            reader.wrong_type(node, expected);
            return None;
        };
        if !(MIN..=MAX).contains(&items.len()) {
            let expected = format!("an array of {MIN} to {MAX} items");
            reader.out_of_range(node, &expected, items.len());
            return None;
        }
        // All items are read before the list is rejected, so that each is checked.
        let read: Vec<Option<T>> = items
            .iter()
            .enumerate()
            .map(|(i, value)| T::read(&Node::item(node, i, value), reader))
            .collect();
        read.into_iter().collect::<Option<Vec<T>>>().map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let overlay = std::mem::replace(&mut definitions.overlay, false);
        let items = T::schema(definitions);
        definitions.overlay = overlay;
        let mut schema = json!({ "type": "array", "items": items });
        if MIN > 0 {
            schema["minItems"] = MIN.into();
        }
        if MAX < usize::MAX {
            schema["maxItems"] = MAX.into();
        }
        schema
    }
}

/// Any value that JSON can represent.
#[derive(Debug, Clone)]
pub(super) struct Json(pub Value);

impl Setting for Json {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let value = json(node.value());
        if value.is_none() {
            let message = format!(
                "`{}` contains a number that JSON cannot represent",
                node.path()
            );
            reader.error("not-json", node.place(), message, None);
        }
        value.map(Self)
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({})
    }
}

/// Dates become strings. `None` for `nan`, `inf` and integers beyond 64 bits.
pub(super) fn json(value: &DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::from(text.as_ref()),
        DeValue::Integer(written) => Value::from(integer(written)?),
        DeValue::Float(written) => {
            let number = written.as_str().parse().ok()?;
            Value::from(serde_json::Number::from_f64(number)?)
        }
        DeValue::Boolean(truth) => Value::from(*truth),
        DeValue::Datetime(date) => Value::from(date.to_string()),
        DeValue::Array(items) => {
            let items: Option<Vec<Value>> = items.iter().map(|v| json(v.get_ref())).collect();
            Value::from(items?)
        }
        DeValue::Table(table) => {
            let member = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
                Some((key.get_ref().to_string(), json(value.get_ref())?))
            };
            Value::from(table.iter().map(member).collect::<Option<Object<_, _>>>()?)
        }
    })
}
