//! What starts executions of something existing → `[[triggers]]`.

use serde_json::Value;

use super::StateMachineArn;
use super::definition::general;
use super::name::fitting;
use crate::resources::{ExistingSource, ExistingTrigger, Input, ScheduleSettings, Target};

/// What AWS does if nothing else is said.
const RETRIES: i32 = 185;
const MAX_EVENT_AGE: i32 = 86_400;

/// Keys and values of a trigger, in the order of the file.
pub(super) type Keys = Vec<(&'static str, Value)>;

/// The triggers as deploy.toml has them, all of them off: what they were written from goes on.
pub(super) fn triggers(existing: &[ExistingTrigger], home: &StateMachineArn) -> Vec<Keys> {
    let mut names: Vec<String> = Vec::new();
    let keys = existing.iter().map(|trigger| {
        let mut name = fitting(&trigger.name).unwrap_or_else(|| "trigger".to_owned());
        while names.contains(&name) {
            name.push_str("-2");
        }
        names.push(name.clone());
        let mut keys: Keys = vec![("name", name.into())];
        match &trigger.source {
            ExistingSource::Schedule(settings) => schedule(&mut keys, settings),
            ExistingSource::Event {
                bus,
                pattern,
                target,
            } => event(&mut keys, bus, pattern, target),
        }
        keys.push(("enabled", false.into()));
        for (key, value) in &mut keys {
            // What AWS reads of these is not a placeholder of txflow.
            if !["name", "schedule", "time-zone"].contains(key) {
                general(value, home);
            }
        }
        keys
    });
    keys.collect()
}

fn schedule(keys: &mut Keys, settings: &ScheduleSettings) {
    keys.push(("schedule", settings.expression.clone().into()));
    if settings.time_zone != "UTC" {
        keys.push(("time-zone", settings.time_zone.clone().into()));
    }
    if let Some(minutes) = settings.flexible_window {
        keys.push(("flexible-window", minutes.into()));
    }
    if settings.input != Value::Object(serde_json::Map::new()) {
        keys.push(("input", settings.input.clone()));
    }
    delivery(
        keys,
        settings.retries,
        settings.max_event_age,
        settings.dead_letter_queue.as_deref(),
    );
}

fn event(keys: &mut Keys, bus: &str, pattern: &Value, target: &Target) {
    keys.push(("event-pattern", pattern.clone()));
    if bus != "default" {
        keys.push(("event-bus", bus.into()));
    }
    match &target.input {
        Input::Event => {}
        Input::Constant(input) => keys.push(("input", input.clone())),
        Input::Transformed { paths, template } => keys.push((
            "input-transformer",
            serde_json::json!({ "paths": paths, "template": template }),
        )),
    }
    delivery(
        keys,
        target.retries,
        target.max_event_age,
        target.dead_letter_queue.as_deref(),
    );
}

fn delivery(keys: &mut Keys, retries: i32, max_event_age: i32, queue: Option<&str>) {
    if retries != RETRIES {
        keys.push(("retries", retries.into()));
    }
    if max_event_age != MAX_EVENT_AGE {
        keys.push(("max-event-age", max_event_age.into()));
    }
    if let Some(queue) = queue {
        keys.push(("dead-letter-queue", queue.into()));
    }
}
