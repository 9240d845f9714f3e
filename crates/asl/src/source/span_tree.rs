//! The positions in the text, as a tree with the shape of the value.

use std::ops::Range;

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
