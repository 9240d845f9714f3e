//! Log groups: one for each function, and one for each state machine whose logging is on.

mod compare;
mod desired;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;

pub use desired::LogGroup;
pub(super) use desired::log_groups;
pub use observe::LogGroupState;
pub(super) use observe::{described, list_own, read_all};

use super::parts::{Held, Parts};

pub(super) const PARTS: Parts = Parts {
    name: "log group",
    operations: operations::ALL,
    reads: permissions::READS,
    held: |observed| {
        let groups = observed.log_groups.iter();
        let held = groups.map(|(name, group)| Held {
            name,
            tags: &group.tags,
            path: None,
            region: None,
        });
        held.collect()
    },
    deploy: compare::deploy,
    remove: compare::remove,
};
