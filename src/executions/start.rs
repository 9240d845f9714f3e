//! Starts an execution and watches it to its end.

use std::time::Duration;

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types::{ExecutionStatus as SdkStatus, SyncExecutionStatus};
use aws_smithy_async::rt::sleep::AsyncSleep;
use serde_json::Value;

use super::history;
use super::run::{History, Run, Told};
use crate::aws::{Aws, AwsError, Class, failed};
use crate::config::{ExecutionStatus, StateMachineKind};

/// What to start.
pub struct Start<'a> {
    /// A version ARN, so that what was just deployed is what runs.
    pub state_machine_arn: &'a str,
    pub kind: StateMachineKind,
    /// Makes a request that is sent twice start one execution.
    pub name: &'a str,
    pub input: &'a Value,
}

/// Runs one execution to its end. `started` hears its ARN, `told` of each state as it happens.
///
/// # Errors
///
/// Where AWS refuses a call. An execution that fails is a [`Run`], not an error.
pub async fn execute(
    aws: &Aws,
    start: &Start<'_>,
    started: &dyn Fn(&str),
    told: &dyn Fn(Told),
) -> Result<Run, AwsError> {
    match start.kind {
        StateMachineKind::Standard => standard(aws, start, started, told).await,
        StateMachineKind::Express => express(aws, start).await,
    }
}

async fn standard(
    aws: &Aws,
    start: &Start<'_>,
    started: &dyn Fn(&str),
    told: &dyn Fn(Told),
) -> Result<Run, AwsError> {
    let answer = aws
        .sfn
        .start_execution()
        .state_machine_arn(start.state_machine_arn)
        .name(start.name)
        .input(start.input.to_string())
        .send()
        .await
        .map_err(failed("StartExecution"))?;
    let arn = answer.execution_arn();
    started(arn);
    let mut history = History::default();
    let mut pause = Duration::from_millis(50);
    loop {
        // The status is read before the history: where it says that the execution has ended, the
        // history that follows is whole.
        let now = describe(aws, arn).await?;
        read_history(aws, arn, &mut history, told).await?;
        if let Some(now) = now
            && let Some(status) = ended(now.status())
        {
            return Ok(finished(arn, status, now, history));
        }
        aws.sleep.sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(1));
    }
}

/// An execution that was just started may not be known everywhere yet.
async fn describe(aws: &Aws, arn: &str) -> Result<Option<DescribeExecutionOutput>, AwsError> {
    let answer = aws.sfn.describe_execution().execution_arn(arn).send().await;
    match answer.map_err(failed("DescribeExecution")) {
        Ok(now) => Ok(Some(now)),
        Err(error) if error.class == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn read_history(
    aws: &Aws,
    arn: &str,
    history: &mut History,
    told: &dyn Fn(Told),
) -> Result<(), AwsError> {
    let mut pages = aws
        .sfn
        .get_execution_history()
        .execution_arn(arn)
        .max_results(1000)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(failed("GetExecutionHistory")) {
            Ok(page) => page,
            Err(error) if error.class == Class::NotFound => break,
            Err(error) => return Err(error),
        };
        for event in page.events() {
            if let Some(news) = history.take(&history::event(event)) {
                told(news);
            }
        }
    }
    Ok(())
}

fn ended(status: &SdkStatus) -> Option<ExecutionStatus> {
    match status {
        SdkStatus::Succeeded => Some(ExecutionStatus::Succeeded),
        SdkStatus::Failed => Some(ExecutionStatus::Failed),
        SdkStatus::TimedOut => Some(ExecutionStatus::TimedOut),
        SdkStatus::Aborted => Some(ExecutionStatus::Aborted),
        // RUNNING, PENDING_REDRIVE, and what AWS may add.
        _ => None,
    }
}

fn finished(
    arn: &str,
    status: ExecutionStatus,
    now: DescribeExecutionOutput,
    history: History,
) -> Run {
    let succeeded = status == ExecutionStatus::Succeeded;
    Run {
        execution_arn: arn.to_owned(),
        status,
        output: now.output().filter(|_| succeeded).map(json),
        duration: between(Some(now.start_date()), now.stop_date()),
        error: now.error,
        cause: now.cause,
        history: Some(history),
    }
}

async fn express(aws: &Aws, start: &Start<'_>) -> Result<Run, AwsError> {
    let answer = aws
        .sfn
        .start_sync_execution()
        .state_machine_arn(start.state_machine_arn)
        .name(start.name)
        .input(start.input.to_string())
        .send()
        .await
        .map_err(failed("StartSyncExecution"))?;
    let status = match answer.status() {
        SyncExecutionStatus::Succeeded => ExecutionStatus::Succeeded,
        SyncExecutionStatus::TimedOut => ExecutionStatus::TimedOut,
        _ => ExecutionStatus::Failed,
    };
    let succeeded = status == ExecutionStatus::Succeeded;
    Ok(Run {
        execution_arn: answer.execution_arn().to_owned(),
        status,
        output: answer.output().filter(|_| succeeded).map(json),
        duration: between(Some(answer.start_date()), Some(answer.stop_date())),
        error: answer.error,
        cause: answer.cause,
        history: None,
    })
}

/// An output is JSON; what is not stays text.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

fn between(start: Option<&DateTime>, stop: Option<&DateTime>) -> Duration {
    let (Some(start), Some(stop)) = (start, stop) else {
        return Duration::ZERO;
    };
    Duration::try_from_secs_f64(stop.as_secs_f64() - start.as_secs_f64()).unwrap_or_default()
}
