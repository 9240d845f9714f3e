//! What a deploy retains of earlier releases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::Draft;
use crate::resources::{
    Because, Observed, ReleaseLabel, RunningExecution, RunsOn, StateMachineChange,
    StateMachineState, Usage,
};

/// What a deploy retains of earlier releases.
#[derive(Default)]
pub(crate) struct Retained {
    releases: BTreeSet<u64>,
    /// What pins a version, by handler and version.
    pins: BTreeMap<(String, String), PinnedBy>,
    /// The definitions that may still run, each with what keeps it.
    definitions: Vec<(Because, Value)>,
    /// The ARNs of the roles that executions of the state machine assume.
    roles: BTreeSet<String>,
}

/// What must still find a version of a function.
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
        let pins = of_executions
            .chain(of_state_machine)
            .chain(of_releases)
            .collect();
        let roles = releases.iter();
        let roles = roles.filter_map(|release| usage.roles.get(release).cloned());
        let of_executions = (usage.unqualified() > 0)
            .then(|| draft.observed.lasting_state_machine())
            .flatten()
            .map(|state_machine| state_machine.settings.role_arn.clone());
        Self {
            roles: roles.chain(of_executions).collect(),
            definitions: definitions(draft.observed, usage, &releases),
            releases,
            pins,
        }
    }

    /// What the role of the state machine must allow in addition to what the desired definition needs.
    pub fn definitions(&self) -> &[(Because, Value)] {
        &self.definitions
    }

    /// What pins a version of this function.
    pub fn pinned_by(&self, handler: &str) -> Option<PinnedBy> {
        self.pins
            .iter()
            .filter(|((pinned, _), _)| pinned == handler)
            .map(|(_, by)| *by)
            .max()
    }

    /// The handlers of which a version is pinned.
    pub fn handlers(&self) -> impl Iterator<Item = &String> {
        self.pins.keys().map(|(handler, _)| handler)
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
        let pinned = self.pins.keys().filter(|(pinned, _)| pinned == handler);
        let newest = pinned.map(|(_, pinned)| number(pinned)).max();
        newest.is_some_and(|newest| number(version) < newest)
    }

    pub fn keeps(&self, release: u64) -> bool {
        self.releases.contains(&release)
    }

    pub fn pins(&self, handler: &str, version: &str) -> bool {
        self.pins
            .contains_key(&(handler.to_owned(), version.to_owned()))
    }
}

fn definitions(
    observed: &Observed,
    usage: &Usage,
    releases: &BTreeSet<u64>,
) -> Vec<(Because, Value)> {
    let kept = releases.iter().filter_map(|release| {
        let definition = usage.definitions.get(release)?;
        Some((Because::Release(*release), definition.clone()))
    });
    let executed = usage.executed.iter().cloned();
    let executed = executed.map(|definition| (Because::Executions, definition));
    // A list may lack the newest release, which froze this.
    let current = observed.lasting_state_machine();
    let current = current.map(|state_machine| &state_machine.definition);
    let newest = usage.definitions.last_key_value();
    let unlisted = current.filter(|current| newest.is_none_or(|(_, newest)| newest != *current));
    let unlisted = unlisted.map(|definition| (Because::StateMachine, definition.clone()));
    kept.chain(executed).chain(unlisted).collect()
}

fn retained(draft: &Draft<'_>, state_machine: &StateMachineState, usage: &Usage) -> BTreeSet<u64> {
    let versions = state_machine.versions.iter().map(|(number, _)| *number);
    let unknown = |run: &RunningExecution| run.runs_on == RunsOn::StateMachine(None);
    if usage.running.iter().any(unknown) {
        return versions.collect();
    }
    // The release that is about to be published counts as well.
    let newest = usize::from(draft.state_machine.publishes());
    let newest = draft.desired.keep_versions.saturating_sub(newest);
    // Also when the alias is about to move: executions may start on it until then. What was live before that deploy stays as
    // long as nothing else is to be done, so that a plan right after it is empty.
    let alias = state_machine.alias.as_ref();
    let live = alias.into_iter().flat_map(|alias| &alias.routing);
    let label = alias.and_then(|alias| ReleaseLabel::parse(&alias.description));
    let stays = matches!(draft.state_machine, StateMachineChange::Keep);
    let before = label.and_then(|label| label.after).filter(|_| stays);
    let running = usage.running.iter().filter_map(|run| match run.runs_on {
        RunsOn::Release(release) => Some(release),
        RunsOn::StateMachine(_) => None,
    });
    versions
        .take(newest)
        .chain(live.map(|(version, _)| *version))
        .chain(before)
        .chain(running)
        .chain(usage.redrivable.iter().copied())
        .collect()
}
