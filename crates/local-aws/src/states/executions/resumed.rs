//! What a redrive finds of the Map Runs of an execution: which children have succeeded, and where others stopped.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use txflow_asl::states::Program;
use txflow_asl::{ChildBefore, Payload, ResumedChild, ResumedMapRun, Stopped, Timestamp};

use super::children::OUTPUTS;
use super::map_runs::EXPRESS;
use super::record::{Record, timestamp};
use crate::clock::Millis;
use crate::fault::Fault;
use crate::states::States;
use crate::store::Table;

impl States {
    /// The Map Runs that go on with an execution that is redriven.
    pub(super) fn resumed_map_runs(
        &self,
        at: Option<&Stopped>,
    ) -> Result<BTreeMap<Arc<str>, ResumedMapRun>, Fault> {
        let mut resumed = BTreeMap::new();
        let mut left = at.map(Stopped::map_runs).unwrap_or_default();
        while let Some((arn, program)) = left.pop() {
            let run = self.map_run(&arn)?;
            let children = match run[EXPRESS] == true {
                true => self.express_children(&arn, &run)?,
                false => self.standard_children(&arn, &program)?,
            };
            for child in children.values() {
                if let ChildBefore::Stopped { at: Some(at), .. } = &child.before {
                    left.extend(at.map_runs());
                }
            }
            let resumption = ResumedMapRun {
                redrive_count: run["redriveCount"].as_u64().unwrap_or_default() + 1,
                started: started(&run),
                children,
            };
            resumed.insert(arn, resumption);
        }
        Ok(resumed)
    }

    /// Those that have succeeded. Others start again.
    fn express_children(
        &self,
        arn: &str,
        run: &Value,
    ) -> Result<BTreeMap<usize, ResumedChild>, Fault> {
        let prefix = format!("{OUTPUTS}{arn}|");
        let chunks = self
            .store
            .scan(Table::Resources, &prefix, None, usize::MAX)?;
        let mut children = BTreeMap::new();
        for (_, chunk) in chunks {
            let outputs: Vec<(usize, String)> =
                serde_json::from_slice(&chunk).map_err(Fault::storage)?;
            for (index, output) in outputs {
                let child = ResumedChild {
                    started: started(run),
                    stopped: started(run),
                    redrive_count: 0,
                    before: ChildBefore::Succeeded(payload(output)?),
                };
                children.insert(index, child);
            }
        }
        Ok(children)
    }

    fn standard_children(
        &self,
        arn: &str,
        program: &Arc<Program>,
    ) -> Result<BTreeMap<usize, ResumedChild>, Fault> {
        let prefix = format!("{arn}|");
        let listed = self
            .store
            .scan(Table::ExecutionIndex, &prefix, None, usize::MAX)?;
        let mut children = BTreeMap::new();
        for (key, _) in listed {
            // The key ends with the ARN of the child.
            let child = key.rsplit('|').next().unwrap_or_default();
            if let Some(record) = self.record(child)?
                && let Some((_, index)) = record.map_run
            {
                children.insert(index, self.standard_child(record, program)?);
            }
        }
        Ok(children)
    }

    fn standard_child(
        &self,
        record: Record,
        program: &Arc<Program>,
    ) -> Result<ResumedChild, Fault> {
        let now = self.conditions.now();
        let redrivable = record.not_redrivable(now).is_none();
        let stopped = record.stopped.unwrap_or(now);
        let before = match (record.status.as_str(), record.output) {
            ("SUCCEEDED", Some(output)) => ChildBefore::Succeeded(payload(output)?),
            _ if redrivable => {
                let history = self.stored_history(&record.arn)?;
                let last = history.last().and_then(|event| event["id"].as_u64());
                ChildBefore::Stopped {
                    input: payload(record.input)?,
                    at: Stopped::of(program, &history),
                    last_event: last.unwrap_or_default(),
                }
            }
            _ => ChildBefore::Final {
                error: record.error,
                cause: record.cause,
            },
        };
        Ok(ResumedChild {
            started: timestamp(record.started),
            stopped: timestamp(stopped),
            redrive_count: record.redrives,
            before,
        })
    }
}

fn payload(text: String) -> Result<Payload, Fault> {
    Payload::from_text(text).map_err(Fault::storage)
}

fn started(run: &Value) -> Timestamp {
    let seconds = run["startDate"].as_f64().unwrap_or_default();
    timestamp((seconds * 1000.0).round() as Millis)
}
