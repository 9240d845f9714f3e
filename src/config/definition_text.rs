//! The text that a definition was read from.

use std::fmt;
use std::sync::Arc;

use txflow_asl::source::Source as Asl;

use super::Place;
use super::source::Source;

/// Leads from a part of a definition to its place in the file.
#[derive(Clone, Default)]
pub struct DefinitionText(Option<Arc<(Source, Asl)>>);

impl DefinitionText {
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

    /// The place of the key of the value at a JSON pointer, or that of the value if it is an item of a list.
    pub fn key_place(&self, pointer: &str) -> Option<Place> {
        let (source, asl) = self.0.as_deref()?;
        let place = asl.locate_key(pointer).or_else(|| asl.locate(pointer))?;
        Some(source.place(place.span, &[]))
    }

    /// The place of the value at a JSON pointer.
    pub fn place(&self, pointer: &str) -> Option<Place> {
        let (source, asl) = self.0.as_deref()?;
        let value = asl.locate(pointer)?;
        // The definition holds no secrets.
        Some(source.place(value.span, &[]))
    }
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
