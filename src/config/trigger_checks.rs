//! What concerns more than one key of a trigger, or more than one trigger.

use std::collections::BTreeMap;
use std::ops::Range;

use super::checks::{NAME_LIMIT, same_partition};
use super::findings::Findings;
use super::stages::File;
use super::trigger_keys::Trigger;

pub(super) fn check(file: &File, stage: &str, findings: &mut Findings) {
    let triggers = file.settings.triggers.iter().flat_map(|list| &list.0);
    let mut known: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    let mut scheduled = None;
    let mut any = None;
    for trigger in triggers {
        let keys = &trigger.0;
        one_source(keys, findings);
        if let Some(queue) = &keys.dead_letter_queue {
            same_partition("the dead-letter queue", queue, &file.settings, findings);
            if queue.value.value.ends_with(".fifo") {
                let message = "EventBridge does not send to FIFO queues";
                let hint = "name a standard queue";
                findings.error("conflict", queue.span.clone(), message, hint.to_owned());
            }
        }
        let Some(name) = &keys.name.0 else {
            continue;
        };
        let span = name.span.clone().unwrap_or_default();
        let before = known.insert(&name.value.value, span.clone());
        if before.is_some() {
            let message = format!("there are two triggers `{}`", name.value.value);
            let hint = "give each trigger a name of its own";
            findings.error("conflict", span.clone(), message, hint.to_owned());
        }
        any = any.or(Some(span.clone()));
        if keys.schedule.is_some() {
            scheduled = scheduled.or(Some(span));
        } else if let Some(workflow) = &file.name {
            let rule = format!("{}-{stage}.{}", workflow.value.value, name.value.value);
            fits("the rule", &rule, Some(span), findings);
        }
    }
    let Some(workflow) = file.name.as_ref().map(|name| &name.value.value) else {
        return;
    };
    let prefix = format!("{workflow}-{stage}");
    if scheduled.is_some() {
        fits("the schedule group", &prefix, scheduled, findings);
    }
    if any.is_some() {
        let before = { file.settings.roles.0.name_prefix.as_ref() }
            .map_or("", |prefix| prefix.value.as_str());
        let role = format!("{before}{prefix}-triggers");
        fits("the role of the triggers", &role, any, findings);
    }
}

/// AWS has one limit for the names of roles, rules, schedules and their groups.
fn fits(what: &str, name: &str, span: Option<Range<usize>>, findings: &mut Findings) {
    let length = name.chars().count();
    if length > NAME_LIMIT {
        let message = format!(
            "{what} would be named `{name}`, {length} characters; AWS accepts {NAME_LIMIT}"
        );
        let hint = "shorten the name of the workflow, of the stage or of the trigger";
        findings.error("name-too-long", span, message, hint.to_owned());
    }
}

/// A trigger is a schedule or a pattern, and has only the keys of that.
fn one_source(keys: &Trigger, findings: &mut Findings) {
    let mut conflict = |span: Option<Range<usize>>, message: &str, hint: &str| {
        findings.error("conflict", span, message, hint.to_owned());
    };
    match (&keys.schedule, &keys.event_pattern) {
        (Some(_), Some(pattern)) => conflict(
            pattern.span.clone(),
            "a trigger is either a schedule or an event pattern",
            "make two triggers of it",
        ),
        (Some(schedule), None) => {
            for (key, span) in [
                ("event-bus", keys.event_bus.as_ref().map(|bus| &bus.span)),
                (
                    "input-transformer",
                    keys.input_transformer.as_ref().map(|input| &input.span),
                ),
            ] {
                if let Some(span) = span {
                    let message = format!("`{key}` is for events, and this is a schedule");
                    conflict(
                        span.clone(),
                        &message,
                        "remove it; a schedule has an `input`",
                    );
                }
            }
            if let Some(zone) = &keys.time_zone
                && !schedule.value.schedule.has_local_times()
            {
                conflict(
                    zone.span.clone(),
                    "a rate has no time zone",
                    "remove `time-zone`, or write the times with `cron`",
                );
            }
        }
        (None, Some(_)) => {
            for (key, span) in [
                ("time-zone", keys.time_zone.as_ref().map(|zone| &zone.span)),
                (
                    "flexible-window",
                    keys.flexible_window.as_ref().map(|window| &window.span),
                ),
            ] {
                if let Some(span) = span {
                    let message = format!("`{key}` is for schedules, and this is an event pattern");
                    conflict(span.clone(), &message, "remove it");
                }
            }
            if let (Some(_), Some(transformer)) = (&keys.input, &keys.input_transformer) {
                conflict(
                    transformer.span.clone(),
                    "`input` and `input-transformer` exclude each other",
                    "keep one of them",
                );
            }
        }
        // What is missing or wrong was reported.
        (None, None) => {}
    }
}
