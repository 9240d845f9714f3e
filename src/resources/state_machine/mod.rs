//! The state machine and its releases.

mod compare;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod deletion;
mod desired;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;
mod pins;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod usage;

pub(crate) use compare::StateMachineChange;
pub(super) use desired::state_machine;
pub use desired::{Logging, StateMachine, StateMachineSettings};
pub use observe::{Release, StateMachineState, release, releases};
pub(super) use observe::{describe, read, reported_settings, tags, versions};
pub(super) use permissions::STATE_MACHINE;
pub use pins::Pin;
pub(super) use pins::pins;
pub use usage::{RunningExecution, RunsOn, Usage, running, usage};

use super::parts::{Held, Parts};

pub(super) const PARTS: Parts = Parts {
    name: "state machine",
    operations: operations::ALL,
    reads: permissions::READS,
    held: |observed| {
        let state_machine = observed.state_machine.iter();
        let held = state_machine.map(|state_machine| Held {
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
