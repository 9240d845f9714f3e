//! What is in use: what the releases pin, what runs, and what may be redriven.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sfn::types::ExecutionStatus;
use futures_util::future::try_join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;
use txflow_asl::Arn;

use super::observe::{Release, describe, frozen, release, releases};
use super::{Pin, StateMachineState, redrivable};
use crate::aws::{Aws, AwsError, Class, failed, found, timestamp};
use crate::config::MachineName;
use crate::resources::Observed;
use crate::resources::alias::led_to_by_others;
use crate::stack::Stack;

/// What is in use and must not be pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// What each release froze.
    pub releases: BTreeMap<u64, Release>,
    /// What versions of the other state machines froze: those that something else here leads to.
    pub versions: BTreeMap<(MachineName, u64), Release>,
    pub running: Vec<RunningExecution>,
    /// The old releases on which an execution failed that may still be redriven.
    pub redrivable: BTreeSet<u64>,
    /// The same of the other state machines.
    pub redrivable_versions: BTreeSet<(MachineName, u64)>,
    /// The versions that executions were forked onto and that are in use.
    pub forks: BTreeSet<(MachineName, u64)>,
    /// The versions that an alias of others leads to.
    pub aliased: BTreeSet<(MachineName, u64)>,
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
    /// A version of a state machine beside the main one.
    Version(MachineName, u64),
    /// The bare state machine, as it was then. `None` if that was not asked for.
    StateMachine(Option<Release>),
}

/// For how many executions on the bare state machine AWS is asked what they pin.
const ASKED_FOR: usize = 100;

/// How many of them at once.
const ASKED_AT_ONCE: usize = 10;

/// What the releases pin, which executions are running, and which of those beyond the newest `keep` releases have executions
/// that may be redriven; read concurrently. Needed if something may be removed.
///
/// # Errors
///
/// The first read that fails.
pub async fn usage(
    aws: &Aws,
    stack: &Stack,
    observed: &Observed,
    keep: usize,
) -> Result<Usage, AwsError> {
    let Some(state_machine) = observed.main() else {
        return Ok(Usage::default());
    };
    let old = state_machine.versions.iter().skip(keep);
    let redrivable = old.map(|(release, _)| async move {
        let redrivable = is_redrivable(aws, stack, &MachineName::Main, *release).await?;
        Ok::<_, AwsError>(redrivable.then_some(*release))
    });
    let executions = observed.state_machines.keys();
    let executions = executions.map(|machine| running(aws, stack, machine));
    let (releases, running, redrivable, forks, aliased) = tokio::try_join!(
        releases(aws, stack, state_machine),
        async { with_definitions(aws, try_join_all(executions).await?.concat()).await },
        try_join_all(redrivable),
        all_forks_in_use(aws, stack, observed),
        all_aliased(aws, stack, observed),
    )?;
    let mut usage = Usage {
        releases,
        versions: known_versions(observed),
        running,
        redrivable: redrivable.into_iter().flatten().collect(),
        redrivable_versions: BTreeSet::new(),
        forks,
        aliased,
    };
    if observed.state_machines.len() > 1 {
        usage.read_versions(aws, stack, observed).await?;
        usage.redrivable_versions = redrivable_versions(aws, stack, observed, &usage, keep).await?;
        usage.read_versions(aws, stack, observed).await?;
    }
    Ok(usage)
}

async fn all_forks_in_use(
    aws: &Aws,
    stack: &Stack,
    observed: &Observed,
) -> Result<BTreeSet<(MachineName, u64)>, AwsError> {
    let used = observed
        .state_machines
        .iter()
        .map(async |(machine, state)| {
            let used = forks_in_use(aws, stack, machine, state).await?.into_iter();
            Ok::<_, AwsError>(used.map(|version| (machine.clone(), version)))
        });
    Ok(try_join_all(used).await?.into_iter().flatten().collect())
}

async fn all_aliased(
    aws: &Aws,
    stack: &Stack,
    observed: &Observed,
) -> Result<BTreeSet<(MachineName, u64)>, AwsError> {
    let machines = observed.state_machines.keys();
    let aliased = machines.map(async |machine| {
        let versions = led_to_by_others(aws, stack, machine).await?.into_iter();
        Ok::<_, AwsError>(versions.map(|version| (machine.clone(), version)))
    });
    Ok(try_join_all(aliased).await?.into_iter().flatten().collect())
}

