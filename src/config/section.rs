//! Tables with known keys, and tables whose keys are the user's own names.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Range;

use serde_json::{Map as Object, Value, json};

use super::nearest;
use super::node::{Fields, Node, join};
use super::rule::Rule;
use super::setting::{Definitions, Reader, Setting};

/// Declares a table: each key once, with its documentation, its type and its default. Reading,
/// checking and the JSON schema are all derived from this declaration.
///
/// A key with a default has that type; a key without one is an `Option`, a [`Required`], another
/// section or a [`Map`]. An underscore in a field's name is a hyphen in the file.
macro_rules! section {
    ($(#[doc = $about:literal])* $name:ident {
        $($(#[doc = $doc:literal])* $field:ident: $kind:ty $(= $default:expr)?;)*
    }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone)]
        pub(super) struct $name {
            $($(#[doc = $doc])* pub $field: $kind,)*
        }

        impl $crate::config::section::Section for $name {
            const NAME: &'static str = stringify!($name);
            const ABOUT: &'static str = concat!($($about),*);

            fn read_fields(
                fields: &mut $crate::config::node::Fields<'_>,
                reader: &mut $crate::config::setting::Reader<'_>,
            ) -> Self {
                use $crate::config::section as s;
                Self {
                    $($field: {
                        let name = s::key_name(stringify!($field));
                        s::section!(@read $kind, fields, &name, reader $(, $default)?)
                    },)*
                }
            }

            fn keys(
                definitions: &mut $crate::config::setting::Definitions,
            ) -> Vec<$crate::config::section::Key> {
                use $crate::config::section as s;
                vec![$({
                    let (schema, required) = s::section!(@key $kind, definitions $(, $default)?);
                    let about = concat!($($doc),*).trim().to_owned();
                    s::Key { name: s::key_name(stringify!($field)), about, schema, required }
                }),*]
            }
        }

        impl $crate::config::setting::Setting for $name {
            const IS_SECTION: bool = true;

            fn read(
                node: &$crate::config::node::Node<'_>,
                reader: &mut $crate::config::setting::Reader<'_>,
            ) -> Option<Self> {
                $crate::config::section::read_table(node, reader)
            }

            fn schema(
                definitions: &mut $crate::config::setting::Definitions,
            ) -> serde_json::Value {
                $crate::config::section::part::<Self>(definitions)
            }
        }
    };
    (@read $kind:ty, $fields:ident, $name:expr, $reader:ident) => {
        <$kind as s::Field>::read_field($fields, $name, $reader)
    };
    (@read $kind:ty, $fields:ident, $name:expr, $reader:ident, $default:expr) => {{
        let written = s::optional::<$kind>($fields, $name, $reader);
        written.unwrap_or_else(|| $default)
    }};
    (@key $kind:ty, $definitions:ident) => {
        (<$kind as s::Field>::schema($definitions), <$kind as s::Field>::REQUIRED)
    };
    (@key $kind:ty, $definitions:ident, $default:expr) => {{
        let default: $kind = $default;
        (s::with_default::<$kind>(default, $definitions), false)
    }};
}
pub(super) use section;

/// A table with known keys.
pub(super) trait Section: Sized {
    const NAME: &'static str;
    const ABOUT: &'static str;

    /// Reads the section. It never fails as a whole: an invalid value is reported and left out or replaced
    /// by its default, so that later checks find what else is wrong.
    fn read_fields(fields: &mut Fields<'_>, reader: &mut Reader<'_>) -> Self;

    fn keys(definitions: &mut Definitions) -> Vec<Key>;
}

pub(super) struct Key {
    pub name: String,
    pub about: String,
    pub schema: Value,
    pub required: bool,
}

/// The types of a key that has no default.
pub(super) trait Field: Sized {
    const REQUIRED: bool = false;

    fn read_field(fields: &mut Fields<'_>, name: &str, reader: &mut Reader<'_>) -> Self;

    fn schema(definitions: &mut Definitions) -> Value;
}

/// A required key. Empty only if its absence was reported, or if the key is not read.
#[derive(Debug, Clone)]
pub(super) struct Required<T>(pub Option<T>);

/// A section that may be left out, which is the same as an empty one.
#[derive(Debug, Clone)]
pub(super) struct Table<T>(pub T);

/// A table whose keys are the user's own names, which follow the rule `R`.
#[derive(Debug, Clone)]
pub(super) struct Map<R, T> {
    pub entries: Vec<Entry<T>>,
    /// The key of the table, or of what contains it.
    pub at: Range<usize>,
    rule: PhantomData<R>,
}

impl<R, T> Map<R, T> {
    /// `None` if one of them is.
    pub fn by_name<U>(self, convert: impl Fn(T) -> Option<U>) -> Option<BTreeMap<String, U>> {
        let entries = self.entries.into_iter();
        let converted = entries.map(|entry| Some((entry.name, convert(entry.value?)?)));
        converted.collect()
    }
}

#[derive(Debug, Clone)]
pub(super) struct Entry<T> {
    pub name: String,
    /// The place of the name.
    pub at: Range<usize>,
    /// Empty only if that was reported, or if an environment is not known.
    pub value: Option<T>,
}

impl<T: Setting> Field for Option<T> {
    fn read_field(fields: &mut Fields<'_>, name: &str, reader: &mut Reader<'_>) -> Self {
        optional(fields, name, reader)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<T: Setting> Field for Required<T> {
    const REQUIRED: bool = true;

    fn read_field(fields: &mut Fields<'_>, name: &str, reader: &mut Reader<'_>) -> Self {
        let Some(node) = fields.take(name) else {
            if fields.has(name) {
                return Self(None);
            }
            let message = if fields.path.is_empty() {
                format!("`{name}` is missing")
            } else {
                format!("`{}` has no `{name}`", fields.path)
            };
            reader.error("missing-key", fields.at.clone(), message, None);
            return Self(None);
        };
        Self(T::read(&node, reader))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<T: Section + Setting> Field for Table<T> {
    fn read_field(fields: &mut Fields<'_>, name: &str, reader: &mut Reader<'_>) -> Self {
        let written = optional::<T>(fields, name, reader);
        Self(written.unwrap_or_else(|| {
            let mut empty = Fields::absent(join(&fields.path, name), fields.at.clone());
            T::read_fields(&mut empty, reader)
        }))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        T::schema(definitions)
    }
}

impl<R: Rule, T: Setting> Field for Map<R, T> {
    fn read_field(fields: &mut Fields<'_>, name: &str, reader: &mut Reader<'_>) -> Self {
        optional(fields, name, reader).unwrap_or(Self {
            entries: Vec::new(),
            at: fields.at.clone(),
            rule: PhantomData,
        })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        <Self as Setting>::schema(definitions)
    }
}

impl<R: Rule, T: Setting> Setting for Map<R, T> {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let Some(fields) = node.fields() else {
            reader.wrong_type(node, "a table");
            return None;
        };
        let mut entries = Vec::new();
        for (name, node) in fields.rest().0 {
            if !R::allows(name) {
                let message = format!("the name `{name}` must be {}", R::EXPECTED);
                reader.error("invalid-name", node.key(), message, None);
            }
            entries.push(Entry {
                name: name.to_owned(),
                at: node.key(),
                value: T::read(&node, reader),
            });
        }
        Some(Self {
            entries,
            at: node.key(),
            rule: PhantomData,
        })
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let value = T::schema(definitions);
        let mut schema = json!({ "type": "object", "additionalProperties": value });
        if !R::PATTERN.is_empty() {
            schema["propertyNames"] = json!({ "pattern": R::PATTERN });
        }
        schema
    }
}

/// The value of a key, if it is valid.
pub(super) fn optional<T: Setting>(
    fields: &mut Fields<'_>,
    name: &str,
    reader: &mut Reader<'_>,
) -> Option<T> {
    let node = fields.take(name)?;
    T::read(&node, reader)
}

pub(super) fn read_table<T: Section>(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<T> {
    let Some(mut fields) = node.fields() else {
        reader.wrong_type(node, "a table");
        return None;
    };
    let section = T::read_fields(&mut fields, reader);
    refuse_unknown(fields, reader);
    Some(section)
}

/// Reports each unknown key, with the nearest known one.
pub(super) fn refuse_unknown(fields: Fields<'_>, reader: &mut Reader<'_>) {
    let (unknown, known) = fields.rest();
    for (name, node) in unknown {
        let known = known.iter().map(String::as_str);
        let hint = (!reader.findings.are_many())
            .then(|| nearest::hint(name, "the keys here are", known))
            .flatten();
        let message = format!("there is no key `{}`", node.path());
        reader.error("unknown-key", node.key(), message, hint);
    }
}

/// The name of a section's field in the file.
pub(super) fn key_name(field: &str) -> String {
    field.trim_start_matches("r#").replace('_', "-")
}

pub(super) fn with_default<T: Setting + Into<Value>>(
    default: T,
    definitions: &mut Definitions,
) -> Value {
    let mut schema = T::schema(definitions);
    schema["default"] = default.into();
    schema
}

/// The schema of a section, as a named part.
pub(super) fn part<T: Section>(definitions: &mut Definitions) -> Value {
    definitions.part(T::NAME, |definitions| {
        let keys = T::keys(definitions);
        table_schema(T::ABOUT, keys, definitions.overlay)
    })
}

pub(super) fn table_schema(about: &str, keys: Vec<Key>, overlay: bool) -> Value {
    let required: Vec<&str> = keys
        .iter()
        .filter(|key| key.required && !overlay)
        .map(|key| key.name.as_str())
        .collect();
    let mut schema = json!({
        "type": "object",
        "description": about.trim(),
        "additionalProperties": false,
    });
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    let properties: Object<String, Value> = keys
        .into_iter()
        .map(|key| (key.name, described(key.schema, key.about)))
        .collect();
    schema["properties"] = properties.into();
    schema
}

/// In draft 7 nothing next to a `$ref` counts, so a part is wrapped to have a description.
fn described(schema: Value, about: String) -> Value {
    let mut schema = if schema.get("$ref").is_some() {
        json!({ "allOf": [schema] })
    } else {
        schema
    };
    schema["description"] = about.into();
    schema
}
