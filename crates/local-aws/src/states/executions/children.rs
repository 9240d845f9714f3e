//! The children of the Map Runs of an execution, on their way to the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use txflow_asl::history::Event;
use txflow_asl::{ChildExecution, ChildUpdate, Packed, Step};

use super::journal::{Journal, history_key};
use super::map_runs::{listed, machine_of, put, shown};
use super::record::{Record, millis};
use crate::fault::Fault;
use crate::store::{Change, Commit, Store, Table};

/// How many children that have ended are written at once.
const FULL: usize = 1000;

/// How much text of events waits at most.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// The keys of what the express children of a Map Run have returned.
pub(super) const OUTPUTS: &str = "map-run-outputs/";

/// What the Map Runs of one execution have to write.
pub(super) struct Children {
    store: Arc<Store>,
    /// The record of the execution; express executions have none, and so their Map Runs are not shown.
    parent: Option<Record>,
    /// Those that run. They are written when the execution waits, which most do not live to see.
    running: BTreeMap<Arc<str>, Pending>,
    ended: Vec<Pending>,
    /// The length of the events of all of them.
    bytes: usize,
    runs: BTreeMap<String, Value>,
    /// What the express children of Map Runs that failed have returned, for a redrive.
    outputs: Vec<Change>,
    /// What was written when there was much.
    writing: Commit,
}

struct Pending {
    record: Record,
    /// The id of the first of the events, and their text as JSON without the last bracket.
    first: u64,
    events: Vec<u8>,
}

impl Children {
    pub(super) fn of(journal: &Journal) -> Children {
        let (store, parent) = journal.parts();
        Children {
            store: Arc::clone(store),
            parent: parent.cloned(),
            running: BTreeMap::new(),
            ended: Vec::new(),
            bytes: 0,
            runs: BTreeMap::new(),
            outputs: Vec::new(),
            writing: Commit::DONE,
        }
    }

    pub(super) fn add(&mut self, step: &Step) {
        let Some(parent) = &self.parent else {
            return;
        };
        for update in &step.children {
            let arn = &update.child.arn;
            let pending = self.running.remove(arn);
            let mut pending = pending.unwrap_or_else(|| Pending::new(parent, &update.child));
            let before = pending.events.len();
            pending.add(update);
            self.bytes += pending.events.len() - before;
            match update.end {
                Some(_) => self.ended.push(pending),
                None => drop(self.running.insert(Arc::clone(arn), pending)),
            }
        }
        for report in &step.map_runs {
            let arn = report.arn.to_string();
            for (chunk, outputs) in (0..).zip(report.outputs.chunks(FULL)) {
                self.outputs.push(put_outputs(&arn, chunk, outputs));
            }
            self.runs.insert(arn, shown(parent, report));
        }
    }

    /// Writes if there is much to write. The execution goes on meanwhile, but does not get further ahead of the disk than
    /// this.
    pub(super) async fn flush_full(&mut self) -> Result<(), Fault> {
        let writing = if self.bytes >= MOST_BYTES {
            self.flush()
        } else if self.ended.len() >= FULL {
            self.write_ended(Vec::new())
        } else {
            return Ok(());
        };
        std::mem::replace(&mut self.writing, writing).done().await
    }

    /// Writes all that there is.
    pub(super) fn flush(&mut self) -> Commit {
        let mut changes = std::mem::take(&mut self.outputs);
        for pending in std::mem::take(&mut self.running).into_values() {
            self.bytes -= pending.events.len();
            pending.write(&mut changes);
        }
        for (arn, run) in std::mem::take(&mut self.runs) {
            changes.extend(listed(&arn, &run));
        }
        self.write_ended(changes)
    }

    fn write_ended(&mut self, mut changes: Vec<Change>) -> Commit {
        for pending in std::mem::take(&mut self.ended) {
            self.bytes -= pending.events.len();
            pending.write(&mut changes);
        }
        match changes.is_empty() {
            true => Commit::DONE,
            false => self.store.write(changes),
        }
    }
}

impl Pending {
    fn new(parent: &Record, child: &ChildExecution) -> Pending {
        Pending {
            record: child_record(parent, child),
            first: 0,
            events: Vec::new(),
        }
    }

    fn add(&mut self, update: &ChildUpdate) {
        update.events.iter().for_each(|event| self.add_event(event));
        if let Some(end) = &update.end {
            let record = &mut self.record;
            record.status = end.outcome.status.as_str().to_owned();
            record.stopped = Some(millis(end.stopped));
            record.output = { end.outcome.output.as_ref() }.map(|output| output.text().to_owned());
            record.error.clone_from(&end.outcome.error);
            record.cause.clone_from(&end.outcome.cause);
        }
    }

    fn add_event(&mut self, event: &Event) {
        if self.events.is_empty() {
            self.first = event.id;
        }
        self.events
            .push(if self.events.is_empty() { b'[' } else { b',' });
        // Writing a value to memory does not fail.
        let _ = serde_json::to_writer(&mut self.events, &event.to_json());
        self.record.last_event = event.id;
    }

