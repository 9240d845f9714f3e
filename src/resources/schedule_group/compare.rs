//! The steps that the group of schedules needs.

use super::operations::{CreateScheduleGroup, DeleteScheduleGroup, TaggedScheduleGroup};
use crate::plan::{Draft, Milestone, Reason, Removal};
use crate::resources::{Desired, Kind, tags};

pub(super) fn deploy(draft: &mut Draft<'_>) {
    let observed = draft.observed.schedule_group.as_ref();
    let Some(create) = creation(draft.desired) else {
        return;
    };
    let resource = Kind::ScheduleGroup.named(&create.name);
    // Only the role leads to it once `deploy.toml` names no schedule.
    let role = Kind::Role.named(draft.desired.stack.triggers_role());
    let role = draft.steps.until(&role, Milestone::Exists);
    match observed.filter(|group| !group.deleting) {
        None => {
            let created = draft
                .steps
                .add(&resource, create, role, vec![Reason::Missing]);
            draft.steps.reach(&resource, Milestone::Exists, [created]);
        }
        Some(observed) => {
            let (old, new) = (&observed.tags, &create.tags);
            let target = TaggedScheduleGroup(create.arn);
            tags::compare(&mut draft.steps, &resource, &target, (old, new), Vec::new());
        }
    }
}

/// `None` if there is to be no group.
pub(in crate::resources) fn creation(desired: &Desired) -> Option<CreateScheduleGroup> {
    let group = desired.schedule_group.as_ref()?;
    Some(CreateScheduleGroup {
        name: group.name.clone(),
        arn: desired.stack.schedule_group_arn(),
        tags: group.tags.clone(),
    })
}

/// It is removed after its schedules, so that it goes at once.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    let resource = Kind::ScheduleGroup.named(name);
    let delete = DeleteScheduleGroup {
        name: name.to_owned(),
    };
    let unused = removal.unused.clone();
    let deleted = removal
        .steps
        .add(&resource, delete, unused, vec![Reason::NotWanted]);
    removal.removed.push((resource, deleted));
}
