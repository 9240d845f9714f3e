//! Map Runs as they are shown, and the operations that show and change them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use txflow_asl::{Counts, MapRunReport, Status};

use super::record::{Record, millis};
use super::{Command, lock};
use crate::clock;
use crate::fault::{Constraints, Fault};
use crate::http::answer::Answer;
use crate::http::call::Call;
use crate::page::page;
use crate::states::States;
use crate::states::describe::{PageInput, invalid_token, page_size};
use crate::states::machine::validation;
use crate::store::{Change, Table};

/// The keys of Map Runs, and of those of an execution.
const RUN: &str = "map-run/";
const OF_EXECUTION: &str = "map-runs-of/";

/// The member of a stored Map Run that no answer shows.
pub(super) const EXPRESS: &str = "express";

/// The changes that store a Map Run for the first time.
pub(super) fn listed(arn: &str, run: &Value) -> [Change; 2] {
    let execution = run["executionArn"].as_str().unwrap_or_default();
    let of_execution = put(format!("{OF_EXECUTION}{execution}|{arn}"), Vec::new());
    [of_execution, stored(arn, run)]
}

/// The change that stores a Map Run.
pub(super) fn stored(arn: &str, run: &Value) -> Change {
    put(format!("{RUN}{arn}"), run.to_string().into_bytes())
}

pub(super) fn put(key: String, value: Vec<u8>) -> Change {
    Change::Put {
        table: Table::Resources,
        key,
        value,
    }
}

/// `…:stateMachine:machine/label`, from the ARN of a Map Run.
pub(in crate::states) fn machine_of(map_run: &str) -> String {
    let name = map_run.rsplit_once(':').map_or(map_run, |(name, _)| name);
    name.replace(":mapRun:", ":stateMachine:")
}

/// A Map Run as DescribeMapRun shows it.
pub(super) fn shown(parent: &Record, report: &MapRunReport) -> Value {
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
