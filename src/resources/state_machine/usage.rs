//! What is in use: what the releases pin, what runs, and what may be redriven.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use serde_json::Value;
use txflow_asl::Arn;

use super::observe::{Release, frozen, release, releases};
use super::{Pin, StateMachineState, pins};
use crate::aws::{Aws, AwsError, Class, failed, found, timestamp};
use crate::config::MachineName;
use crate::resources::Observed;
use crate::stack::Stack;

/// What is in use and must not be pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// By release: the versions that its definition names, and those that they name.
    pub pins: BTreeMap<u64, Vec<Pin>>,
    /// By release: the ARN of the role that its executions assume.
    pub roles: BTreeMap<u64, String>,
    /// What the state machine pins as it is now. The newest release froze that, and AWS may not list it yet.
    pub current: Vec<Pin>,
    /// By state machine beside the main one: its newest version, and what it pins as it is now.
    pub beside: BTreeMap<MachineName, Vec<Pin>>,
    pub running: Vec<RunningExecution>,
    /// The old releases on which an execution failed that may still be redriven.
    pub redrivable: BTreeSet<u64>,
    /// The same of the state machines beside the main one: their versions, and what those pin.
    pub redrivable_beside: Vec<Pin>,
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
    /// A version of a state machine beside the main one, with what that pins.
    Version(Vec<Pin>),
    /// The bare state machine, as it was then. `None` if that was not asked for.
    StateMachine(Option<Vec<Pin>>),
}

/// For how long after it failed an execution may be redriven, with the definition of then.
const REDRIVABLE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// For how many executions on the bare state machine AWS is asked what they pin.
const ASKED_FOR: usize = 100;

/// How many of them at once.
const ASKED_AT_ONCE: usize = 10;

/// What the releases pin, which executions are running, and which of those beyond the newest `keep`
/// releases have executions that may be redriven; read concurrently. Needed if something may be removed.
///
/// # Errors
///
/// The first read that fails.
pub async fn usage(
    aws: &Aws,
    stack: &Stack,
    observed: &Observed,
    keep: usize,
) -> Result<(Usage, BTreeMap<u64, Release>), AwsError> {
    let Some(state_machine) = observed.main() else {
        return Ok(Default::default());
    };
    let old = state_machine.versions.iter().skip(keep);
    let redrivable = old.map(|(release, _)| async move {
        let redrivable = is_redrivable(aws, stack, &MachineName::Main, *release).await?;
        Ok::<_, AwsError>(redrivable.then_some(*release))
    });
    let machines: Vec<&MachineName> = observed.state_machines.keys().collect();
    let running = machines.iter().map(|machine| running(aws, stack, machine));
    let (releases, running, redrivable) = tokio::try_join!(
        releases(aws, stack, state_machine),
        async { with_pins(aws, stack, try_join_all(running).await?.concat()).await },
        try_join_all(redrivable),
    )?;
    let named = observed
        .state_machines
        .iter()
        .filter(|(machine, _)| **machine != MachineName::Main);
    let named: BTreeMap<&MachineName, &StateMachineState> = named.collect();
    let mut versions = FrozenVersions::known(&named, stack);
    let pinned = releases.values().map(|release| release.pins(stack));
    let run = running.iter().map(|run| run.pins().to_vec());
    let current = pins(&state_machine.definition, stack);
    let roots = pinned.chain(run).chain([current.clone()]);
    versions.read(aws, stack, roots.flatten().collect()).await?;
    let newest = state_machine.versions.iter().take(keep);
    let newest = newest.filter_map(|(release, _)| releases.get(release));
    let kept = newest.flat_map(|release| versions.all(release.pins(stack)));
    let redrivable_beside = redrivable_beside(aws, stack, &named, kept.collect()).await?;
    versions.read(aws, stack, redrivable_beside.clone()).await?;
    let usage = Usage {
        roles: { releases.iter() }
            .map(|(version, release)| (*version, release.settings.role_arn.clone()))
            .collect(),
        pins: { releases.iter() }
            .map(|(version, release)| (*version, versions.all(release.pins(stack))))
            .collect(),
        current: versions.all(current),
        beside: { named.iter() }
            .map(|(machine, state)| ((*machine).clone(), beside(machine, state, stack)))
            .map(|(machine, pins)| (machine, versions.all(pins)))
            .collect(),
        running: { running.into_iter() }
            .map(|run| run.with(|pins| versions.all(pins)))
            .collect(),
        redrivable: redrivable.into_iter().flatten().collect(),
        redrivable_beside: versions.all(redrivable_beside),
    };
    Ok((usage, releases))
}

