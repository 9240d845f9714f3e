//! What a deploy retains of earlier releases.

use std::collections::{BTreeMap, BTreeSet};

use super::Draft;
use crate::resources::{StateMachineState, Usage};

/// What a deploy retains of earlier releases.
#[derive(Default)]
pub(crate) struct Retained {
    releases: BTreeSet<u64>,
    /// The newest retained release that pins a version, by handler and version.
    pins: BTreeMap<(String, String), u64>,
}

impl Retained {
    /// A release is retained while it is among the newest, while the alias points at it, and while an
    /// execution runs that was started on it.
    pub fn new(draft: &Draft<'_>, usage: &Usage) -> Self {
        let releases = draft.observed.lasting_state_machine();
        let releases = releases.map(|state_machine| retained(draft, state_machine, usage));
        let releases = releases.unwrap_or_default();
        let pins = releases
            .iter()
            .filter_map(|release| Some((*release, usage.pins.get(release)?)))
            .flat_map(|(release, pins)| pins.iter().map(move |pin| (pin.clone(), release)))
            .collect();
        Self { releases, pins }
    }

    /// The newest retained release that pins a version of this function.
    pub fn release_that_pins(&self, handler: &str) -> Option<u64> {
        self.pins
            .iter()
            .filter(|((pinned, _), _)| pinned == handler)
            .map(|(_, release)| *release)
            .max()
    }

    /// The handlers of which a retained release pins a version.
    pub fn handlers(&self) -> impl Iterator<Item = &String> {
        self.pins.keys().map(|(handler, _)| handler)
    }

    pub fn keeps(&self, release: u64) -> bool {
        self.releases.contains(&release)
    }

    pub fn pins(&self, handler: &str, version: &str) -> bool {
        self.pins
            .contains_key(&(handler.to_owned(), version.to_owned()))
    }
}

fn retained(draft: &Draft<'_>, state_machine: &StateMachineState, usage: &Usage) -> BTreeSet<u64> {
    // An execution that was started on the bare state machine does not say which release it is on.
    if usage.running.iter().any(|run| run.release.is_none()) {
        return state_machine.versions.iter().map(|(n, _)| *n).collect();
    }
    // The release that is about to be published counts as well.
    let newest = usize::from(draft.state_machine.publishes());
    let newest = draft.desired.keep_versions.saturating_sub(newest);
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
