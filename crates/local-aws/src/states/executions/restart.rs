//! Recovery: what the start of a server does about executions that were interrupted with a previous one.

use serde_json::{Value, json};

use super::journal::history_key;
use super::map_runs;
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
        let mut left: Vec<String> = { running.iter() }
            .map(|(key, _)| key[RUNNING.len()..].to_owned())
            .collect();
        while let Some(arn) = left.pop() {
            self.abort(&arn).await.map_err(failed)?;
            left.extend(self.abort_map_runs(&arn).await.map_err(failed)?);
        }
        self.finish_deletions().await.map_err(failed)
    }

    /// Ends the Map Runs that went with an execution, and gives their children that were running.
    async fn abort_map_runs(&self, execution: &str) -> Result<Vec<String>, Fault> {
        let mut children = Vec::new();
        let mut changes = Vec::new();
        for (arn, mut run) in self.map_runs_of(execution)? {
            if run["status"] != "RUNNING" {
                continue;
            }
            end_map_run(&mut run, self.conditions.now());
            changes.push(map_runs::stored(&arn, &run));
            let prefix = format!("{arn}|");
            let listed = self
                .store
                .scan(Table::ExecutionIndex, &prefix, None, usize::MAX)?;
            children.extend(listed.iter().filter_map(|(_, summary)| {
                let summary: Value = serde_json::from_slice(summary).ok()?;
                let running = summary["status"] == "RUNNING";
                running.then(|| summary["executionArn"].as_str().map(str::to_owned))?
            }));
        }
        self.store.write(changes).done().await?;
        Ok(children)
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
            "previousEventId": 0,
            "executionAbortedEventDetails": { "error": ERROR, "cause": CAUSE },
        }]);
        Record::end(&mut record, now);
        record.last_event = last + 1;
        let mut changes = record.changes()?;
        changes.push(Change::Put {
            table: Table::History,
            key: history_key(arn, last + 1),
            value: serde_json::to_vec(&event).map_err(Fault::storage)?,
        });
        self.store.write(changes).done().await
    }
}

/// What was left of it counts as aborted.
fn end_map_run(run: &mut Value, now: clock::Millis) {
    run["status"] = json!("ABORTED");
    run["stopDate"] = json!(clock::seconds(now));
    for counts in ["itemCounts", "executionCounts"] {
        let of = |name: &str| run[counts][name].as_u64().unwrap_or_default();
        let aborted = of("aborted") + of("running") + of("pending") + of("pendingRedrive");
        run[counts]["aborted"] = json!(aborted);
        run[counts]["running"] = json!(0);
        run[counts]["pending"] = json!(0);
        run[counts]["pendingRedrive"] = json!(0);
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
