//! An execution as it was recorded: what AWS says of it, and its history.

use std::sync::Arc;

use serde_json::Value;

use super::event::{REDRIVEN, details, payload, text, time};
use super::trace::Trace;
use crate::{ExecutionKind, Outcome, Payload, StartOptions, Status, Timestamp};

/// A recorded execution.
///
/// It is read from a document with the members of `DescribeExecution` and of `GetExecutionHistory`; of the first, none is
/// required.
#[derive(Debug)]
pub struct Recording {
    pub execution_arn: String,
    pub name: String,
    /// `None` while it runs.
    pub outcome: Option<Outcome>,
    pub started: Timestamp,
    pub(super) input: Payload,
    pub(super) redrives: Vec<Redriven>,
    pub(super) document: Arc<Value>,
    pub(super) trace: Trace,
}

/// The end of a run of an execution, and the redrive that followed.
#[derive(Clone, Debug)]
pub(super) struct Redriven {
    /// When somebody had stopped the execution, if it had not failed by itself.
    pub(super) stopped: Option<Timestamp>,
    pub(super) time: Timestamp,
}

/// Why a recording cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Obstacle {
    #[error("the recording has no events")]
    NoHistory,
    #[error("the events of the recording have no ids that order them")]
    NoOrder,
    #[error("the recording is a part of a history: read all of its pages")]
    Partial,
    #[error(
        "Step Functions keeps no history of an EXPRESS execution, and its log does not hold all of it"
    )]
    Express,
    #[error("the history was read without the data of its events")]
    NoData,
    #[error("the history holds data that was cut off")]
    Truncated,
    #[error("the executions of a Distributed Map are not in the history")]
    DistributedMap,
}

impl Obstacle {
    /// A name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoHistory => "no-history",
            Self::NoOrder => "no-order",
            Self::Partial => "partial",
            Self::Express => "express",
            Self::NoData => "no-data",
            Self::Truncated => "truncated",
            Self::DistributedMap => "distributed-map",
        }
    }
}

impl Recording {
    /// # Errors
    ///
    /// If it cannot be replayed.
    pub fn read(document: Value) -> Result<Self, Obstacle> {
        let arn = document["executionArn"].as_str().unwrap_or_default();
        let is_express = arn.contains(":express:");
        Self::of(document).map_err(|obstacle| match obstacle {
            // What is logged depends on the level, and on whether data is included.
            Obstacle::NoHistory | Obstacle::Partial | Obstacle::NoData if is_express => {
                Obstacle::Express
            }
            other => other,
        })
    }

    fn of(document: Value) -> Result<Self, Obstacle> {
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let execution_arn = text("executionArn").unwrap_or_default();
        let events = document["events"].as_array().filter(|all| !all.is_empty());
        let events = events.ok_or(Obstacle::NoHistory)?;
        for event in events {
            check(event)?;
        }
        check_whole(&document, events)?;
        let trace = Trace::of(events);
        let first = &events[0]["executionStartedEventDetails"]["input"];
        let input = payload(first).or_else(|| payload(&document["input"]));
        let name = text("name").or_else(|| Some(execution_arn.rsplit(':').next()?.to_owned()));
        Ok(Self {
            name: name.unwrap_or_default(),
            outcome: outcome(events),
            started: time(&events[0]),
            input: input.ok_or(Obstacle::NoData)?,
            redrives: redrives(events),
            execution_arn,
            trace,
            document: Arc::new(document),
        })
    }

    pub(super) fn events(&self) -> usize {
        self.document["events"].as_array().map_or(0, Vec::len)
    }

    /// How to start an execution that is the same to its expressions.
    pub(super) fn options(&self, seed: u64) -> StartOptions {
        let mut options = StartOptions::new(self.input.clone());
        let document = &self.document;
        let started = &document["events"][0]["executionStartedEventDetails"];
        let set = |field: &mut String, value: &Value| {
            if let Some(text) = value.as_str() {
                text.clone_into(field);
            }
        };
        set(&mut options.execution_arn, &document["executionArn"]);
        set(&mut options.name, &document["name"]);
        set(&mut options.role_arn, &started["roleArn"]);
        set(&mut options.state_machine_arn, &document["stateMachineArn"]);
        if let Some(name) = { &document["stateMachineArn"] }
            .as_str()
            .and_then(|arn| arn.rsplit(':').next())
        {
            name.clone_into(&mut options.state_machine_name);
        }
        if self.execution_arn.contains(":express:") {
            options.kind = ExecutionKind::Express;
        }
        options.seed = seed;
        options
    }
}

/// Whether the event holds what a replay needs.
fn check(event: &Value) -> Result<(), Obstacle> {
    let name = event["type"].as_str().unwrap_or_default();
    if event["id"].as_u64().is_none() {
        return Err(Obstacle::NoOrder);
    }
    if name.starts_with("MapRun") {
        return Err(Obstacle::DistributedMap);
    }
    let details = details(event);
    let truncated = { details.as_object().into_iter().flatten() }
        .any(|(key, value)| key.ends_with("Details") && value["truncated"] == true);
    if truncated {
        return Err(Obstacle::Truncated);
    }
    let data = match name {
        "ExecutionStarted" => "input",
        _ if name.ends_with("StateEntered") => "input",
        _ if name.ends_with("StateExited") => "output",
        "TaskScheduled" => "parameters",
        "ExecutionSucceeded" => "output",
        _ => return Ok(()),
    };
    match details.get(data) {
        Some(_) => Ok(()),
        None => Err(Obstacle::NoData),
    }
}

/// Whether no event is missing: AWS numbers them from 1, and names the next page of a history that has more.
fn check_whole(document: &Value, events: &[Value]) -> Result<(), Obstacle> {
    let ids = || events.iter().filter_map(|event| event["id"].as_u64());
    if !ids().zip(ids().skip(1)).all(|(one, next)| one < next) {
        return Err(Obstacle::NoOrder);
    }
    let more = ["nextToken", "NextToken"];
    let more = more.iter().any(|name| document[*name].is_string());
    let whole = ids().zip(1..).all(|(id, number)| id == number);
    match more || !whole {
        true => Err(Obstacle::Partial),
        false => Ok(()),
    }
}

fn redrives(events: &[Value]) -> Vec<Redriven> {
    let runs = events.iter().zip(events.iter().skip(1));
    let redriven = runs.filter(|(_, event)| event["type"] == REDRIVEN);
    redriven
        .map(|(last, event)| Redriven {
            stopped: (last["type"] == "ExecutionAborted").then(|| time(last)),
            time: time(event),
        })
        .collect()
}

pub(super) fn outcome(events: &[Value]) -> Option<Outcome> {
    let last = events.last()?;
    let status = match last["type"].as_str()? {
        "ExecutionSucceeded" => Status::Succeeded,
        "ExecutionFailed" => Status::Failed,
        "ExecutionTimedOut" => Status::TimedOut,
        "ExecutionAborted" => Status::Aborted,
        _ => return None,
    };
    let details = details(last);
    Some(Outcome {
        status,
        output: payload(&details["output"]),
        error: text(&details["error"]),
        cause: text(&details["cause"]),
    })
}
