//! What IAM must allow for the group of schedules.

use crate::policy::{Command, Permission, Target};

pub(super) static SCHEDULE_GROUP: Target = Target::new("ScheduleGroup", |scope| {
    let stack = scope.stack;
    let group = stack.has_triggers.then(|| stack.schedule_group_arn());
    group.into_iter().collect()
});

pub(super) const READS: &[Permission] = &[
    Permission::new("scheduler:GetScheduleGroup", &SCHEDULE_GROUP, Command::READ),
    Permission::new(
        "scheduler:ListTagsForResource",
        &SCHEDULE_GROUP,
        Command::READ,
    ),
];
