//! Deployment → the desired group of schedules.

use crate::config::{Deployment, Source};
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleGroup {
    pub name: String,
    pub tags: Tags,
}

/// `None` if no trigger is a schedule.
pub(in crate::resources) fn schedule_group(
    deployment: &Deployment,
    stack: &Stack,
) -> Option<ScheduleGroup> {
    let mut triggers = deployment.triggers.values();
    let any = triggers.any(|trigger| matches!(trigger.source, Source::Schedule { .. }));
    any.then(|| ScheduleGroup {
        name: stack.schedule_group(),
        tags: stack.tags(&deployment.tags),
    })
}
