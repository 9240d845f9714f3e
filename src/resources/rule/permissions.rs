//! What IAM must allow for rules.

use crate::policy::{Command, Permission, Target};

/// The rules of the stack, on each event bus.
pub(super) static RULES: Target = Target::new("Rules", |scope| {
    let stack = scope.stack;
    let all = stack.rule_name("*");
    let any_bus = stack.rule_arn(&format!("*/{all}"));
    let arns = [stack.rule_arn(&all), any_bus];
    arns.into_iter().filter(|_| stack.has_triggers).collect()
});

/// AWS lists event buses by account, and rules by event bus.
static ALL_RULES: Target = Target::new("AllRules", |scope| {
    let any = scope.stack.has_triggers.then(|| "*".to_owned());
    any.into_iter().collect()
});

/// The event buses that tests put events on.
static EVENT_BUSES: Target = Target::new("EventBuses", |scope| {
    let buses = scope.event_buses.iter();
    let account = &scope.stack.account;
    let arns = buses.map(|bus| account.arn("events", &format!("event-bus/{}", account.fill(bus))));
    arns.collect()
});

pub(super) const READS: &[Permission] = &[
    Permission::new("events:ListEventBuses", &ALL_RULES, Command::READ),
    Permission::new("events:ListRules", &ALL_RULES, Command::READ),
    Permission::new("events:ListTargetsByRule", &RULES, Command::READ),
    Permission::new("events:ListTagsForResource", &RULES, Command::READ),
    Permission::new("events:PutEvents", &EVENT_BUSES, &[Command::Test]),
];
