//! What concerns more than one key of a trigger, or more than one trigger.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::json;
use txflow_triggers::EventPattern;

use super::choices::StateMachineKind;
use super::findings::Findings;
use super::keys::Settings;
use super::nearest;
use super::rules::NotEmpty;
use super::setting::At;
use super::stages::File;
use super::test_config::Event;
use super::test_keys::{Test, TestEvent, TestItem};
use super::text::Text;
use super::trigger_keys::{Pattern, Trigger};

pub(super) fn check(file: &File, stage: &str, findings: &mut Findings) {
    tests(&file.settings, findings);
    let triggers = file.settings.triggers.iter().flat_map(|list| &list.0);
    let mut known: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    let mut scheduled = None;
    let mut any = None;
    for trigger in triggers {
        let keys = &trigger.0;
        one_source(keys, findings);
        if let Some(queue) = &keys.dead_letter_queue
            && queue.value.value.example().ends_with(".fifo")
        {
            let message = "EventBridge does not send to FIFO queues";
            let hint = "name a standard queue";
            findings.error("conflict", queue.span.clone(), message, hint.to_owned());
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

/// What starts the executions of tests.
fn tests(settings: &Settings, findings: &mut Findings) {
    for entry in &settings.tests.entries {
        let Some(TestItem(test)) = &entry.value else {
            continue;
        };
        if let Some(machine) = &test.state_machine
            && (test.trigger.is_some() || test.event.is_some())
        {
            let message = "triggers start the main state machine, and this test names another one";
            let hint = "give the test an `input`, or remove `state-machine`";
            findings.error("conflict", machine.span.clone(), message, hint.to_owned());
        }
        if let Some(name) = &test.trigger {
            scheduled(settings, name, findings);
        }
        if let Some(event) = &test.event {
            started_by_event(settings, test, event, findings);
        }
    }
}

fn triggers(settings: &Settings) -> impl Iterator<Item = &Trigger> + Clone {
    let triggers = settings.triggers.iter().flat_map(|list| &list.0);
    triggers.map(|item| &item.0)
}

fn name(trigger: &Trigger) -> Option<&str> {
    let name = trigger.name.0.as_ref()?;
    Some(&name.value.value)
}

fn scheduled(settings: &Settings, wanted: &At<Text<NotEmpty>>, findings: &mut Findings) {
    let text = &wanted.value.value;
    let found = triggers(settings).find(|trigger| name(trigger) == Some(text));
    let (message, hint) = match found {
        Some(trigger) if trigger.event_pattern.is_none() => return,
        Some(_) => (
            format!("the trigger `{text}` is not a schedule"),
            Some("send what it matches, with `event`".to_owned()),
        ),
        None => (
            format!("there is no trigger `{text}`"),
            nearest::hint(
                text,
                "the triggers are",
                triggers(settings).filter_map(name),
            ),
        ),
    };
    findings.error("unknown-trigger", wanted.span.clone(), message, hint);
}

/// An event that no trigger matches starts nothing, and if several match it, nobody knows which execution is meant.
fn started_by_event(
    settings: &Settings,
    test: &Test,
    event: &At<TestEvent>,
    findings: &mut Findings,
) {
    if settings.state_machine.0.r#type.value == StateMachineKind::Express {
        let message = "the execution that an event starts cannot be found if it is EXPRESS, so this test does not run";
        let hint = "give the test an `input`";
        findings.warning("conflict", event.span.clone(), message, hint.to_owned());
    }
    if let Some(mock) = test.mock.entries.first() {
        let message = "an execution that an event starts has no mocks";
        let hint = "give the test an `input`";
        findings.error("conflict", mock.at.clone(), message, hint.to_owned());
    }
    let Some(sent) = Event::new(&event.value) else {
        return;
    };
    let document = json!({
        "source": sent.source, "detail-type": sent.detail_type, "detail": sent.detail,
    });
    let matching = triggers(settings).filter(|trigger| {
        let bus = trigger.event_bus.as_ref();
        let bus = bus.map_or_else(|| "default".into(), |bus| bus.value.value.clone());
        let pattern = trigger.event_pattern.as_ref();
        let example = |pattern: &At<Pattern>| {
            let pattern = &pattern.value.0;
            pattern.resolve(|pseudo| pseudo.example().to_owned())
        };
        let pattern = pattern.and_then(|pattern| EventPattern::parse(&example(pattern)).ok());
        bus == sent.bus && pattern.is_some_and(|pattern| pattern.matches(&document))
    });
    let matching: Vec<String> = { matching.filter_map(name) }
        .map(|name| format!("`{name}`"))
        .collect();
    match matching.as_slice() {
        [_] => {}
        [] => findings.warning(
            "unmatched-event",
            event.span.clone(),
            format!(
                "no trigger on the event bus `{}` seems to match this event",
                sent.bus.written()
            ),
            "only `source`, `detail-type` and `detail` are compared here".to_owned(),
        ),
        several => findings.error(
            "conflict",
            event.span.clone(),
            format!("several triggers match this event: {}", several.join(", ")),
            "each of them starts an execution; make the event match one of them".to_owned(),
        ),
    }
}

/// Of the names of roles, rules, schedules and their groups, in characters.
const NAME_LIMIT: usize = 64;

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
                && let Some(schedule) = &schedule.value.schedule
                && !schedule.has_local_times()
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
