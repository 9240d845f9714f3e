//! Schedules, which start executions of the release that is live. All are in the stack's group.

mod compare;
mod desired;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;

pub(super) use desired::schedules;
pub use desired::{Schedule, ScheduleSettings};
pub use observe::ScheduleState;
pub(super) use observe::{list_targeting, read, read_all};

use super::parts::{Held, Parts};

pub(super) const PARTS: Parts = Parts {
    name: "schedule",
    operations: operations::ALL,
    reads: permissions::READS,
    held: |observed| {
        // A schedule has no tags, so it is whose its group is.
        let group = observed.schedule_group.as_ref();
        let group = group.filter(|group| !group.deleting);
        let held = group.into_iter().flat_map(|group| {
            let schedules = observed.schedules.keys();
            schedules.map(|name| Held {
                name,
                tags: &group.tags,
                path: None,
                region: None,
            })
        });
        held.collect()
    },
    deploy: compare::deploy,
    remove: compare::remove,
};
