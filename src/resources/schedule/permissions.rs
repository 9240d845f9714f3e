//! What IAM must allow for schedules.

use crate::policy::{Command, Permission, Target};

/// All in the stack's group.
pub(super) static SCHEDULES: Target = Target::new("Schedules", |scope| {
    let stack = scope.stack;
    let all = stack.has_triggers.then(|| stack.schedule_arn("*"));
    all.into_iter().collect()
});

/// AWS lists schedules whatever their group.
static ALL_SCHEDULES: Target = Target::new("AllSchedules", |scope| {
    let any = scope.stack.has_triggers.then(|| "*".to_owned());
    any.into_iter().collect()
});

pub(super) const READS: &[Permission] = &[
    Permission::new("scheduler:ListSchedules", &ALL_SCHEDULES, Command::READ),
    Permission::new("scheduler:GetSchedule", &SCHEDULES, Command::READ),
];
