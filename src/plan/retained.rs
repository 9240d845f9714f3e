//! What a deploy retains of earlier releases.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Draft;
use crate::resources::{
    Observed, Release, ReleaseLabel, RunningExecution, RunsOn, StateMachineChange,
    StateMachineState, Usage,
};

/// What a deploy retains of earlier releases.
#[derive(Default)]
pub(crate) struct Retained {
    releases: BTreeSet<u64>,
    /// What pins a version, by handler and version.
    pins: BTreeMap<(String, String), PinnedBy>,
    /// What may still be run: the retained releases, and what executions on the bare state machine run.
    runnable: Vec<(PinnedBy, Release)>,
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
        let Some(state_machine) = draft.observed.lasting_state_machine() else {
            return Self::default();
        };
        let releases = retained(draft, state_machine, usage);
        let of_executions = usage.running.iter().filter_map(|run| match &run.runs_on {
            RunsOn::StateMachine(release) => release.clone(),
            RunsOn::Release(_) => None,
        });
        let of_executions = of_executions.map(|release| (PinnedBy::Execution, release));
        let current = unlisted(state_machine, usage);
        let current = current.map(|release| (PinnedBy::StateMachine, release));
        let of_releases = releases.iter().filter_map(|release| {
            let frozen = usage.releases.get(release)?.clone();
            Some((PinnedBy::Release(*release), frozen))
        });
        let runnable: Vec<_> = of_executions.chain(current).chain(of_releases).collect();
        let stack = &draft.desired.stack;
        let pins = runnable.iter().flat_map(|(by, release)| {
            let pins = release.pins(stack).into_iter();
            pins.map(|pin| (pin, *by))
        });
        Self {
            pins: pins.collect(),
            runnable,
            releases,
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
        self.pins
            .iter()
            .filter(|((pinned, _), _)| pinned == handler)
            .map(|(_, by)| *by)
            .max()
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

/// The state machine as it is now, unless the newest release froze that: a list that lacks the newest release would make what
/// that pins seem unused.
fn unlisted(state_machine: &StateMachineState, usage: &Usage) -> Option<Release> {
    let current = Release {
        definition: state_machine.definition.clone(),
        settings: state_machine.settings.clone(),
        description: None,
    };
    let newest = usage.releases.last_key_value();
    let newest = newest.map(|(_, newest)| &newest.definition);
    (newest != Some(&current.definition)).then_some(current)
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
