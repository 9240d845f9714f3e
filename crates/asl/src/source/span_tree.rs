//! The positions in the text, as a tree with the shape of the value.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::{Map, Value};

use super::pointer::unescape;

/// The positions of one value and its key.
#[derive(Debug, Clone)]
pub(super) struct SpanTree {
    /// Byte span of the key; `None` for array items and the root.
    pub(super) key: Option<Range<usize>>,
    /// Byte span of the value.
    pub(super) value: Range<usize>,
    pub(super) children: SpanChildren,
}

#[derive(Debug, Clone)]
pub(super) enum SpanChildren {
    None,
    Items(Vec<SpanTree>),
    /// In the order of the text. If a key is repeated, the last one counts.
    Fields(Vec<(String, SpanTree)>),
}

impl SpanTree {
    /// The node at a JSON pointer.
    pub(super) fn descend(&self, pointer: &str) -> Option<&SpanTree> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer
            .strip_prefix('/')?
            .split('/')
            .try_fold(self, |place, token| place.child(&unescape(token)))
    }

    /// The same places under the keys of another value of this shape.
    pub(super) fn renamed(&self, value: &Value) -> SpanTree {
        let children = match (&self.children, value) {
            (SpanChildren::Items(places), Value::Array(items)) if places.len() == items.len() => {
                let places = places.iter().zip(items);
                SpanChildren::Items(places.map(|(place, item)| place.renamed(item)).collect())
            }
            (SpanChildren::Fields(fields), Value::Object(members)) => {
                SpanChildren::Fields(renamed(fields, members))
            }
            (other, _) => other.clone(),
        };
        SpanTree {
            key: self.key.clone(),
            value: self.value.clone(),
            children,
        }
    }

    fn child(&self, token: &str) -> Option<&SpanTree> {
        match &self.children {
            SpanChildren::None => None,
            SpanChildren::Items(items) => items.get(token.parse::<usize>().ok()?),
            SpanChildren::Fields(fields) => {
                let field = fields.iter().rev().find(|(name, _)| name == token)?;
                Some(&field.1)
            }
        }
    }
}

/// A key that is repeated in the text is once in the object, where it was first.
fn renamed(fields: &[(String, SpanTree)], members: &Map<String, Value>) -> Vec<(String, SpanTree)> {
    let mut members = members.iter();
    let mut found: HashMap<&str, Option<(&String, &Value)>> = HashMap::new();
    let fields = fields.iter().map(|(name, place)| {
        let member = found.entry(name).or_insert_with(|| members.next());
        match member {
            Some((key, value)) => ((*key).clone(), place.renamed(value)),
            None => (name.clone(), place.clone()),
        }
    });
    fields.collect()
}
