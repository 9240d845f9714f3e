//! What IAM must allow for log groups.

use crate::policy::{Command, Permission, Target, with_parts};

/// AWS checks some actions against the group, others against one of its streams.
pub(in crate::resources) static LOG_GROUPS: Target = Target::new("LogGroups", |scope| {
    let stack = scope.stack;
    let members = scope.members();
    let functions = members.handlers.iter();
    let functions = functions.map(|handler| stack.function_log_group(handler));
    let machines = members.state_machines.iter();
    let machines = machines.map(|machine| stack.state_machine_log_group(machine));
    functions
        .chain(machines)
        .flat_map(|group| with_parts(stack.log_group_arn(&group)))
        .collect()
});

/// AWS lists log groups by account.
static ALL_LOG_GROUPS: Target =
    Target::new("AllLogGroups", |scope| vec![scope.stack.log_group_arn("*")]);

pub(super) const READS: &[Permission] = &[
    Permission::new("logs:DescribeLogGroups", &ALL_LOG_GROUPS, Command::READ),
    Permission::new("logs:ListTagsForResource", &LOG_GROUPS, Command::READ),
    Permission::new(
        "logs:FilterLogEvents",
        &LOG_GROUPS,
        // The log of an EXPRESS execution is all that can be replayed of it.
        &[Command::Test, Command::Logs, Command::Replay, Command::Ui],
    ),
];
