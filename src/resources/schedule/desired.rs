//! Deployment → the desired schedules.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::config::{Deployment, Source, TriggerConfig};
use crate::stack::Stack;

#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// That of the trigger.
    pub name: String,
    pub group: String,
    pub settings: ScheduleSettings,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleSettings {
    /// Such as `rate(5 minutes)`.
    pub expression: String,
    pub time_zone: String,
    /// In how many minutes AWS may choose when to start.
    pub flexible_window: Option<i32>,
    pub enabled: bool,
    /// The ARN of what it starts.
    pub target: String,
    /// The ARN of the role by which it does.
    pub role: String,
    pub input: Value,
    pub retries: i32,
    /// Seconds.
    pub max_event_age: i32,
    /// The ARN of a queue.
    pub dead_letter_queue: Option<String>,
    /// From when until when it counts, if somebody limited that.
    pub period: Option<String>,
}

pub(in crate::resources) fn schedules(
    deployment: &Deployment,
    stack: &Stack,
) -> BTreeMap<String, Schedule> {
    let triggers = deployment.triggers.iter();
    let schedules = triggers.filter_map(|(name, trigger)| {
        let schedule = Schedule {
            name: name.clone(),
            group: stack.schedule_group(),
            settings: settings(trigger, stack)?,
        };
        Some((name.clone(), schedule))
    });
    schedules.collect()
}

/// `None` if it is not a schedule.
fn settings(trigger: &TriggerConfig, stack: &Stack) -> Option<ScheduleSettings> {
    let Source::Schedule {
        expression,
        time_zone,
        flexible_window,
        input,
    } = &trigger.source
    else {
        return None;
    };
    let account = &stack.account;
    Some(ScheduleSettings {
        expression: expression.clone(),
        time_zone: time_zone.clone(),
        flexible_window: *flexible_window,
        enabled: trigger.enabled,
        target: stack.alias_arn(),
        role: stack.role_arn(&stack.triggers_role()),
        input: { input.as_ref() }.map_or_else(|| json!({}), |input| account.fill_json(input)),
        retries: trigger.retries,
        max_event_age: trigger.max_event_age,
        dead_letter_queue: { trigger.dead_letter_queue.as_ref() }.map(|queue| account.fill(queue)),
        period: None,
    })
}