    fn write(mut self, changes: &mut Vec<Change>) {
        // Serializing a record does not fail.
        changes.extend(self.record.changes().unwrap_or_default());
        if !self.events.is_empty() {
            self.events.push(b']');
            changes.push(Change::Put {
                table: Table::History,
                key: history_key(&self.record.arn, self.first),
                value: self.events,
            });
        }
    }
}

fn put_outputs(arn: &str, chunk: usize, outputs: &[(usize, Packed)]) -> Change {
    let outputs: Vec<(usize, &str)> = { outputs.iter() }
        .map(|(index, output)| (*index, output.text()))
        .collect();
    // Serializing texts does not fail.
    let value = serde_json::to_vec(&outputs).unwrap_or_default();
    put(format!("{OUTPUTS}{arn}|{chunk:08}"), value)
}

fn child_record(parent: &Record, child: &ChildExecution) -> Record {
    Record {
        arn: child.arn.to_string(),
        name: child.name.clone(),
        machine_arn: machine_of(&child.map_run_arn),
        version_arn: None,
        alias_arn: None,
        status: "RUNNING".to_owned(),
        started: millis(child.started),
        stopped: None,
        input: child.input.text().to_owned(),
        output: None,
        error: None,
        cause: None,
        trace_header: None,
        definition: parent.definition.clone(),
        role: parent.role.clone(),
        revision_id: None,
        mock_case: None,
        redrives: child.redrive_count,
        redriven: (child.redrive_count > 0)
            .then_some(parent.redriven)
            .flatten(),
        map_run: Some((child.map_run_arn.to_string(), child.index)),
        last_event: 0,
    }
}

#[cfg(test)]
mod tests {
    use txflow_asl::{ChildEnd, Outcome, Payload, Status, Timestamp};

    use super::*;

    fn parent() -> Record {
        Record {
            arn: "arn:aws:states:us-east-1:1:execution:m:e".to_owned(),
            name: "e".to_owned(),
            machine_arn: "arn:aws:states:us-east-1:1:stateMachine:m".to_owned(),
            version_arn: None,
            alias_arn: None,
            status: "RUNNING".to_owned(),
            started: 0,
            stopped: None,
            input: "{}".to_owned(),
            output: None,
            error: None,
            cause: None,
            trace_header: None,
            definition: String::new(),
            role: String::new(),
            revision_id: None,
            mock_case: None,
            redrives: 0,
            redriven: None,
            map_run: None,
            last_event: 0,
        }
    }

    fn child(index: usize) -> Arc<ChildExecution> {
        Arc::new(ChildExecution {
            arn: format!("arn:aws:states:us-east-1:1:execution:m/M:{index:04}").into(),
            name: format!("{index:04}"),
            map_run_arn: "arn:aws:states:us-east-1:1:mapRun:m/M:r".into(),
            index,
            item_count: 1,
            input: Payload::from(Value::from(index)),
            started: Timestamp::from_millis(0),
            redrive_count: 0,
        })
    }

    fn updates(children: impl Iterator<Item = usize>, ended: bool) -> Step {
        let update = |index: usize| {
            let child = child(index);
            let end = ended.then(|| ChildEnd {
                child: Arc::clone(&child),
                outcome: Outcome {
                    status: Status::Succeeded,
                    output: Some(Payload::from(Value::from(1))),
                    error: None,
                    cause: None,
                },
                stopped: Timestamp::from_millis(1),
                redrivable: true,
            });
            ChildUpdate {
                child,
                events: Vec::new(),
                end,
            }
        };
        Step {
            children: children.map(update).collect(),
            ..Step::default()
        }
    }

    fn statuses(store: &Store) -> Vec<String> {
        let stored = store.scan(Table::Executions, "", None, usize::MAX).unwrap();
        let status = |record: &[u8]| {
            let record: Record = serde_json::from_slice(record).unwrap();
            record.status
        };
        stored.iter().map(|(_, record)| status(record)).collect()
    }

    /// Each of 100,000 children would be written twice otherwise.
    #[tokio::test]
    async fn a_child_is_stored_once_it_has_ended_or_the_execution_waits() {
        let store = Store::in_memory();
        let mut children = Children::of(&Journal::new(&store, Some(parent()), None));
        children.add(&updates(0..=FULL, false));
        children.flush_full().await.unwrap();
        assert_eq!(statuses(&store), [""; 0]);
        children.add(&updates(0..FULL - 1, true));
        children.flush_full().await.unwrap();
        assert_eq!(statuses(&store), [""; 0]);
        children.add(&updates(FULL - 1..FULL, true));
        children.flush_full().await.unwrap();
        assert_eq!(statuses(&store), ["SUCCEEDED"; FULL]);
        children.flush().done().await.unwrap();
        assert_eq!(statuses(&store)[FULL..], ["RUNNING"]);
    }
}
