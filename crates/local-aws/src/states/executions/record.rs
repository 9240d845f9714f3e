//! An execution as it is stored and shown.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use txflow_asl::Timestamp;
use txflow_asl::limits::MAX_REDRIVABLE_EVENTS;

use super::lock;
use crate::clock::{self, Millis};
use crate::fault::Fault;
use crate::states::States;
use crate::store::{Change, Table};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) machine_arn: String,
    pub(super) version_arn: Option<String>,
    pub(super) alias_arn: Option<String>,
    /// As in the API: `RUNNING`, `SUCCEEDED`, ….
    pub(super) status: String,
    pub(super) started: Millis,
    pub(super) stopped: Option<Millis>,
    pub(super) input: String,
    pub(super) output: Option<String>,
    pub(super) error: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) trace_header: Option<String>,
    /// The hash of its definition, see [`definition_hash`].
    pub(super) definition: String,
    pub(super) role: String,
    pub(super) revision_id: Option<String>,
    pub(super) mock_case: Option<String>,
    pub(super) redrives: u64,
    pub(super) redriven: Option<Millis>,
    /// The Map Run that it is a child of, and its position there.
    #[serde(default)]
    pub(super) map_run: Option<(String, usize)>,
    /// The id of the last event of its history, once it has ended.
    #[serde(default)]
    pub(super) last_event: u64,
}

/// How long after its end an execution can be redriven: 14 days.
const REDRIVABLE: Millis = 14 * 24 * 3600 * 1000;

impl Record {
    /// The changes that store the record and its list entry.
    pub(super) fn changes(&self) -> Result<Vec<Change>, Fault> {
        let bytes = |value: Result<Vec<u8>, serde_json::Error>| value.map_err(Fault::storage);
        let (arn, running) = (self.arn.clone(), running_key(&self.arn));
        let mut changes = vec![
            Change::Put {
                table: Table::Executions,
                key: arn,
                value: bytes(serde_json::to_vec(self))?,
            },
            Change::Put {
                table: Table::ExecutionIndex,
                key: self.index_key(),
                value: bytes(serde_json::to_vec(&self.summary()))?,
            },
        ];
        // A child of a Map Run is interrupted with its parent.
        if self.map_run.is_none() {
            // Lets the next start find interrupted executions without reading the finished ones.
            changes.push(match self.status.as_str() {
                "RUNNING" => Change::Put {
                    table: Table::Resources,
                    key: running,
                    value: Vec::new(),
                },
                _ => Change::Delete {
                    table: Table::Resources,
                    key: running,
                },
            });
        }
        Ok(changes)
    }

    /// Sorts the executions of a state machine by start, newest first.
    fn index_key(&self) -> String {
        format!(
            "{}|{:020}|{}",
            { self.map_run.as_ref() }.map_or(&self.machine_arn, |(arn, _)| arn),
            u64::MAX - self.started,
            self.arn
        )
    }

    /// The entry in ListExecutions.
    fn summary(&self) -> Value {
        let mut shown = json!({
            "executionArn": self.arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": clock::seconds(self.started),
            "redriveCount": self.redrives,
        });
        self.add_optional(&mut shown);
        shown
    }

    /// DescribeExecution's answer.
    pub(super) fn describe(&self, now: Millis) -> Value {
        let mut shown = json!({
            "executionArn": self.arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": clock::seconds(self.started),
            "input": self.input,
            "inputDetails": { "included": true },
            "redriveCount": self.redrives,
        });
        self.add_optional(&mut shown);
        if let Some(output) = &self.output {
            shown["output"] = json!(output);
            shown["outputDetails"] = json!({ "included": true });
        }
        for (member, value) in [
            ("error", &self.error),
            ("cause", &self.cause),
            ("traceHeader", &self.trace_header),
        ] {
            if let Some(value) = value {
                shown[member] = json!(value);
            }
        }
        match self.not_redrivable(now) {
            None if self.map_run.is_some() => {
                shown["redriveStatus"] = json!("REDRIVABLE_BY_MAP_RUN");
            }
            None => shown["redriveStatus"] = json!("REDRIVABLE"),
            Some(reason) => {
                shown["redriveStatus"] = json!("NOT_REDRIVABLE");
                shown["redriveStatusReason"] = json!(reason);
            }
        }
        shown
    }

    /// Why RedriveExecution would refuse it, in AWS's words.
    pub(super) fn not_redrivable(&self, now: Millis) -> Option<String> {
        if let status @ ("RUNNING" | "SUCCEEDED") = self.status.as_str() {
            return Some(format!("Execution is {status} and cannot be redriven"));
        }
        if self.last_event >= MAX_REDRIVABLE_EVENTS {
            return Some("Execution history event limit exceeded".to_owned());
        }
        let ended = self.stopped.unwrap_or(now);
        let over = now.saturating_sub(ended) > REDRIVABLE;
        over.then(|| "Execution redrivable period exceeded".to_owned())
    }

    fn add_optional(&self, shown: &mut Value) {
        if let Some((map_run, _)) = &self.map_run {
            shown["mapRunArn"] = json!(map_run);
        }
        let dates = [("stopDate", self.stopped), ("redriveDate", self.redriven)];
        for (member, at) in dates
            .into_iter()
            .filter_map(|(member, at)| Some((member, at?)))
        {
            shown[member] = json!(clock::seconds(at));
        }
        let arns = [
            ("stateMachineVersionArn", &self.version_arn),
            ("stateMachineAliasArn", &self.alias_arn),
        ];
        for (member, arn) in arns
            .into_iter()
            .filter_map(|(member, arn)| Some((member, arn.as_ref()?)))
        {
            shown[member] = json!(arn);
        }
    }
}

impl States {
    /// The change that stores the definition of a record's execution, unless it is stored already. It outlives the
    /// revision that it comes from, since DescribeStateMachineForExecution and a redrive need it.
    pub(super) fn keep_definition(&self, record: &Record, text: &str) -> Option<Change> {
        let new = lock(&self.executions.kept_definitions).insert(record.definition.clone());
        new.then(|| Change::Put {
            table: Table::Resources,
            key: format!("definition/{}", record.definition),
            value: text.as_bytes().to_vec(),
        })
    }

    /// The text of a definition that an execution ran.
    pub(super) fn definition(&self, record: &Record) -> Result<String, Fault> {
        let key = format!("definition/{}", record.definition);
        let bytes = self
            .store
            .get(Table::Resources, &key)?
            .ok_or_else(|| Fault::storage("a definition is missing"))?;
        String::from_utf8(bytes).map_err(Fault::storage)
    }

    pub(super) fn record(&self, arn: &str) -> Result<Option<Record>, Fault> {
        let Some(bytes) = self.store.get(Table::Executions, arn)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(Fault::storage)
    }
}

pub(super) fn definition_hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

/// The key prefix of running executions, followed by their ARN.
pub(super) const RUNNING: &str = "running/";

fn running_key(arn: &str) -> String {
    format!("{RUNNING}{arn}")
}

pub(super) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millis(i64::try_from(at).unwrap_or(i64::MAX))
}

pub(super) fn millis(at: Timestamp) -> Millis {
    Millis::try_from(at.as_millis()).unwrap_or_default()
}
