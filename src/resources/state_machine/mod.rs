//! The state machines and their versions. Those of the main one are the releases.

mod compare;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod deletion;
mod desired;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;
mod pin;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod usage;

pub(crate) use compare::StateMachineChange;
pub use compare::frozen_as_it_is;
pub use desired::{Logging, StateMachine, StateMachineSettings};
pub(super) use desired::{settings, state_machines};
pub use observe::{Release, StateMachineState, newest_version, release, releases};
pub(super) use observe::{describe, read_all, read_frozen, reported_settings, tags};
pub(super) use permissions::STATE_MACHINE;
pub use pin::Pin;
pub(crate) use pin::pins;
pub(super) use pin::pins_of_all;
pub use usage::{RunningExecution, RunsOn, Usage, pinned_by, running, usage};

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
