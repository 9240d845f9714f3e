//! The steps that remove releases beyond `keep-versions`, and function versions that nothing pins.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::Builder;
use super::{Action, Reason, Resource, StepId};
use crate::desired::Desired;
use crate::observe::{FunctionVersion, Observed, StateMachineState, Usage};

/// What a deploy keeps of earlier releases.
#[derive(Default)]
pub(super) struct Kept {
    releases: BTreeSet<u64>,
    /// By handler and version: the newest kept release that pins it.
    pins: BTreeMap<(String, String), u64>,
}

impl Kept {
    /// A release is kept while it is among the newest, while the alias points at it and while an
    /// execution runs that was started on it. `publishes` says that one more is about to come.
    pub fn new(
        desired: &Desired,
        state_machine: &StateMachineState,
        usage: &Usage,
        publishes: bool,
    ) -> Self {
        let releases = releases(desired, state_machine, usage, publishes);
        let pins = releases
            .iter()
            .filter_map(|release| Some((*release, usage.pins.get(release)?)))
            .flat_map(|(release, pins)| pins.iter().map(move |pin| (pin.clone(), release)))
            .collect();
        Self { releases, pins }
    }

    /// The newest kept release that pins a version of this function.
    pub fn release_that_pins(&self, handler: &str) -> Option<u64> {
        self.pins
            .iter()
            .filter(|((pinned, _), _)| pinned == handler)
            .map(|(_, release)| *release)
            .max()
    }

    /// The handlers of which a kept release pins a version.
    pub fn handlers(&self) -> impl Iterator<Item = &String> {
        self.pins.keys().map(|(handler, _)| handler)
    }

    fn pins(&self, handler: &str, version: &str) -> bool {
        self.pins
            .contains_key(&(handler.to_owned(), version.to_owned()))
    }
}

/// Adds the deletions behind `live`, the step that moves the alias, and gives those of releases:
/// after them, what only they pinned is free.
pub(super) fn prune(
    builder: &mut Builder,
    desired: &Desired,
    observed: &Observed,
    kept: &Kept,
    live: Option<&StepId>,
) -> Vec<StepId> {
    let mut deletions = Vec::new();
    let arn = desired.stack.state_machine_arn();
    let resource = Resource::StateMachine(desired.stack.state_machine_name());
    for version in observed.releases().filter(|n| !kept.releases.contains(n)) {
        let action = Action::DeleteStateMachineVersion {
            arn: format!("{arn}:{version}"),
        };
        let after = live.cloned();
        deletions.push(builder.add(&resource, action, after, vec![Reason::Superseded]));
    }
    let after: Vec<StepId> = live.into_iter().chain(&deletions).cloned().collect();
    let wanted = |handler: &str| desired.functions.contains_key(handler);
    for (handler, function) in &observed.functions {
        // The newest version is the one that this release pins, or is about to.
        let Some((_, older)) = function.versions.split_last() else {
            continue;
        };
        for FunctionVersion { version, .. } in older {
            if wanted(handler) && !kept.pins(handler, version) {
                let action = Action::DeleteFunctionVersion {
                    name: function.name.clone(),
                    version: version.clone(),
                };
                let resource = Resource::Function(function.name.clone());
                builder.add(&resource, action, after.clone(), vec![Reason::Superseded]);
            }
        }
    }
    deletions
}

fn releases(
    desired: &Desired,
    state_machine: &StateMachineState,
    usage: &Usage,
    publishes: bool,
) -> BTreeSet<u64> {
    // An execution that was started on the bare state machine does not say which release it is on.
    if usage.running.iter().any(|run| run.release.is_none()) {
        return state_machine.versions.iter().map(|(n, _)| *n).collect();
    }
    // The release that is about to be published counts, too.
    let newest = desired.keep_versions.saturating_sub(usize::from(publishes));
    let newest = state_machine.versions.iter().take(newest);
    // Also when the alias is about to move: executions may start on it until then.
    let live = state_machine.alias.iter().flat_map(|alias| &alias.routing);
    let running = usage.running.iter().filter_map(|run| run.release);
    newest
        .map(|(version, _)| *version)
        .chain(live.map(|(version, _)| *version))
        .chain(running)
        .collect()
}
