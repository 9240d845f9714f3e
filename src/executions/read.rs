//! Reads an execution with its history.

use std::collections::BTreeMap;

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::ExecutionStatus as SdkStatus;
use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::fork::is_own;

use super::change::StateChange;
use super::document::json;
use super::events::event;
use super::fork_name::is_fork;
use super::history::History;
use super::run::Run;
use super::status::Status;
use crate::aws::{Aws, AwsError, failed, found, timestamp};
use crate::config::ExecutionStatus;

/// An execution as it stands now. `None` if there is none of this ARN.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn read(aws: &Aws, arn: &str) -> Result<Option<Run>, AwsError> {
    // The status is read before the history: if it says that the execution has ended, the history
    // that follows is whole.
    let Some(now) = found(describe(aws, arn).await)? else {
        return Ok(None);
    };
    let mut history = History::default();
    read_history(aws, arn, &mut history, &|_| ()).await?;
    Ok(Some(run(now, history)))
}

/// An execution that was read before.
pub enum ReadAgain {
    /// It has ended as it had.
    Same,
    Now(Box<Run>),
    Gone,
}

/// An execution that was read before, as it stands now. Of its history only what is new is read, and nothing if it has ended.
///
/// # Errors
///
/// If AWS refuses a read.
pub async fn read_again(aws: &Aws, known: &Run) -> Result<ReadAgain, AwsError> {
    let Some(now) = found(describe(aws, &known.execution_arn).await)? else {
        return Ok(ReadAgain::Gone);
    };
    let redrives = now.redrive_count().unwrap_or_default().unsigned_abs();
    let is_same = status(now.status()) == known.status && redrives == known.redrives;
    if known.status.is_ended() && is_same {
        return Ok(ReadAgain::Same);
    }
    let mut history = known.history.clone().unwrap_or_default();
    read_history(aws, &known.execution_arn, &mut history, &|_| ()).await?;
    Ok(ReadAgain::Now(Box::new(run(now, history))))
}

/// What an execution was started with. `None` if there is none of this ARN.
///
/// # Errors
///
/// If AWS refuses the read.
pub async fn input(aws: &Aws, arn: &str) -> Result<Option<Value>, AwsError> {
    let now = found(describe(aws, arn).await)?;
    Ok(now.map(|now| now.input().map_or(Value::Null, json)))
}

/// An execution that was just started may not be known everywhere yet.
pub(super) async fn describe(aws: &Aws, arn: &str) -> Result<DescribeExecutionOutput, AwsError> {
    let answer = aws.sfn.describe_execution().execution_arn(arn).send().await;
    answer.map_err(failed("DescribeExecution"))
}

/// The most that AWS gives in a page.
const PAGE: i32 = 1000;

/// How many of the newest events are read at once if the older ones are known.
const NEWEST: i32 = 100;

/// Takes what is new since the last time: all of it the first time, then the newest back to what is known, since a
/// history may have 25,000 events and is looked at each second.
pub(super) async fn read_history(
    aws: &Aws,
    arn: &str,
    history: &mut History,
    on_change: &dyn Fn(StateChange),
) -> Result<(), AwsError> {
    let known = history.last_id();
    let request = aws.sfn.get_execution_history().execution_arn(arn);
    let request = if known == 0 {
        request.max_results(PAGE)
    } else {
        request.reverse_order(true).max_results(NEWEST)
    };
    // By their ids, since not every implementation of the API reverses the order.
    let mut new = BTreeMap::new();
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = found(page.map_err(failed("GetExecutionHistory")))? else {
            break;
        };
        new.extend(page.events().iter().map(|sdk| (sdk.id(), event(sdk))));
        if new.first_key_value().is_some_and(|(id, _)| *id <= known) {
            break;
        }
    }
    for event in new.into_values() {
        if let Some((event, index)) = history.take(event)
            && !is_own(&history.states[index].name)
        {
            on_change(StateChange::new(history, event, index));
        }
    }
    Ok(())
}

pub(super) fn run(now: DescribeExecutionOutput, history: History) -> Run {
    let status = status(now.status());
    let succeeded = status == Status::Ended(ExecutionStatus::Succeeded);
    let started = timestamp(now.start_date());
    Run {
        input: now.input().map(json),
        output: now.output().filter(|_| succeeded).map(json),
        stopped: now.stop_date().map(timestamp),
        release: { now.state_machine_version_arn() }
            .and_then(Arn::version_in)
            .filter(|_| !now.name().is_some_and(is_fork)),
        redrives: now.redrive_count().unwrap_or_default().unsigned_abs(),
        redriven: now.redrive_date().map(timestamp),
        execution_arn: now.execution_arn,
        error: now.error,
        cause: now.cause,
        history: Some(history),
        ..Run::begun(status, started)
    }
}

pub(super) fn status(status: &SdkStatus) -> Status {
    match status {
        SdkStatus::Succeeded => Status::Ended(ExecutionStatus::Succeeded),
        SdkStatus::Failed => Status::Ended(ExecutionStatus::Failed),
        SdkStatus::TimedOut => Status::Ended(ExecutionStatus::TimedOut),
        SdkStatus::Aborted => Status::Ended(ExecutionStatus::Aborted),
        SdkStatus::PendingRedrive => Status::PendingRedrive,
        // RUNNING, and what AWS may add.
        _ => Status::Running,
    }
}
