//! What is in use: what the releases pin, what runs, and what may be redriven.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use txflow_asl::Arn;

use super::StateMachineState;
use super::observe::{Release, releases};
use crate::aws::{Aws, AwsError, Class, failed, found, timestamp};
use crate::stack::Stack;

/// What is in use and must not be pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// What each release froze.
    pub releases: BTreeMap<u64, Release>,
    pub running: Vec<RunningExecution>,
    /// The old releases on which an execution failed that may still be redriven.
    pub redrivable: BTreeSet<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningExecution {
    pub arn: String,
    pub runs_on: RunsOn,
}

/// What an execution was started on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunsOn {
    /// A version, or the alias, which leads to one.
    Release(u64),
    /// The bare state machine, as it was then. `None` if that was not asked for.
    StateMachine(Option<Release>),
}

/// For how long after it failed an execution may be redriven, with the definition of then.
const REDRIVABLE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// For how many executions on the bare state machine AWS is asked what they pin.
const ASKED_FOR: usize = 100;

/// How many of them at once.
const ASKED_AT_ONCE: usize = 10;

/// What the releases of the state machine pin, which executions are running, and which of those beyond the newest `keep`
/// releases have executions that may be redriven; read concurrently. Needed if something may be removed.
///
/// # Errors
///
/// The first read that fails.
pub async fn usage(
    aws: &Aws,
    stack: &Stack,
    state_machine: &StateMachineState,
    keep: usize,
) -> Result<Usage, AwsError> {
    let old = state_machine.versions.iter().skip(keep);
    let redrivable = old.map(|(release, _)| async move {
        let redrivable = is_redrivable(aws, stack, *release).await?;
        Ok::<_, AwsError>(redrivable.then_some(*release))
    });
    let (releases, running, redrivable) = tokio::try_join!(
        releases(aws, stack, state_machine),
        async { with_definitions(aws, running(aws, stack).await?).await },
        try_join_all(redrivable),
    )?;
    Ok(Usage {
        releases,
        running,
        redrivable: redrivable.into_iter().flatten().collect(),
    })
}

impl Usage {
    /// How many executions run that were started on the bare state machine.
    pub fn unqualified(&self) -> usize {
        let running = self.running.iter();
        let unqualified = running.filter(|run| matches!(run.runs_on, RunsOn::StateMachine(_)));
        unqualified.count()
    }
}

/// Adds the definitions of the executions on the bare state machine, unless there are too many to ask for, and leaves out
/// those that are gone meanwhile.
async fn with_definitions(
    aws: &Aws,
    running: Vec<RunningExecution>,
) -> Result<Vec<RunningExecution>, AwsError> {
    let (unqualified, mut others): (Vec<_>, Vec<_>) = running
        .into_iter()
        .partition(|run| matches!(run.runs_on, RunsOn::StateMachine(_)));
    let mut unqualified = unqualified.into_iter();
    let asked_for: Vec<_> = unqualified.by_ref().take(ASKED_FOR).collect();
    let asked_for = stream::iter(asked_for).map(async |run| {
        let release = release_of_execution(aws, &run.arn).await?;
        Ok::<_, AwsError>(release.map(|release| RunningExecution {
            runs_on: RunsOn::StateMachine(Some(release)),
            ..run
        }))
    });
    let asked_for: Vec<_> = asked_for.buffered(ASKED_AT_ONCE).try_collect().await?;
    others.extend(asked_for.into_iter().flatten());
    others.extend(unqualified);
    Ok(others)
}

/// What an execution runs; `None` if it is gone meanwhile.
async fn release_of_execution(aws: &Aws, arn: &str) -> Result<Option<Release>, AwsError> {
    let answer = aws.sfn.describe_state_machine_for_execution();
    let answer = answer.execution_arn(arn).send().await;
    let answer = found(answer.map_err(failed("DescribeStateMachineForExecution")))?;
    Ok(answer.map(Release::of_execution))
}

/// Whether one of the latest executions on this release failed so recently that it may be redriven. AWS lists those that
/// started last first, 1,000 a page.
async fn is_redrivable(aws: &Aws, stack: &Stack, release: u64) -> Result<bool, AwsError> {
    let arn = format!("{}:{release}", stack.state_machine_arn());
    let since = (aws.now)().checked_sub(REDRIVABLE);
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    let statuses = [
        ExecutionStatus::Failed,
        ExecutionStatus::TimedOut,
        ExecutionStatus::Aborted,
    ];
    let recent = statuses.map(async |status| {
        let answer = aws.sfn.list_executions().state_machine_arn(&arn);
        let answer = answer.status_filter(status).max_results(1000).send().await;
        match answer.map_err(failed("ListExecutions")) {
            Ok(answer) => Ok(answer.executions.iter().any(|execution| {
                let stopped = execution.stop_date.as_ref().map(timestamp);
                stopped.is_some_and(|at| at > since)
            })),
            Err(error) if matches!(error.class, Class::NotFound | Class::NotSupported) => Ok(false),
            Err(error) => Err(error),
        }
    });
    let recent = try_join_all(recent).await?;
    Ok(recent.contains(&true))
}

/// The running executions. Those of EXPRESS state machines are not listed, and last five minutes at most.
///
/// # Errors
///
/// AWS refuses the read.
pub async fn running(aws: &Aws, stack: &Stack) -> Result<Vec<RunningExecution>, AwsError> {
    let mut running = Vec::new();
    let mut pages = aws
        .sfn
        .list_executions()
        .state_machine_arn(stack.state_machine_arn())
        .status_filter(ExecutionStatus::Running)
        .max_results(1000)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(failed("ListExecutions")) {
            Ok(page) => page,
            Err(error) if matches!(error.class, Class::NotFound | Class::NotSupported) => break,
            Err(error) => return Err(error),
        };
        for execution in page.executions() {
            let version = execution.state_machine_version_arn();
            running.push(RunningExecution {
                arn: execution.execution_arn().to_owned(),
                runs_on: match version.and_then(Arn::version_in) {
                    Some(release) => RunsOn::Release(release),
                    None => RunsOn::StateMachine(None),
                },
            });
        }
    }
    Ok(running)
}
