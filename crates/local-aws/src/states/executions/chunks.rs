//! A part of a history, for which only the chunks are read that hold it: a history has up to 25,000 events, and is looked at each
//! second while it grows.

use std::ops::Range;

use serde_json::Value;

use crate::fault::Fault;
use crate::states::States;
use crate::store::Table;

/// The chunks of a history.
pub(super) struct Chunks {
    /// The index of the first event of each, and its key.
    keys: Vec<(usize, String)>,
    /// How many events there are in all.
    pub len: usize,
}

impl States {
    /// Of all events that the execution has queued so far.
    pub(super) async fn chunks(&self, execution_arn: &str) -> Result<Chunks, Fault> {
        self.store.write(Vec::new()).done().await?;
        let prefix = format!("{execution_arn}|");
        let keys = self.store.keys(Table::History, &prefix)?.into_iter();
        let keys: Vec<(usize, String)> = keys
            .filter_map(|key| {
                let first: usize = key.strip_prefix(&prefix)?.parse().ok()?;
                // Ids begin at 1, and leave none out.
                Some((first.checked_sub(1)?, key))
            })
            .collect();
        let len = match keys.last() {
            Some((first, key)) => first + self.chunk(key)?.len(),
            None => 0,
        };
        Ok(Chunks { keys, len })
    }

    /// The events with these indexes, as far as there are such.
    pub(super) fn events(
        &self,
        chunks: &Chunks,
        wanted: Range<usize>,
    ) -> Result<Vec<Value>, Fault> {
        let mut events = Vec::new();
        for (at, (first, key)) in chunks.keys.iter().enumerate() {
            let next = chunks.keys.get(at + 1);
            let end = next.map_or(chunks.len, |(next, _)| *next);
            if *first >= wanted.end || end <= wanted.start {
                continue;
            }
            let indexed = (*first..).zip(self.chunk(key)?);
            events.extend(
                indexed.filter_map(|(index, event)| wanted.contains(&index).then_some(event)),
            );
        }
        Ok(events)
    }

    fn chunk(&self, key: &str) -> Result<Vec<Value>, Fault> {
        // It may have been removed with its execution meanwhile.
        let Some(chunk) = self.store.get(Table::History, key)? else {
            return Ok(Vec::new());
        };
        serde_json::from_slice(&chunk).map_err(Fault::storage)
    }
}
