//! The state machines and their versions. Those of the main one are the releases.

mod compare;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod deletion;
mod desired;
mod fork_label;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod forks;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;
mod pins;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod redrivable;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod usage;

pub(in crate::resources) use compare::is_live_now;
pub use compare::{NEW_VERSION, frozen_as_it_is};
pub(crate) use compare::{StateMachineChange, settings_changes};
pub(super) use desired::state_machines;
pub use desired::{Logging, StateMachine, StateMachineSettings};
pub use fork_label::ForkLabel;
pub use observe::{
    Release, StateMachineState, newest_version, read, release, release_numbers, releases, startable,
};
pub(super) use observe::{describe, read_all, read_frozen, reported_settings, tags, versions};
pub(super) use permissions::STATE_MACHINE;
pub use pins::Pin;
#[cfg(test)]
pub(crate) use pins::pins;
pub(super) use pins::{pins_of_all, with_pins};
pub use usage::{
    RunningExecution, RunsOn, Usage, WholeRelease, all_pins_of, pinned_by, running, usage,
    whole_release,
};

use super::parts::{Held, Parts};

pub(super) const PARTS: Parts = Parts {
    name: "state machine",
    operations: operations::ALL,
    reads: permissions::READS,
    held: |observed| {
        let state_machines = observed.state_machines.values();
        let held = state_machines.map(|state_machine| Held {
            name: &state_machine.name,
            tags: &state_machine.tags,
            path: None,
            region: None,
        });
        held.collect()
    },
    deploy: compare::deploy,
    remove: compare::remove,
};
