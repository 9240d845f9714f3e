//! What a deploy retains of earlier releases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Draft;
use crate::config::MachineName;
use crate::resources::{
    Observed, Pin, ReleaseLabel, RunningExecution, RunsOn, StateMachineChange, StateMachineState,
    Usage,
};

/// What a deploy retains of earlier releases.
#[derive(Default)]
pub(crate) struct Retained {
    releases: BTreeSet<u64>,
    /// What pins a version.
    pins: BTreeMap<Pin, PinnedBy>,
    /// The ARNs of the roles that executions of the state machine assume.
    roles: BTreeSet<String>,
}

/// What must still find a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PinnedBy {
    /// An execution that was started on the bare state machine.
    Execution,
    /// The state machine, which no listed release froze as it is.
    StateMachine,
    /// The newest retained release that does.
    Release(u64),
}

impl fmt::Display for PinnedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Execution => f.write_str("an execution, which uses it, is running"),
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
        let releases = draft.observed.lasting_state_machine();
        let releases = releases.map(|state_machine| retained(draft, state_machine, usage));
        let releases = releases.unwrap_or_default();
        let of_executions = usage.running.iter().filter_map(|run| match &run.runs_on {
            RunsOn::StateMachine(pins) => pins.as_ref(),
            RunsOn::Version(pins) => Some(pins),
            RunsOn::Release(_) => None,
        });
        let of_executions = of_executions
            .flatten()
            .map(|pin| (pin.clone(), PinnedBy::Execution));
        // A list that lacks the newest release would make what that pins seem unused.
        let newest = usage.pins.last_key_value().map(|(_, pins)| pins);
        let unlisted = (newest != Some(&usage.current)).then_some(&usage.current);
        let of_state_machine = unlisted.into_iter().flatten();
        let of_state_machine = of_state_machine.map(|pin| (pin.clone(), PinnedBy::StateMachine));
        let of_releases = releases
            .iter()
            .filter_map(|release| Some((*release, usage.pins.get(release)?)))
            .flat_map(|(release, pins)| {
                pins.iter()
                    .map(move |pin| (pin.clone(), PinnedBy::Release(release)))
            });
        let redrivable = usage.redrivable_beside.iter();
        let redrivable = redrivable.map(|pin| (pin.clone(), PinnedBy::Execution));
        let mut pins: BTreeMap<Pin, PinnedBy> = redrivable
            .chain(of_executions)
            .chain(of_state_machine)
            .chain(of_releases)
            .collect();
        // What no release pins is in use as it is.
        for (machine, current) in &usage.beside {
            let pinned = pins.keys().any(|pin| pin.of(machine).is_some());
            if !pinned && draft.desired.state_machines.get(machine).is_some() {
                let current = current.iter();
                pins.extend(current.map(|pin| (pin.clone(), PinnedBy::StateMachine)));
            }
        }
        let roles = releases.iter();
        let roles = roles.filter_map(|release| usage.roles.get(release).cloned());
        let of_executions = (usage.unqualified() > 0)
            .then(|| draft.observed.lasting_state_machine())
            .flatten()
            .map(|state_machine| state_machine.settings.role_arn.clone());
        Self {
            roles: roles.chain(of_executions).collect(),
            releases,
            pins,
        }
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
        pins.map(|(_, by)| *by).max()
    }

    /// The handlers of which a version is pinned.
    pub fn handlers(&self) -> impl Iterator<Item = &str> {
        let pins = self.pins.keys().filter_map(Pin::of_function);
        pins.map(|(handler, _)| handler)
    }

    /// The state machines of which a version is pinned.
    pub fn state_machines(&self) -> impl Iterator<Item = &MachineName> {
        let pins = self.pins.keys().filter_map(Pin::of_state_machine);
        pins.map(|(machine, _)| machine)
    }

    /// Whether what is retained runs with this role.
    pub fn runs_with(&self, role_arn: &str, observed: &Observed) -> bool {
        let mut versions = observed.functions.iter().flat_map(|(handler, function)| {
            let versions = function.versions.iter();
            versions.filter(|version| self.pins(handler, &version.version))
        });
        self.roles.contains(role_arn)
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

fn retained(draft: &Draft<'_>, state_machine: &StateMachineState, usage: &Usage) -> BTreeSet<u64> {
    let versions = state_machine.versions.iter().map(|(number, _)| *number);
    let unknown = |run: &RunningExecution| run.runs_on == RunsOn::StateMachine(None);
    if usage.running.iter().any(unknown) {
        return versions.collect();
    }
    // The release that is about to be published counts as well.
    let newest = usize::from(draft.state_machines.main.publishes());
    let newest = draft.desired.keep_versions.saturating_sub(newest);
    // Also when the alias is about to move: executions may start on it until then. What was live before that deploy stays as
    // long as nothing else is to be done, so that a plan right after it is empty.
    let alias = state_machine.alias.as_ref();
    let live = alias.into_iter().flat_map(|alias| &alias.routing);
    let label = alias.and_then(|alias| ReleaseLabel::parse(&alias.description));
    let stays = matches!(draft.state_machines.main, StateMachineChange::Keep { .. });
    let before = label.and_then(|label| label.after).filter(|_| stays);
    let running = usage.running.iter().filter_map(|run| match run.runs_on {
        RunsOn::Release(release) => Some(release),
        RunsOn::StateMachine(_) | RunsOn::Version(_) => None,
    });
    versions
        .take(newest)
        .chain(live.map(|(version, _)| *version))
        .chain(before)
        .chain(running)
        .chain(usage.redrivable.iter().copied())
        .collect()
}