/// What a release pins, by its ARN or that of an alias, and what that pins in turn.
///
/// # Errors
///
/// The first read that fails.
pub async fn pinned_by(aws: &Aws, stack: &Stack, arn: &str) -> Result<Vec<Pin>, AwsError> {
    let pins = pins(&frozen(aws, arn).await?.definition, stack);
    let mut versions = FrozenVersions(BTreeMap::new());
    versions.read(aws, stack, pins.clone()).await?;
    Ok(versions.all(pins))
}

/// The newest version of a state machine, and what it pins as it is.
fn beside(machine: &MachineName, state: &StateMachineState, stack: &Stack) -> Vec<Pin> {
    let newest = state.versions.first().map(|(newest, _)| Pin::StateMachine {
        machine: machine.clone(),
        version: *newest,
    });
    let pins = pins(&state.definition, stack);
    newest.into_iter().chain(pins).collect()
}

/// What versions of the state machines beside the main one pin.
struct FrozenVersions(BTreeMap<(MachineName, u64), Vec<Pin>>);

impl FrozenVersions {
    /// Those that the stack was read with.
    fn known(machines: &BTreeMap<&MachineName, &StateMachineState>, stack: &Stack) -> Self {
        let frozen = machines.iter().flat_map(|(machine, state)| {
            let frozen = state.frozen.iter();
            frozen.map(|(version, frozen)| (((*machine).clone(), *version), frozen.pins(stack)))
        });
        Self(frozen.collect())
    }

    /// Reads the versions among these, and those that they pin in turn.
    async fn read(&mut self, aws: &Aws, stack: &Stack, mut pins: Vec<Pin>) -> Result<(), AwsError> {
        loop {
            pins = self.all(pins);
            let unknown: BTreeSet<(MachineName, u64)> = { pins.iter() }
                .filter_map(|pin| pin.of_state_machine())
                .map(|(machine, version)| (machine.clone(), version))
                .filter(|version| !self.0.contains_key(version))
                .collect();
            if unknown.is_empty() {
                return Ok(());
            }
            let read = unknown.into_iter().map(async |(machine, version)| {
                let release = found(release(aws, stack, &machine, version).await)?;
                // One that does not exist pins nothing.
                let pins = release.map(|release| release.pins(stack));
                Ok::<_, AwsError>(((machine, version), pins.unwrap_or_default()))
            });
            self.0.extend(try_join_all(read).await?);
        }
    }

    /// These, and what they pin in turn, each once.
    fn all(&self, pins: Vec<Pin>) -> Vec<Pin> {
        let mut all: BTreeSet<Pin> = BTreeSet::new();
        let mut left = pins;
        while let Some(pin) = left.pop() {
            let inner = pin
                .of_state_machine()
                .and_then(|(machine, version)| self.0.get(&(machine.clone(), version)));
            let inner = inner.cloned().unwrap_or_default();
            if all.insert(pin) {
                left.extend(inner);
            }
        }
        all.into_iter().collect()
    }
}

/// The versions that no kept release pins and on which an execution may be redriven.
async fn redrivable_beside(
    aws: &Aws,
    stack: &Stack,
    machines: &BTreeMap<&MachineName, &StateMachineState>,
    kept: BTreeSet<Pin>,
) -> Result<Vec<Pin>, AwsError> {
    let versions = machines.iter().flat_map(|(machine, state)| {
        let versions = state.versions.iter();
        versions.map(|(version, _)| Pin::StateMachine {
            machine: (*machine).clone(),
            version: *version,
        })
    });
    let redrivable = versions.filter(|pin| !kept.contains(pin)).map(async |pin| {
        let Some((machine, version)) = pin.of_state_machine() else {
            return Ok(None);
        };
        let redrivable = is_redrivable(aws, stack, machine, version).await?;
        Ok::<_, AwsError>(redrivable.then_some(pin))
    });
    Ok(try_join_all(redrivable)
        .await?
        .into_iter()
        .flatten()
        .collect())
}

