//! Event patterns: which events they match, and what is wrong with them.

mod condition;
mod error;
mod parse;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::condition::Condition;
pub use self::error::{PatternError, Segment};

/// A pattern with valid syntax.
#[derive(Debug, Clone)]
pub struct EventPattern(Fields);

/// All of these must match.
#[derive(Debug, Clone, Default)]
struct Fields {
    by_name: BTreeMap<String, Part>,
    /// Of each list, one must match.
    alternatives: Vec<Vec<Fields>>,
}

#[derive(Debug, Clone)]
enum Part {
    Fields(Fields),
    /// One of these must hold.
    Conditions(Vec<Condition>),
}

impl EventPattern {
    /// The longest pattern that `PutRule` takes, in characters of JSON.
    pub const LONGEST: usize = 4096;
    /// What an account may have without a larger quota.
    pub const USUAL: usize = 2048;

    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, each with its place.
    pub fn parse(pattern: &Value) -> Result<Self, Vec<PatternError>> {
        parse::pattern(pattern).map(Self)
    }

    pub fn matches(&self, event: &Value) -> bool {
        self.0.match_in(event)
    }
}

impl Fields {
    fn match_in(&self, value: &Value) -> bool {
        match value {
            // One of the objects in a list must match as a whole.
            Value::Array(items) => items.iter().any(|item| self.match_in(item)),
            Value::Object(members) => self.match_object(members),
            // A field of something that has none does not exist, which a pattern may ask for.
            _ => self.match_object(&Map::new()),
        }
    }

    fn match_object(&self, members: &Map<String, Value>) -> bool {
        let mut fields = self.by_name.iter();
        let absent = Value::Object(Map::new());
        fields.all(|(name, part)| match (part, members.get(name)) {
            (Part::Fields(fields), value) => fields.match_in(value.unwrap_or(&absent)),
            (Part::Conditions(any), value) => any.iter().any(|one| one.holds(value)),
        }) && self
            .alternatives
            .iter()
            .all(|any| any.iter().any(|fields| fields.match_object(members)))
    }
}

#[cfg(test)]
mod tests;
