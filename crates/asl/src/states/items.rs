//! What a Map iterates over, and where it comes from.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::context::MapItem;
use crate::failure::Failure;
use crate::payload::Held;
use crate::{Packed, Payload};

/// What one iteration gets: an item, or a batch of them.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    value: Held,
    /// Set if the item is a member of an object.
    key: Option<Box<str>>,
    source: Arc<str>,
    /// The number of items in it.
    pub(crate) items: usize,
}

impl Batch {
    /// Several items as one input.
    pub(super) fn of(value: Value, items: usize) -> Self {
        Self {
            value: Held::Packed((&value).into()),
            key: None,
            source: STATE_DATA.into(),
            items,
        }
    }

    /// The input of the iteration, if there is no `ItemSelector`, and what the context object shows of it.
    pub(crate) fn open(self, index: usize) -> (Payload, MapItem) {
        let value = self.value.into_payload();
        let input = match &self.key {
            Some(key) => json!({ "Key": key, "Value": value.value() }).into(),
            None => value.clone(),
        };
        let item = MapItem {
            index,
            key: self.key,
            value,
            source: self.source,
        };
        (input, item)
    }
}

/// What a Map iterates over.
#[derive(Debug)]
pub(crate) struct Items {
    found: Found,
    /// Where they come from, each with the number of its items. What follows comes from the last one.
    sources: Vec<(Arc<str>, usize)>,
}

#[derive(Debug)]
enum Found {
    List(Vec<Value>),
    /// Those that were read, of which there may be many.
    Packed(Vec<Packed>),
    /// The members of an object, in their order.
    Members(serde_json::Map<String, Value>),
}

/// `$$.Map.Item.Source` of an item that is in the input of the state. Source of this and of the URIs of those that are read:
/// <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html>. It writes them with `S3://`; in a
/// run on AWS they had `s3://`.
pub(crate) const STATE_DATA: &str = "STATE_DATA";

impl Items {
    /// Returns a value over which nothing can iterate.
    pub(crate) fn of(value: Value, source: Arc<str>) -> Result<Self, Value> {
        let found = match value {
            Value::Array(items) => Found::List(items),
            Value::Object(members) => Found::Members(members),
            other => return Err(other),
        };
        Ok(Self {
            found,
            sources: vec![(source, usize::MAX)],
        })
    }

    /// The payload that an `ItemReader` has found; `source` is what its request names.
    pub(crate) fn reported(payload: Value, source: Arc<str>) -> Result<Self, Failure> {
        Self::of(payload, source).map_err(|_| {
            let cause = "Attempting to map over non-iterable node.";
            Failure::new("States.ItemReaderFailed", cause)
        })
    }

    /// What an `ItemReader` has read; `source` is what its request names.
    pub(crate) fn read(read: ItemsRead, source: Arc<str>) -> Self {
        let sources = read.sources.into_iter();
        let mut sources: Vec<_> = sources.map(|(uri, count)| (uri.into(), count)).collect();
        if sources.is_empty() {
            sources.push((source, usize::MAX));
        }
        Self {
            found: Found::Packed(read.items),
            sources,
        }
    }

    /// Those of an `ItemReader`, before they are read.
    pub(super) fn to_be_read() -> Self {
        Self {
            found: Found::List(Vec::new()),
            sources: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match &self.found {
            Found::List(items) => items.len(),
            Found::Packed(items) => items.len(),
            Found::Members(members) => members.len(),
        }
    }

    pub(super) fn truncated(mut self, most: usize) -> Self {
        self.found = match self.found {
            Found::List(mut items) => {
                items.truncate(most);
                Found::List(items)
            }
            Found::Packed(mut items) => {
                items.truncate(most);
                Found::Packed(items)
            }
            Found::Members(members) => Found::Members(members.into_iter().take(most).collect()),
        };
        self
    }

    pub(super) fn into_batches(self) -> Vec<Batch> {
        let mut sources = self.sources.into_iter();
        let (mut source, mut left) = sources.next().unwrap_or_else(|| (STATE_DATA.into(), 0));
        let mut single = |key: Option<String>, value: Held| {
            while left == 0 {
                match sources.next() {
                    Some(next) => (source, left) = next,
                    None => left = usize::MAX,
                }
            }
            left -= 1;
            Batch {
                value,
                key: key.map(String::into_boxed_str),
                source: Arc::clone(&source),
                items: 1,
            }
        };
        let whole = |item: Value| Held::Payload(item.into());
        match self.found {
            Found::List(items) => { items.into_iter() }
                .map(|item| single(None, whole(item)))
                .collect(),
            Found::Packed(items) => { items.into_iter() }
                .map(|item| single(None, Held::Packed(item)))
                .collect(),
            Found::Members(members) => { members.into_iter() }
                .map(|(key, item)| single(Some(key), whole(item)))
                .collect(),
        }
    }
}

/// What the caller has read for a distributed Map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemsRead {
    /// Each as its text.
    pub items: Vec<Packed>,
    /// The URIs of the objects that the items were in, each with the number of its items. If there are none, all are in the
    /// object or the bucket that the request names.
    pub sources: Vec<(String, usize)>,
}

impl From<Vec<Packed>> for ItemsRead {
    fn from(items: Vec<Packed>) -> Self {
        let sources = Vec::new();
        Self { items, sources }
    }
}
