//! What a deploy retains of earlier releases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Draft;
use crate::config::MachineName;
use crate::resources::{
    Observed, Pin, Release, ReleaseLabel, RunningExecution, RunsOn, StateMachineChange,
    StateMachineState, Usage,
};
use crate::stack::Stack;

/// What a deploy retains of earlier releases.
#[derive(Default)]
pub(crate) struct Retained {
    releases: BTreeSet<u64>,
    /// The versions that executions were forked onto.
    forks: BTreeSet<(MachineName, u64)>,
    /// What pins a version.
    pins: BTreeMap<Pin, PinnedBy>,
    /// What may still be run: the retained releases with all that they start, and what executions on bare state machines
    /// run.
    runnable: Vec<(PinnedBy, Release)>,
}

/// What must still find a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PinnedBy {
    /// A version that an execution was forked onto, which runs or may be redriven.
    Fork(u64),
    /// An execution that was started on a bare state machine, or on one beside the main one.
    Execution,
    /// An alias that others made for a version beside the main one.
    Alias,
    /// The state machine, which no listed release froze as it is.
    StateMachine,
    /// The newest retained release that does.
    Release(u64),
}

impl fmt::Display for PinnedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fork(version) => write!(
                f,
                "a fork on version {version}, which pins it, runs or may be redriven"
            ),
            Self::Execution => {
                f.write_str("an execution, which uses it, is running or may be redriven")
            }
            Self::Alias => f.write_str("an alias that txflow did not make leads to it"),
            Self::StateMachine => f.write_str("the state machine pins it"),
            Self::Release(release) => write!(f, "release {release}, which pins it, is kept"),
        }
    }
}

impl Retained {
    /// A release is retained while it is among the newest, while the alias points at it, while an execution runs that
    /// was started on it, and while one that failed on it may be redriven. What an execution on the bare state machine
    /// pins is retained; if that is not known, everything is.
    pub fn new(draft: &Draft<'_>, usage: &Usage) -> Self {
        let Some(state_machine) = draft.observed.lasting_state_machine() else {
            return Self::default();
        };
        let releases = retained(draft, state_machine, usage);
        let of_executions = usage.running.iter().filter_map(|run| match &run.runs_on {
            RunsOn::StateMachine(release) => release.clone(),
            RunsOn::Release(_) | RunsOn::Version(..) => None,
        });
        let of_executions = of_executions.map(|release| (PinnedBy::Execution, release));
        let current = unlisted(state_machine, usage);
        let current = current.map(|release| (PinnedBy::StateMachine, release));
        let of_releases = releases.iter().filter_map(|release| {
            let frozen = usage.releases.get(release)?.clone();
            Some((PinnedBy::Release(*release), frozen))
        });
        let mut retained = Self::default();
        let stack = &draft.desired.stack;
        for (by, release) in of_executions.chain(current).chain(of_releases) {
            retained.retain(release, by, usage, stack);
        }
        for (machine, state) in &draft.observed.state_machines {
            for (version, fork) in &state.forks {
                let key = (machine.clone(), *version);
                if usage.forks.contains(&key) || runs_unknown(usage) {
                    retained.retain(fork.clone(), PinnedBy::Fork(*version), usage, stack);
                    retained.forks.insert(key);
                }
            }
        }
        let is_fork = |machine: &MachineName, version: u64| {
            let state = draft.observed.state_machines.get(machine);
            state.is_some_and(|state| state.forks.contains_key(&version))
        };
        let executed = executed_versions(usage).map(|version| (version, PinnedBy::Execution));
        let aliased = usage.aliased.iter().cloned();
        let aliased = aliased.filter(|(machine, _)| *machine != MachineName::Main);
        let aliased = aliased.map(|version| (version, PinnedBy::Alias));
        for ((machine, version), by) in executed.chain(aliased) {
            if !is_fork(&machine, version) {
                let pin = Pin::StateMachine { machine, version };
                retained.pin(pin, by, usage, stack);
            }
        }
        for (machine, state) in &draft.observed.state_machines {
            let is_pinned = retained.machine_pinned_by(machine).is_some();
            let is_desired = draft.desired.state_machines.named.values();
            let is_desired = is_desired.clone().any(|wanted| wanted.machine == *machine);
            if is_desired && !is_pinned {
                // No release has it, so it is in use as it is.
                retained.retain(state.current(), PinnedBy::StateMachine, usage, stack);
                let newest = state.versions.first();
                retained.pins.extend(newest.map(|(version, _)| {
                    let (machine, version) = (machine.clone(), *version);
                    let pin = Pin::StateMachine { machine, version };
                    (pin, PinnedBy::StateMachine)
                }));
            }
        }
        Self {
            releases,
            ..retained
        }
    }

    /// Retains what may be run, with what it starts.
    fn retain(&mut self, release: Release, by: PinnedBy, usage: &Usage, stack: &Stack) {
        for pin in release.pins(stack) {
            self.pin(pin, by, usage, stack);
        }
        self.runnable.push((by, release));
    }

    fn pin(&mut self, pin: Pin, by: PinnedBy, usage: &Usage, stack: &Stack) {
        let is_new = !self.pins.contains_key(&pin);
        let started = usage.version(&pin).cloned();
        let pinned_by = self.pins.entry(pin).or_insert(by);
        let is_newer = *pinned_by < by;
        *pinned_by = by.max(*pinned_by);
        if let Some(started) = started.filter(|_| is_new || is_newer) {
            self.retain(started, by, usage, stack);
        }
    }

