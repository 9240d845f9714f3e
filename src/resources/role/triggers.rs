//! The IAM documents of the role by which triggers start executions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::statement::{Because, Statement};
use crate::config::{MachineName, TriggerConfig};
use crate::stack::{LIVE, Stack};

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
pub(super) fn trigger_statements<'a>(
    stack: &Stack,
    triggers: impl Iterator<Item = &'a TriggerConfig>,
) -> Vec<Statement> {
    let queues = triggers.filter_map(|trigger| trigger.dead_letter_queue.as_ref());
    let queues: BTreeSet<String> = queues.map(|queue| stack.account.fill(queue)).collect();
    let queues: Vec<String> = queues.into_iter().collect();
    // Step Functions authorizes a call on an alias by the ARN of the state machine, and tells the alias as a condition key.
    let state_machine = [stack.state_machine_arn(&MachineName::Main)];
    let start = Statement::new(
        Because::Triggers,
        &["states:StartExecution"],
        &state_machine,
    )
    .on_condition(json!({ "StringEquals": { "states:StateMachineQualifier": LIVE } }));
    let send = Statement::new(Because::Triggers, &["sqs:SendMessage"], &queues);
    let send = (!queues.is_empty()).then_some(send);
    [start].into_iter().chain(send).collect()
}
