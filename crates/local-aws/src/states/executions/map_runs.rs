//! Map Runs and their child executions: what is stored of them, and the operations that show and change them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use txflow_asl::states::Program;
use txflow_asl::{
    ChildBefore, ChildExecution, ChildUpdate, Counts, MapRunReport, Payload, ResumedChild,
    ResumedMapRun, Status, Step, Stopped, Timestamp,
};

use super::journal::history_key;
use super::record::Record;
use super::{Command, lock};
use crate::clock::{self, Millis};
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::page;
use crate::states::States;
use crate::states::describe::{PageInput, invalid_token, page_size};
use crate::states::machine::validation;
use crate::store::{Change, Commit, Store, Table};

/// How many children are written at once.
const FULL: usize = 1000;

/// What the Map Runs of one execution have to write.
pub(super) struct MapRuns {
    store: Arc<Store>,
    /// The record of the execution; express executions have none, and so their Map Runs are not shown.
    parent: Option<Record>,
    children: BTreeMap<String, Pending>,
    runs: BTreeMap<String, Value>,
    /// What the express children of Map Runs that failed have returned, for a redrive.
    outputs: Vec<Change>,
}

struct Pending {
    record: Record,
    events: Vec<Value>,
}

impl MapRuns {
    pub(super) fn of(journal: &super::journal::Journal) -> MapRuns {
        let (store, parent) = journal.parts();
        MapRuns {
            store: Arc::clone(store),
            parent: parent.cloned(),
            children: BTreeMap::new(),
            runs: BTreeMap::new(),
            outputs: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, step: &Step) {
        let Some(parent) = &self.parent else {
            return;
        };
        for update in &step.children {
            let arn = update.child.arn.to_string();
            let pending = self.children.entry(arn).or_insert_with(|| Pending {
                record: child_record(parent, &update.child),
                events: Vec::new(),
            });
            pending.add(update);
        }
        for report in &step.map_runs {
            let arn = report.arn.to_string();
            for (chunk, outputs) in (0..).zip(report.outputs.chunks(FULL)) {
                self.outputs.push(put_outputs(&arn, chunk, outputs));
            }
            self.runs.insert(arn, shown(parent, report));
        }
    }

    /// Whether so much is to be written that the execution should wait for it.
    pub(super) fn is_full(&self) -> bool {
        self.children.len() >= FULL
    }

    pub(super) fn flush(&mut self) -> Commit {
        let mut changes = std::mem::take(&mut self.outputs);
        for (arn, pending) in std::mem::take(&mut self.children) {
            // Serializing a record does not fail.
            changes.extend(pending.record.changes().unwrap_or_default());
            if let Some(first) = pending
                .events
                .first()
                .and_then(|event| event["id"].as_u64())
            {
                changes.push(Change::Put {
                    table: Table::History,
                    key: history_key(&arn, first),
                    value: Value::Array(pending.events).to_string().into_bytes(),
                });
            }
        }
        for (arn, run) in std::mem::take(&mut self.runs) {
            let execution = run["executionArn"].as_str().unwrap_or_default();
            changes.push(put(format!("{OF_EXECUTION}{execution}|{arn}"), Vec::new()));
            changes.push(stored(&arn, &run));
        }
        match changes.is_empty() {
            true => Commit::DONE,
            false => self.store.write(changes),
        }
    }
}

/// The keys of Map Runs, and of those of an execution.
const RUN: &str = "map-run/";
const OF_EXECUTION: &str = "map-runs-of/";

/// The keys of what the express children of a Map Run have returned.
const OUTPUTS: &str = "map-run-outputs/";

/// The member of a stored Map Run that no answer shows.
const EXPRESS: &str = "express";

fn put_outputs(arn: &str, chunk: usize, outputs: &[(usize, Payload)]) -> Change {
    let outputs: Vec<(usize, &str)> = { outputs.iter() }
        .map(|(index, output)| (*index, output.text()))
        .collect();
    // Serializing texts does not fail.
    let value = serde_json::to_vec(&outputs).unwrap_or_default();
    put(format!("{OUTPUTS}{arn}|{chunk:08}"), value)
}

/// The change that stores a Map Run.
pub(super) fn stored(arn: &str, run: &Value) -> Change {
    put(format!("{RUN}{arn}"), run.to_string().into_bytes())
}

fn put(key: String, value: Vec<u8>) -> Change {
    Change::Put {
        table: Table::Resources,
        key,
        value,
    }
}

impl Pending {
    fn add(&mut self, update: &ChildUpdate) {
        self.events
            .extend(update.events.iter().map(|event| event.to_json()));
        if let Some(last) = update.events.last() {
            self.record.last_event = last.id;
        }
        if let Some(end) = &update.end {
            let record = &mut self.record;
            record.status = end.outcome.status.as_str().to_owned();
            record.stopped = Some(millis(end.stopped));
            record.output = { end.outcome.output.as_ref() }.map(|output| output.text().to_owned());
            record.error.clone_from(&end.outcome.error);
            record.cause.clone_from(&end.outcome.cause);
        }
    }
}

fn payload(text: String) -> Result<Payload, Fault> {
    Payload::from_text(text).map_err(Fault::storage)
}

fn started(run: &Value) -> Timestamp {
    let seconds = run["startDate"].as_f64().unwrap_or_default();
    timestamp((seconds * 1000.0).round() as Millis)
}

pub(super) fn timestamp(at: Millis) -> Timestamp {
    Timestamp::from_millis(i64::try_from(at).unwrap_or(i64::MAX))
}

pub(super) fn millis(at: txflow_asl::Timestamp) -> Millis {
    Millis::try_from(at.as_millis()).unwrap_or_default()
}

/// `…:stateMachine:machine/label`, from the ARN of a Map Run.
pub(in crate::states) fn machine_of(map_run: &str) -> String {
    let name = map_run.rsplit_once(':').map_or(map_run, |(name, _)| name);
    name.replace(":mapRun:", ":stateMachine:")
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

/// A Map Run as DescribeMapRun shows it.
fn shown(parent: &Record, report: &MapRunReport) -> Value {
    let failed = report.end.is_some_and(|end| end != Status::Succeeded);
    let counts = |counts: &Counts| {
        json!({
            "pending": counts.pending,
            "running": counts.running,
            "succeeded": counts.succeeded,
            "failed": counts.failed,
            "timedOut": counts.timed_out,
            "aborted": counts.aborted,
            "total": counts.total(),
            "resultsWritten": counts.written,
            "failuresNotRedrivable": counts.not_redrivable,
            "pendingRedrive": counts.pending_redrive,
        })
    };
    let limits = report.limits;
    let mut shown = json!({
        "mapRunArn": report.arn.as_ref(),
        "executionArn": parent.arn,
        "stateMachineArn": parent.machine_arn,
        "status": match report.end {
            None => "RUNNING",
            Some(_) if !failed => "SUCCEEDED",
            Some(Status::Aborted) => "ABORTED",
            Some(_) => "FAILED",
        },
        "startDate": clock::seconds(millis(report.started)),
        "maxConcurrency": limits.max_concurrency,
        "toleratedFailurePercentage": limits.tolerated_failure_percentage.unwrap_or_default(),
        "toleratedFailureCount": limits.tolerated_failure_count.unwrap_or_default() as u64,
        "itemCounts": counts(&report.items),
        "executionCounts": counts(&report.executions),
        "redriveCount": report.redrive_count,
        EXPRESS: report.express,
    });
    if let Some(stopped) = report.stopped {
        shown["stopDate"] = json!(clock::seconds(millis(stopped)));
    }
    if let (true, Some(at)) = (report.redrive_count > 0, parent.redriven) {
        shown["redriveDate"] = json!(clock::seconds(at));
    }
    shown
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMapRuns {
    #[serde(default)]
    execution_arn: String,
    #[serde(flatten)]
    page: PageInput,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct UpdateMapRun {
    #[serde(default)]
    map_run_arn: String,
    max_concurrency: Option<i64>,
    tolerated_failure_count: Option<i64>,
    tolerated_failure_percentage: Option<f64>,
}

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

    pub(in crate::states) async fn list_map_runs(&self, call: &Call) -> Result<Answer, Fault> {
        let request: ListMapRuns = call.json()?;
        let size = page_size(&request.page)?;
        self.existing(&request.execution_arn)?;
        self.store.write(Vec::new()).done().await?;
        let runs = self.map_runs_of(&request.execution_arn)?;
        let (runs, next) =
            page(runs, request.page.next_token.as_deref(), size).map_err(|_| invalid_token())?;
        let entry = |run: &Value| {
            let members = [
                "executionArn",
                "mapRunArn",
                "stateMachineArn",
                "startDate",
                "stopDate",
            ];
            let members = members.iter().filter(|member| !run[**member].is_null());
            members
                .map(|member| ((*member).to_owned(), run[*member].clone()))
                .collect::<Value>()
        };
        let shown: Vec<Value> = runs.iter().map(|(_, run)| entry(run)).collect();
        let mut answer = json!({ "mapRuns": shown });
        if let Some(next) = next {
            answer["nextToken"] = json!(next);
        }
        Ok(Answer::json(answer))
    }

    /// The Map Runs of an execution, by ARN.
    pub(super) fn map_runs_of(&self, execution: &str) -> Result<Vec<(String, Value)>, Fault> {
        let prefix = format!("{OF_EXECUTION}{execution}|");
        let keys = self
            .store
            .scan(Table::Resources, &prefix, None, usize::MAX)?;
        let arns = keys.iter().map(|(key, _)| &key[prefix.len()..]);
        arns.map(|arn| Ok((arn.to_owned(), self.map_run(arn)?)))
            .collect()
    }

    pub(super) fn map_run(&self, arn: &str) -> Result<Value, Fault> {
        let found = self.store.get(Table::Resources, &format!("{RUN}{arn}"))?;
        let found = found.ok_or_else(|| {
            let message = format!("Map Run Does Not Exist: '{arn}'");
            Fault::bad("ResourceNotFound", message).with("resourceName", arn)
        })?;
        serde_json::from_slice(&found).map_err(Fault::storage)
    }

    pub(in crate::states) async fn describe_map_run(&self, call: &Call) -> Result<Answer, Fault> {
        let request: UpdateMapRun = call.json()?;
        self.store.write(Vec::new()).done().await?;
        let mut run = self.map_run(&request.map_run_arn)?;
        if let Some(run) = run.as_object_mut() {
            // Only lists show it.
            run.remove("stateMachineArn");
            run.remove(EXPRESS);
        }
        Ok(Answer::json(run))
    }

    pub(in crate::states) async fn update_map_run(&self, call: &Call) -> Result<Answer, Fault> {
        let request: UpdateMapRun = call.json()?;
        let percentage = request.tolerated_failure_percentage;
        Constraints::default()
            .range(
                "maxConcurrency",
                request.max_concurrency,
                0,
                i64::from(i32::MAX),
            )
            .range(
                "toleratedFailureCount",
                request.tolerated_failure_count,
                0,
                i64::MAX,
            )
            .range(
                "toleratedFailurePercentage",
                percentage.map(|percent| percent.ceil() as i64),
                0,
                100,
            )
            .check("ValidationException")?;
        self.store.write(Vec::new()).done().await?;
        let run = self.map_run(&request.map_run_arn)?;
        let execution = run["executionArn"].as_str().unwrap_or_default();
        let control = lock(&self.executions.running).get(execution).cloned();
        let ended = || validation("The Map Run has ended and cannot be updated.");
        let (updated, was_updated) = oneshot::channel();
        let arn = request.map_run_arn.clone();
        let command = Command::UpdateMapRun {
            arn,
            update: Box::new(move |limits| {
                if let Some(most) = request.max_concurrency {
                    limits.max_concurrency = usize::try_from(most).unwrap_or_default();
                }
                if let Some(count) = request.tolerated_failure_count {
                    limits.tolerated_failure_count = Some(count as f64);
                }
                if percentage.is_some() {
                    limits.tolerated_failure_percentage = percentage;
                }
            }),
            updated,
        };
        control
            .ok_or_else(ended)?
            .send(command)
            .map_err(|_| ended())?;
        match was_updated.await {
            Ok(true) => Ok(Answer::json(json!({}))),
            _ => Err(ended()),
        }
    }
}