    /// What may still be run with this role.
    pub fn run_with(&self, role_arn: &str) -> impl Iterator<Item = (PinnedBy, &Release)> {
        let runnable = self.runnable.iter();
        let runnable = runnable.map(|(by, release)| (*by, release));
        runnable.filter(move |(_, release)| release.settings.role_arn == role_arn)
    }

    /// What pins a version of this function.
    pub fn pinned_by(&self, handler: &str) -> Option<PinnedBy> {
        let pins = self.pins.iter().filter(|(pin, _)| {
            pin.of_function()
                .is_some_and(|(pinned, _)| pinned == handler)
        });
        pins.map(|(_, by)| *by).max()
    }

    /// What pins a version of this state machine.
    pub fn machine_pinned_by(&self, machine: &MachineName) -> Option<PinnedBy> {
        let pins = self.pins.iter();
        let pins = pins.filter(|(pin, _)| pin.of(machine).is_some());
        let forks = self.forks.iter().filter(|(forked, _)| forked == machine);
        let forks = forks.map(|(_, version)| PinnedBy::Fork(*version));
        pins.map(|(_, by)| *by).chain(forks).max()
    }

    /// Whether what is retained runs with this role.
    pub fn runs_with(&self, role_arn: &str, observed: &Observed) -> bool {
        let mut versions = observed.functions.iter().flat_map(|(handler, function)| {
            let versions = function.versions.iter();
            versions.filter(|version| self.pins(handler, &version.version))
        });
        self.run_with(role_arn).next().is_some()
            || versions.any(|version| version.configuration.role_arn == role_arn)
    }

    /// Whether a newer version of this function is pinned. One that is newer than all of them may belong to a deploy that
    /// is running, whose release is not published yet.
    pub fn is_past(&self, handler: &str, version: &str) -> bool {
        let number = |version: &str| version.parse::<u64>().unwrap_or(0);
        let pinned = self.pins.keys().filter_map(Pin::of_function);
        let pinned = pinned.filter(|(pinned, _)| *pinned == handler);
        let newest = pinned.map(|(_, pinned)| number(pinned)).max();
        newest.is_some_and(|newest| number(version) < newest)
    }

    pub fn keeps(&self, release: u64) -> bool {
        self.releases.contains(&release)
    }

    pub fn keeps_fork(&self, machine: &MachineName, version: u64) -> bool {
        self.forks.contains(&(machine.clone(), version))
    }

    pub fn pins(&self, handler: &str, version: &str) -> bool {
        self.pins.contains_key(&Pin::function(handler, version))
    }

    /// Whether a version of a state machine beside the main one is superseded: nothing pins it, but a newer one.
    pub fn has_superseded(&self, machine: &MachineName, version: u64) -> bool {
        let pinned = self.pins.keys().filter_map(|pin| pin.of(machine));
        let pinned: BTreeSet<u64> = pinned.collect();
        !pinned.contains(&version) && pinned.last().is_some_and(|newest| version < *newest)
    }
}

/// The versions of state machines beside the main one on which executions run, or may be redriven.
fn executed_versions(usage: &Usage) -> impl Iterator<Item = (MachineName, u64)> {
    let running = usage.running.iter().filter_map(|run| match &run.runs_on {
        RunsOn::Version(machine, version) => Some((machine.clone(), *version)),
        RunsOn::Release(_) | RunsOn::StateMachine(_) => None,
    });
    running.chain(usage.redrivable_versions.iter().cloned())
}

/// The state machine as it is now, unless the newest release froze that: a list that lacks the newest release would make what
/// that pins seem unused.
fn unlisted(state_machine: &StateMachineState, usage: &Usage) -> Option<Release> {
    let current = state_machine.current();
    let newest = usage.releases.last_key_value();
    let newest = newest.map(|(_, newest)| &newest.definition);
    (newest != Some(&current.definition)).then_some(current)
}

/// Whether executions run of which is not known what they run.
fn runs_unknown(usage: &Usage) -> bool {
    let unknown = |run: &RunningExecution| run.runs_on == RunsOn::StateMachine(None);
    usage.running.iter().any(unknown)
}

fn retained(draft: &Draft<'_>, state_machine: &StateMachineState, usage: &Usage) -> BTreeSet<u64> {
    let versions = state_machine.versions.iter().map(|(number, _)| *number);
    if runs_unknown(usage) {
        return versions.collect();
    }
    // The release that is about to be published counts as well. The newest one stays in any case: another deploy may have
    // published it, and be about to make it live.
    let newest = if draft.state_machines.main.publishes() {
        draft.desired.keep_versions.saturating_sub(1).max(1)
    } else {
        draft.desired.keep_versions.max(2)
    };
    // Also when the alias is about to move: executions may start on it until then. What was live before that deploy stays as
    // long as nothing else is to be done, so that a plan right after it is empty.
    let alias = state_machine.alias.as_ref();
    let live = alias.into_iter().flat_map(|alias| &alias.routing);
    let label = alias.and_then(|alias| ReleaseLabel::parse(&alias.description));
    let stays = matches!(draft.state_machines.main, StateMachineChange::Keep { .. });
    let before = label.and_then(|label| label.after).filter(|_| stays);
    let running = usage.running.iter().filter_map(|run| match run.runs_on {
        RunsOn::Release(release) => Some(release),
        RunsOn::StateMachine(_) | RunsOn::Version(..) => None,
    });
    versions
        .take(newest)
        .chain(live.map(|(version, _)| *version))
        .chain(before)
        .chain(running)
        .chain(usage.redrivable.iter().copied())
        .chain(usage.aliased_releases())
        .collect()
}