/// The forks of a state machine that are in use: an execution runs on them, or may be redriven.
pub(super) async fn forks_in_use(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    state: &StateMachineState,
) -> Result<BTreeSet<u64>, AwsError> {
    if state.forks.is_empty() {
        return Ok(BTreeSet::new());
    }
    let running = running(aws, stack, machine).await?;
    // What runs on the bare state machine is not known by its version.
    let running: BTreeSet<u64> = { running.iter() }
        .filter_map(|run| match &run.runs_on {
            RunsOn::Release(version) | RunsOn::Version(_, version) => Some(*version),
            RunsOn::StateMachine(_) => None,
        })
        .collect();
    let redrivable = state.forks.keys().map(async |version| {
        let used = running.contains(version)
            || is_redrivable(aws, stack, machine, *version).await?
            || is_about_to_start(aws, stack, machine, *version).await?;
        Ok::<_, AwsError>(used.then_some(*version))
    });
    Ok(try_join_all(redrivable)
        .await?
        .into_iter()
        .flatten()
        .collect())
}

/// Whether a version was published a moment ago and no execution was started on it yet, which another fork may be about to do.
async fn is_about_to_start(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    version: u64,
) -> Result<bool, AwsError> {
    let arn = format!("{}:{version}", stack.state_machine_arn(machine));
    let answer = aws.sfn.list_executions().state_machine_arn(&arn);
    let answer = answer.max_results(1).send().await;
    match answer.map_err(failed("ListExecutions")) {
        Ok(answer) if !answer.executions.is_empty() => return Ok(false),
        Err(error) if !matches!(error.class, Class::NotFound | Class::NotSupported) => {
            return Err(error);
        }
        Ok(_) | Err(_) => {}
    }
    let Some(described) = found(describe(aws, &arn).await)? else {
        return Ok(false);
    };
    let age = (aws.now)().duration_since(timestamp(&described.creation_date));
    Ok(age < SignedDuration::from_mins(10))
}

/// What the stack was read with.
fn known_versions(observed: &Observed) -> BTreeMap<(MachineName, u64), Release> {
    let machines = observed.state_machines.iter();
    let known = machines.flat_map(|(machine, state)| {
        let frozen = state.frozen.iter();
        frozen.map(|(version, frozen)| ((machine.clone(), *version), frozen.clone()))
    });
    known.collect()
}

/// The versions of state machines beside the main one that no newest release leads to and on which an execution may be
/// redriven.
async fn redrivable_versions(
    aws: &Aws,
    stack: &Stack,
    observed: &Observed,
    usage: &Usage,
    keep: usize,
) -> Result<BTreeSet<(MachineName, u64)>, AwsError> {
    let newest = observed.releases().take(keep);
    let newest = newest.filter_map(|release| usage.releases.get(&release));
    let kept: BTreeSet<Pin> = newest
        .flat_map(|release| usage.all_pins(release, stack))
        .collect();
    let machines = observed.state_machines.iter();
    let machines = machines.filter(|(machine, _)| **machine != MachineName::Main);
    let versions = machines.flat_map(|(machine, state)| {
        let versions = state.versions.iter();
        versions.map(|(version, _)| (machine.clone(), *version))
    });
    let old = versions
        .filter(|(machine, version)| !kept.iter().any(|pin| pin.of(machine) == Some(*version)));
    let redrivable = old.map(async |(machine, version)| {
        let redrivable = is_redrivable(aws, stack, &machine, version).await?;
        Ok::<_, AwsError>(redrivable.then_some((machine, version)))
    });
    let redrivable = try_join_all(redrivable).await?;
    Ok(redrivable.into_iter().flatten().collect())
}

/// What a release pins, by its ARN or that of an alias, and what that pins in turn.
///
/// # Errors
///
/// The first read that fails.
pub async fn pinned_by(aws: &Aws, stack: &Stack, arn: &str) -> Result<Vec<Pin>, AwsError> {
    all_pins_of(aws, stack, &frozen(aws, arn).await?).await
}

/// The same of a release that was read.
///
/// # Errors
///
/// The first read that fails.
pub async fn all_pins_of(
    aws: &Aws,
    stack: &Stack,
    release: &Release,
) -> Result<Vec<Pin>, AwsError> {
    let mut usage = Usage::default();
    usage.releases.insert(0, release.clone());
    usage
        .read_versions(aws, stack, &Observed::default())
        .await?;
    Ok(usage.all_pins(release, stack))
}

/// A release, and the versions that it leads to.
pub struct WholeRelease {
    /// By name, the main one among them. Of several versions, the newest.
    pub state_machines: BTreeMap<MachineName, Release>,
    /// The pinned version of each function, by handler.
    pub functions: BTreeMap<String, String>,
}

impl WholeRelease {
    /// Whether the version was made for a fork, and is not a release.
    pub fn is_fork(&self) -> bool {
        let main = self.state_machines.get(&MachineName::Main);
        main.is_some_and(Release::is_fork)
    }
}

