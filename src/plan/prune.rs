//! The steps that remove releases beyond `keep-versions`, and function versions that nothing pins.

use std::collections::{BTreeMap, BTreeSet};

use super::builder::Builder;
use super::{Action, Reason, Resource, StepId};
use crate::desired::Desired;
use crate::observe::{Observed, StateMachineState, Usage};

/// Adds the deletions behind `live`, the step that moves the alias.
///
/// A release is in use while it is among the newest, while the alias points at it and while an
/// execution runs that was started on it. Without [`Usage`] nothing is known to be unused, and
/// nothing is removed.
pub(super) fn prune(
    builder: &mut Builder,
    desired: &Desired,
    observed: &Observed,
    live: Option<&StepId>,
) -> Kept {
    let (Some(state_machine), Some(usage)) = (&observed.state_machine, &observed.usage) else {
        return Kept::default();
    };
    let kept = kept(desired, state_machine, usage, builder.publishes_release());
    let arn = desired.stack.state_machine_arn();
    let resource = Resource::StateMachine(desired.stack.state_machine_name());
    let mut deletions = Vec::new();
    for (version, _) in &state_machine.versions {
        if !kept.contains(version) {
            let action = Action::DeleteStateMachineVersion {
                arn: format!("{arn}:{version}"),
            };
            let after = live.cloned();
            deletions.push(builder.add(&resource, action, after, vec![Reason::Superseded]));
        }
    }
    let pins: BTreeMap<(String, String), u64> = kept
        .iter()
        .filter_map(|release| Some((*release, usage.pins.get(release)?)))
        .flat_map(|(release, pins)| pins.iter().map(move |pin| (pin.clone(), release)))
        .collect();
    let after: Vec<StepId> = live.into_iter().chain(&deletions).cloned().collect();
    let wanted = |handler: &str| desired.functions.contains_key(handler);
    for (handler, function) in observed
        .functions
        .iter()
        .filter(|(handler, _)| wanted(handler))
    {
        // The newest version is the one that this release pins, or is about to.
        let Some((_, older)) = function.versions.split_last() else {
            continue;
        };
        for version in older {
            if !pins.contains_key(&(handler.clone(), version.version.clone())) {
                let action = Action::DeleteFunctionVersion {
                    name: function.name.clone(),
                    version: version.version.clone(),
                };
                let resource = Resource::Function(function.name.clone());
                builder.add(&resource, action, after.clone(), vec![Reason::Superseded]);
            }
        }
    }
    Kept { deletions, pins }
}

/// What the deploy leaves.
#[derive(Default)]
pub(super) struct Kept {
    /// The deletions of releases, after which what only they pinned is free.
    pub deletions: Vec<StepId>,
    /// By handler and version: the newest kept release that pins it.
    pins: BTreeMap<(String, String), u64>,
}

impl Kept {
    /// The newest kept release that pins a version of this function.
    pub fn release_that_pins(&self, handler: &str) -> Option<u64> {
        self.pins
            .iter()
            .filter(|((pinned, _), _)| pinned == handler)
            .map(|(_, release)| *release)
            .max()
    }
}

fn kept(
    desired: &Desired,
    state_machine: &StateMachineState,
    usage: &Usage,
    publishes: bool,
) -> BTreeSet<u64> {
    // The release that is about to be published counts, too.
    let newest = desired.keep_versions.saturating_sub(usize::from(publishes));
    let newest = state_machine.versions.iter().take(newest);
    let live = state_machine.alias.iter().flat_map(|alias| &alias.routing);
    let running = usage.running.iter().filter_map(|run| run.release);
    newest
        .map(|(version, _)| *version)
        .chain(live.map(|(version, _)| *version))
        .chain(running)
        .collect()
}
