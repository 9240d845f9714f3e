//! The journal of an execution: writes its events and its end.

use std::sync::Arc;

use serde_json::Value;
use txflow_asl::history::Event;
use txflow_asl::{Outcome, Status};

use super::record::Record;
use crate::clock::Millis;
use crate::fault::Fault;
use crate::states::logging::ExecutionLog;
use crate::store::{Change, Store, Table};

pub(super) struct Journal {
    store: Arc<Store>,
    /// Express executions have no record and no history.
    record: Option<Record>,
    log: Option<ExecutionLog>,
    pending: Vec<Value>,
}

impl Journal {
    pub(super) fn new(
        store: &Arc<Store>,
        record: Option<Record>,
        log: Option<ExecutionLog>,
    ) -> Journal {
        Journal {
            store: Arc::clone(store),
            record,
            log,
            pending: Vec::new(),
        }
    }

    /// The store, and the record of the execution if it has one.
    pub(super) fn parts(&self) -> (&Arc<Store>, Option<&Record>) {
        (&self.store, self.record.as_ref())
    }

    pub(super) fn add(&mut self, events: &[Event]) {
        if let Some(log) = &self.log {
            log.write(events);
        }
        if let (Some(record), Some(last)) = (&mut self.record, events.last()) {
            record.last_event = last.id;
            self.pending.extend(events.iter().map(Event::to_json));
        }
    }

    /// Queues the pending events for writing. Nobody waits for it: reading a history waits for everything queued
    /// before.
    pub(super) fn flush(&mut self) {
        if let Ok(changes) = self.take_events()
            && !changes.is_empty()
        {
            self.store.write(changes).later();
        }
    }

    /// Writes the end. When this returns, it is on disk.
    pub(super) async fn finish(&mut self, outcome: &Outcome, stopped: Millis) -> Result<(), Fault> {
        let mut changes = self.take_events()?;
        let Some(mut record) = self.record.take() else {
            return Ok(());
        };
        record.status = outcome.status.as_str().to_owned();
        record.stopped = Some(stopped);
        record.output = outcome
            .output
            .as_ref()
            .map(|output| output.text().to_owned());
        record.error.clone_from(&outcome.error);
        record.cause.clone_from(&outcome.cause);
        debug_assert!(record.output.is_none() || outcome.status == Status::Succeeded);
        changes.extend(record.changes()?);
        self.store.write(changes).done().await
    }

    fn take_events(&mut self) -> Result<Vec<Change>, Fault> {
        let Some(record) = &self.record else {
            return Ok(Vec::new());
        };
        let chunks = self.pending.chunks(CHUNK).map(|events| {
            Ok(Change::Put {
                table: Table::History,
                key: history_key(&record.arn, events[0]["id"].as_u64().unwrap_or_default()),
                value: serde_json::to_vec(events).map_err(Fault::storage)?,
            })
        });
        let changes = chunks.collect::<Result<_, Fault>>()?;
        self.pending.clear();
        Ok(changes)
    }
}

/// How many events are stored together. A page of a history reads those that hold it.
const CHUNK: usize = 500;

/// The key of a chunk of events that starts with event `first`.
pub(super) fn history_key(execution_arn: &str, first: u64) -> String {
    format!("{execution_arn}|{first:08}")
}
