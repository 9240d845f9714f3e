//! The text that a definition was read from.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use txflow_asl::source::{Source as Asl, push_token};

use super::Place;
use super::source::Source;
use super::template::fits;

/// Leads from a part of a definition to its place in the file.
#[derive(Clone, Default)]
pub struct DefinitionText(Option<Arc<(Source, Asl)>>);

impl DefinitionText {
    /// `asl` has the template as its value.
    pub(super) fn new(source: Source, asl: Asl) -> Self {
        Self(Some(Arc::new((source, asl))))
    }

    /// A definition by itself, as JSON or YAML.
    #[cfg(test)]
    pub fn sample(path: &str, text: &str) -> Self {
        let asl = match path.ends_with(".yaml") {
            true => Asl::from_yaml(text),
            false => Asl::from_json(text),
        };
        let asl = asl.expect("a definition");
        Self::new(Source::new(path.into(), text.to_owned()), asl)
    }

    /// The whole text.
    pub fn whole(&self) -> &str {
        self.0.as_deref().map_or("", |(source, _)| source.text())
    }

    /// The place of the key of the value at a JSON pointer, or that of the value if it is an item of a list. The pointer is
    /// one of the template, or of what becomes of it.
    pub fn key_place(&self, pointer: &str) -> Option<Place> {
        let (source, asl) = self.0.as_deref()?;
        let pointer = in_template(asl.value(), pointer)?;
        let place = asl.locate_key(&pointer).or_else(|| asl.locate(&pointer))?;
        Some(source.place(place.span, &[]))
    }

    /// The place of the value at such a JSON pointer.
    pub fn place(&self, pointer: &str) -> Option<Place> {
        let (source, asl) = self.0.as_deref()?;
        let pointer = in_template(asl.value(), pointer)?;
        let value = asl.locate(&pointer)?;
        // The definition holds no secrets.
        Some(source.place(value.span, &[]))
    }
}

/// The JSON pointer with the keys of the template in place of what became of them.
fn in_template(template: &Value, pointer: &str) -> Option<String> {
    let mut found = String::new();
    let mut value = template;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        let (key, member) = match value {
            Value::Object(members) => { members.get_key_value(&token) }
                .or_else(|| members.iter().find(|(key, _)| fits(key, &token)))
                .map(|(key, member)| (key.as_str(), member))?,
            Value::Array(items) => (token.as_str(), items.get(token.parse::<usize>().ok()?)?),
            // A text that became a list.
            _ => return None,
        };
        push_token(&mut found, key);
        value = member;
    }
    Some(found)
}

/// Definitions are the same if they say the same, wherever they were read.
impl PartialEq for DefinitionText {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for DefinitionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DefinitionText")
    }
}
