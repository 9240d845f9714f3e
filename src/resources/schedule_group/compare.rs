//! The steps that the group of schedules needs.

use super::operations::{CreateScheduleGroup, DeleteScheduleGroup, TaggedScheduleGroup};
use crate::plan::{Draft, Milestone, Reason, Removal};
use crate::resources::{Kind, tags};

pub(super) fn deploy(draft: &mut Draft<'_>) {
    let arn = draft.desired.stack.schedule_group_arn();
    let observed = draft.observed.schedule_group.as_ref();
    let Some(desired) = &draft.desired.schedule_group else {
        return;
    };
    let resource = Kind::ScheduleGroup.named(&desired.name);
    // Only the role leads to it once `deploy.toml` names no schedule.
    let role = Kind::Role.named(draft.desired.stack.triggers_role());
    let role = draft.steps.until(&role, Milestone::Exists);
    match observed.filter(|group| !group.deleting) {
        None => {
            let create = CreateScheduleGroup {
                name: desired.name.clone(),
                arn,
                tags: desired.tags.clone(),
            };
            let created = draft
                .steps
                .add(&resource, create, role, vec![Reason::Missing]);
            draft.steps.reach(&resource, Milestone::Exists, [created]);
        }
        Some(observed) => {
            let (old, new) = (&observed.tags, &desired.tags);
            let target = TaggedScheduleGroup(arn);
            tags::compare(&mut draft.steps, &resource, &target, (old, new), Vec::new());
        }
    }
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
