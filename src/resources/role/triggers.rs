//! The IAM documents of the role by which triggers start executions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::config::TriggerConfig;
use crate::stack::Stack;

/// Who may assume the role: EventBridge Scheduler for the stack's group of schedules, and EventBridge for its rules. Both
/// always, since whoever is bound by a permissions boundary may not change a trust policy, but may add a trigger.
/// EventBridge Scheduler comes with the ARN of the group, whatever the schedule.
pub(super) fn trigger_trust(stack: &Stack) -> Value {
    let assumed_by = |service: &str, sources: &[String]| {
        json!({
            "Effect": "Allow",
            "Principal": { "Service": service },
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": { "aws:SourceAccount": stack.account.id },
                "ArnLike": { "aws:SourceArn": sources },
            },
        })
    };
    let rules = stack.rule_name("*");
    let rules = [
        stack.rule_arn(&rules),
        stack.rule_arn(&format!("*/{rules}")),
    ];
    json!({ "Version": "2012-10-17", "Statement": [
        assumed_by("scheduler.amazonaws.com", &[stack.schedule_group_arn()]),
        assumed_by("events.amazonaws.com", &rules),
    ] })
}

/// What the triggers may do: start executions of the release that is live, and send on what they could not start.
pub(super) fn trigger_policy<'a>(
    stack: &Stack,
    triggers: impl Iterator<Item = &'a TriggerConfig>,
) -> Value {
    let queues = triggers.filter_map(|trigger| trigger.dead_letter_queue.as_ref());
    let queues: BTreeSet<&String> = queues.collect();
    let start = json!({
        "Effect": "Allow",
        "Action": ["states:StartExecution"],
        "Resource": [stack.alias_arn()],
    });
    let send = (!queues.is_empty())
        .then(|| json!({ "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": queues }));
    let statements: Vec<Value> = [start].into_iter().chain(send).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}