impl RunningExecution {
    /// What it pins, as far as that is known. A release says so itself.
    fn pins(&self) -> &[Pin] {
        match &self.runs_on {
            RunsOn::Version(pins) | RunsOn::StateMachine(Some(pins)) => pins,
            RunsOn::Release(_) | RunsOn::StateMachine(None) => &[],
        }
    }

    fn with(self, convert: impl FnOnce(Vec<Pin>) -> Vec<Pin>) -> Self {
        let runs_on = match self.runs_on {
            RunsOn::Version(pins) => RunsOn::Version(convert(pins)),
            RunsOn::StateMachine(Some(pins)) => RunsOn::StateMachine(Some(convert(pins))),
            other => other,
        };
        Self { runs_on, ..self }
    }
}

impl Usage {
    /// How many executions run that were started on the bare state machine.
    pub fn unqualified(&self) -> usize {
        let running = self.running.iter();
        let unqualified = running.filter(|run| matches!(run.runs_on, RunsOn::StateMachine(_)));
        unqualified.count()
    }
}

/// Adds what the executions on the bare state machine pin, unless there are too many to ask for.
async fn with_pins(
    aws: &Aws,
    stack: &Stack,
    mut running: Vec<RunningExecution>,
) -> Result<Vec<RunningExecution>, AwsError> {
    let unqualified = running.iter_mut().filter_map(|run| match &mut run.runs_on {
        RunsOn::StateMachine(pins) => Some((&run.arn, pins)),
        RunsOn::Release(_) | RunsOn::Version(_) => None,
    });
    stream::iter(unqualified.take(ASKED_FOR))
        .map(Ok)
        .try_for_each_concurrent(ASKED_AT_ONCE, async |(arn, pins)| {
            *pins = pins_of_execution(aws, stack, arn).await?;
            Ok(())
        })
        .await?;
    Ok(running)
}

/// What the definition of an execution pins; nothing if it is gone meanwhile.
async fn pins_of_execution(
    aws: &Aws,
    stack: &Stack,
    arn: &str,
) -> Result<Option<Vec<Pin>>, AwsError> {
    let answer = aws.sfn.describe_state_machine_for_execution();
    let answer = answer.execution_arn(arn).send().await;
    match answer.map_err(failed("DescribeStateMachineForExecution")) {
        Ok(answer) => {
            let definition = serde_json::from_str(&answer.definition).unwrap_or(Value::Null);
            Ok(Some(pins(&definition, stack)))
        }
        Err(error) if error.class == Class::NotFound => Ok(Some(Vec::new())),
        Err(error) => Err(error),
    }
}

/// Whether one of the latest executions on this version failed so recently that it may be redriven. AWS lists those that
/// started last first, 1,000 a page.
async fn is_redrivable(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    version: u64,
) -> Result<bool, AwsError> {
    let arn = format!("{}:{version}", stack.state_machine_arn(machine));
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

impl Release {
    /// The versions that its definition names.
    pub fn pins(&self, stack: &Stack) -> Vec<Pin> {
        pins(&self.definition, stack)
    }
}

/// The running executions of a state machine. Those of EXPRESS state machines are not listed, and last five minutes at most.
///
/// # Errors
///
/// AWS refuses the read.
pub async fn running(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
) -> Result<Vec<RunningExecution>, AwsError> {
    let mut running = Vec::new();
    let mut pages = aws
        .sfn
        .list_executions()
        .state_machine_arn(stack.state_machine_arn(machine))
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
                runs_on: match (version.and_then(Arn::version_in), machine) {
                    (Some(release), MachineName::Main) => RunsOn::Release(release),
                    (Some(version), MachineName::Named(_)) => {
                        let machine = machine.clone();
                        RunsOn::Version(vec![Pin::StateMachine { machine, version }])
                    }
                    (None, _) => RunsOn::StateMachine(None),
                },
            });
        }
    }
    Ok(running)
}
