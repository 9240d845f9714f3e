//! The group of all schedules of the stack. It has tags, which schedules have not.

mod compare;
mod desired;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;

pub(super) use compare::creation;
pub use desired::ScheduleGroup;
pub(super) use desired::schedule_group;
pub use observe::ScheduleGroupState;
pub(super) use observe::read;

use super::parts::{Held, Parts};

pub(super) const PARTS: Parts = Parts {
    name: "schedule group",
    operations: operations::ALL,
    reads: permissions::READS,
    held: |observed| {
        let group = observed.schedule_group.iter();
        let held = group.filter(|group| !group.deleting).map(|group| Held {
            name: &group.name,
            tags: &group.tags,
            path: None,
            region: None,
        });
        held.collect()
    },
    deploy: compare::deploy,
    remove: compare::remove,
};
