//! What a Map iterates over, and where it comes from.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::Payload;
use crate::context::MapItem;

/// What one iteration gets: an item, or a batch of them.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    value: Payload,
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
            value: value.into(),
            key: None,
            source: STATE_DATA.into(),
            items,
        }
    }

    /// The input of the iteration, if there is no `ItemSelector`.
    pub(crate) fn input(&self) -> Payload {
        match &self.key {
            Some(key) => json!({ "Key": key, "Value": self.value.value() }).into(),
            None => self.value.clone(),
        }
    }

    /// What the context object shows of it.
    pub(crate) fn into_item(self, index: usize) -> MapItem {
        MapItem {
            index,
            key: self.key,
            value: self.value,
            source: self.source,
        }
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
            Found::Members(members) => members.len(),
        }
    }

    pub(super) fn truncated(mut self, most: usize) -> Self {
        self.found = match self.found {
            Found::List(mut items) => {
                items.truncate(most);
                Found::List(items)
            }
            Found::Members(members) => Found::Members(members.into_iter().take(most).collect()),
        };
        self
    }

    pub(super) fn into_batches(self) -> Vec<Batch> {
        let mut sources = self.sources.into_iter();
        let (mut source, mut left) = sources.next().unwrap_or_else(|| (STATE_DATA.into(), 0));
        let mut single = |key: Option<String>, item: Value| {
            while left == 0 {
                match sources.next() {
                    Some(next) => (source, left) = next,
                    None => left = usize::MAX,
                }
            }
            left -= 1;
            Batch {
                value: item.into(),
                key: key.map(String::into_boxed_str),
                source: Arc::clone(&source),
                items: 1,
            }
        };
        match self.found {
            Found::List(items) => items.into_iter().map(|item| single(None, item)).collect(),
            Found::Members(members) => { members.into_iter() }
                .map(|(key, item)| single(Some(key), item))
                .collect(),
        }
    }
}

/// What the caller has read for a distributed Map.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemsRead {
    /// An array or an object.
    pub items: Value,
    /// The URIs of the objects that the items were in, each with the number of its items. If there are none, all are in the
    /// object or the bucket that the request names.
    pub sources: Vec<(String, usize)>,
}

impl From<ItemsRead> for Payload {
    fn from(read: ItemsRead) -> Self {
        json!({ "Items": read.items, "Sources": read.sources }).into()
    }
}

impl ItemsRead {
    /// Those that the caller has reported; `source` is what the request names.
    pub(super) fn reported(payload: Payload, source: Arc<str>) -> Result<Items, Value> {
        let mut read = payload.into_value();
        let found = read.get_mut("Items").map(Value::take);
        let mut items = Items::of(found.unwrap_or_default(), source)?;
        let sources = read["Sources"].as_array().into_iter().flatten();
        let sources = sources.filter_map(|run| {
            let count = usize::try_from(run[1].as_u64()?).ok()?;
            Some((Arc::from(run[0].as_str()?), count))
        });
        let sources: Vec<_> = sources.collect();
        if !sources.is_empty() {
            items.sources = sources;
        }
        Ok(items)
    }
}