/// Reads a release with all state machines that it leads to.
///
/// # Errors
///
/// The first read that fails, even if that is because the release does not exist.
pub async fn whole_release(
    aws: &Aws,
    stack: &Stack,
    number: u64,
) -> Result<WholeRelease, AwsError> {
    let main = release(aws, stack, &MachineName::Main, number).await?;
    let mut usage = Usage::default();
    usage.releases.insert(number, main.clone());
    usage
        .read_versions(aws, stack, &Observed::default())
        .await?;
    let pins = usage.all_pins(&main, stack);
    let functions = pins.iter().filter_map(Pin::of_function);
    let mut functions: Vec<(&str, &str)> = functions.collect();
    functions.sort_by_key(|(_, version)| version.parse::<u64>().unwrap_or(0));
    let functions = functions.into_iter();
    let functions = functions.map(|(handler, version)| (handler.to_owned(), version.to_owned()));
    let functions = functions.collect();
    // By name and version, so the newest comes last.
    let beside = usage.versions.into_iter();
    let beside = beside.map(|((machine, _), frozen)| (machine, frozen));
    Ok(WholeRelease {
        state_machines: beside.chain([(MachineName::Main, main)]).collect(),
        functions,
    })
}

impl Usage {
    /// What a release pins, and what that pins in turn, each once.
    pub fn all_pins(&self, release: &Release, stack: &Stack) -> Vec<Pin> {
        let mut all = BTreeSet::new();
        let mut left = release.pins(stack);
        while let Some(pin) = left.pop() {
            if all.insert(pin.clone()) {
                let inner = self.version(&pin).map(|release| release.pins(stack));
                left.extend(inner.unwrap_or_default());
            }
        }
        all.into_iter().collect()
    }

    /// What the versions of a state machine pin, and what that pins in turn.
    pub fn pins_of_machine(&self, machine: &MachineName, stack: &Stack) -> Vec<Pin> {
        let versions = self.versions.iter();
        let versions = versions.filter(|((other, _), _)| other == machine);
        let pins = versions.flat_map(|(_, release)| self.all_pins(release, stack));
        let pins: BTreeSet<Pin> = pins.collect();
        pins.into_iter().collect()
    }

    /// What a pinned version of a state machine froze.
    pub fn version(&self, pin: &Pin) -> Option<&Release> {
        let (machine, version) = pin.of_state_machine()?;
        self.versions.get(&(machine.clone(), version))
    }

    /// Reads the versions that something leads to, until nothing leads to another one.
    async fn read_versions(
        &mut self,
        aws: &Aws,
        stack: &Stack,
        observed: &Observed,
    ) -> Result<(), AwsError> {
        // One that does not exist is asked for once.
        let mut asked = BTreeSet::new();
        loop {
            let current = observed
                .state_machines
                .values()
                .map(StateMachineState::current);
            let running = self.running.iter().filter_map(|run| match &run.runs_on {
                RunsOn::StateMachine(release) => release.clone(),
                RunsOn::Release(_) | RunsOn::Version(..) => None,
            });
            let forks = { observed.state_machines.values() }.flat_map(|state| state.forks.values());
            let known = self.releases.values().chain(self.versions.values());
            let known = known.chain(forks).cloned().chain(current).chain(running);
            let pinned = known.flat_map(|release| release.pins(stack));
            let pinned = pinned.filter_map(|pin| {
                let (machine, version) = pin.of_state_machine()?;
                Some((machine.clone(), version))
            });
            let run = self.running.iter().filter_map(|run| match &run.runs_on {
                RunsOn::Version(machine, version) => Some((machine.clone(), *version)),
                RunsOn::Release(_) | RunsOn::StateMachine(_) => None,
            });
            let kept = self.redrivable_versions.iter().chain(&self.aliased);
            let kept = kept.filter(|(machine, _)| *machine != MachineName::Main);
            let wanted = pinned.chain(run).chain(kept.cloned());
            let unknown: BTreeSet<(MachineName, u64)> = wanted
                .filter(|wanted| {
                    !self.versions.contains_key(wanted) && asked.insert(wanted.clone())
                })
                .collect();
            if unknown.is_empty() {
                return Ok(());
            }
            let read = unknown.into_iter().map(async |(machine, version)| {
                let release = found(release(aws, stack, &machine, version).await)?;
                Ok::<_, AwsError>(release.map(|release| ((machine, version), release)))
            });
            let read = try_join_all(read).await?;
            self.versions.extend(read.into_iter().flatten());
        }
    }

    /// The releases that an alias of others leads to.
    pub fn aliased_releases(&self) -> impl Iterator<Item = u64> {
        let aliased = self.aliased.iter();
        let of_main = aliased.filter(|(machine, _)| *machine == MachineName::Main);
        of_main.map(|(_, release)| *release)
    }

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

/// Whether an execution on this version may be redriven.
async fn is_redrivable(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    version: u64,
) -> Result<bool, AwsError> {
    let arn = format!("{}:{version}", stack.state_machine_arn(machine));
    redrivable::is_redrivable(aws, &arn).await
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
                    (Some(version), named) => RunsOn::Version(named.clone(), version),
                    (None, _) => RunsOn::StateMachine(None),
                },
            });
        }
    }
    Ok(running)
}
