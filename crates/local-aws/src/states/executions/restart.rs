//! Recovery: what the start of a server does about executions that were interrupted with a previous one.

use serde_json::json;

use super::journal::history_key;
use super::record::{RUNNING, Record};
use crate::clock;
use crate::fault::Fault;
use crate::states::States;
use crate::store::{Change, StoreError, Table};

const ERROR: &str = "LocalAws.Stopped";
const CAUSE: &str = "The local AWS was stopped while the execution ran";

impl States {
    /// Ends the executions that a previous server left running, with the reason, and finishes deletions. Runs before
    /// the first call.
    pub(in crate::states) async fn end_interrupted(&self) -> Result<(), StoreError> {
        let failed = |fault: Fault| StoreError::Io(std::io::Error::other(fault.message));
        let running = self
            .store
            .scan(Table::Resources, RUNNING, None, usize::MAX)
            .map_err(failed)?;
        for (key, _) in running {
            self.abort(&key[RUNNING.len()..]).await.map_err(failed)?;
        }
        self.remove_deleted().await.map_err(failed)
    }

    async fn abort(&self, arn: &str) -> Result<(), Fault> {
        let Some(mut record) = self.record(arn)? else {
            return Ok(());
        };
        let now = self.conditions.now();
        let last = self
            .history(arn)
            .await?
            .last()
            .and_then(|event| event["id"].as_u64())
            .unwrap_or_default();
        let event = json!([{
            "timestamp": clock::seconds(now),
            "type": "ExecutionAborted",
            "id": last + 1,
            "previousEventId": last,
            "executionAbortedEventDetails": { "error": ERROR, "cause": CAUSE },
        }]);
        Record::end(&mut record, now);
        let mut changes = record.changes()?;
        changes.push(Change::Put {
            table: Table::History,
            key: history_key(arn, last + 1),
            value: serde_json::to_vec(&event).map_err(Fault::storage)?,
        });
        self.store.write(changes).done().await
    }
}

impl Record {
    fn end(&mut self, now: clock::Millis) {
        self.status = "ABORTED".to_owned();
        self.stopped = Some(now);
        self.error = Some(ERROR.to_owned());
        self.cause = Some(CAUSE.to_owned());
    }
}
