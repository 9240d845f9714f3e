//! An execution as it was recorded: what AWS says of it, and its history.

use std::sync::Arc;

use serde_json::Value;

use super::event::{details, payload, text, time};
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
    pub(super) document: Arc<Value>,
    pub(super) trace: Trace,
}

/// Why a recording cannot be replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Obstacle {
    #[error("the recording has no events")]
    NoHistory,
    #[error("the events of the recording have no ids that order them")]
    NoOrder,
    #[error("the history of an EXPRESS execution is not kept by Step Functions")]
    Express,
    #[error("the history was read without the data of its events")]
    NoData,
    #[error("the history holds data that was cut off")]
    Truncated,
    #[error("the executions of a Distributed Map are not in the history")]
    DistributedMap,
    #[error("the execution was redriven, so its history has states that ran twice")]
    Redriven,
}

impl Obstacle {
    /// A name for programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoHistory => "no-history",
            Self::NoOrder => "no-order",
            Self::Express => "express",
            Self::NoData => "no-data",
            Self::Truncated => "truncated",
            Self::DistributedMap => "distributed-map",
            Self::Redriven => "redriven",
        }
    }
}

impl Recording {
    /// # Errors
    ///
    /// If it cannot be replayed.
    pub fn read(document: Value) -> Result<Self, Obstacle> {
        let text = |name: &str| document[name].as_str().map(str::to_owned);
        let execution_arn = text("executionArn").unwrap_or_default();
        let events = document["events"].as_array().filter(|all| !all.is_empty());
        let Some(events) = events else {
            return Err(match execution_arn.contains(":express:") {
                true => Obstacle::Express,
                false => Obstacle::NoHistory,
            });
        };
        for event in events {
            check(event)?;
        }
        let trace = Trace::of(events);
        let first = &events[0]["executionStartedEventDetails"]["input"];
        let input = payload(first).or_else(|| payload(&document["input"]));
        let name = text("name").or_else(|| Some(execution_arn.rsplit(':').next()?.to_owned()));
        Ok(Self {
            name: name.unwrap_or_default(),
            outcome: outcome(events),
            started: time(&events[0]),
            input: input.ok_or(Obstacle::NoData)?,
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
    if name == "ExecutionRedriven" {
        return Err(Obstacle::Redriven);
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

fn outcome(events: &[Value]) -> Option<Outcome> {
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
