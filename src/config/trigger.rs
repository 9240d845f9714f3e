//! What `deploy.toml` says of a trigger.

use std::collections::BTreeMap;

use jiff::Timestamp;
use txflow_triggers::Schedule;

use super::setting::List;
use super::template::{JsonTemplate, Template};
use super::trigger_keys::{Trigger, TriggerItem};
use super::{Deployment, Diagnostic, Severity};

/// `[[triggers]]`: what starts executions.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerConfig {
    pub source: Source,
    /// Whether it starts executions in this stage.
    pub enabled: bool,
    /// How often AWS tries again to start an execution.
    pub retries: i32,
    /// How long AWS tries, in seconds.
    pub max_event_age: i32,
    /// The ARN of the queue that gets what did not start an execution.
    pub dead_letter_queue: Option<Template>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    Schedule {
        /// Such as `rate(5 minutes)`.
        expression: String,
        /// Of the IANA database.
        time_zone: String,
        /// In how many minutes from the time on AWS may choose.
        flexible_window: Option<i32>,
        /// `None` is an empty object.
        input: Option<JsonTemplate>,
    },
    Event {
        pattern: JsonTemplate,
        /// The name of the event bus.
        bus: Template,
        input: EventInput,
    },
}

/// The input of an execution that an event starts.
#[derive(Debug, Clone, PartialEq)]
pub enum EventInput {
    /// The event.
    Event,
    Constant(JsonTemplate),
    Transformed {
        /// Paths into the event, by the name that the template has for what they lead to.
        paths: BTreeMap<String, Template>,
        template: Template,
    },
}

impl Deployment {
    /// Warns of each schedule that was due once, before now.
    pub fn past_schedules(&self, now: Timestamp) -> Vec<Diagnostic> {
        let past = self.triggers.iter().filter(|(_, one)| one.is_past(now));
        let warnings = past.map(|(name, _)| Diagnostic {
            severity: Severity::Warning,
            code: "past-schedule".to_owned(),
            message: format!("the trigger `{name}` is due at a time that has passed"),
            place: self.schedule_places.get(name).cloned(),
            hint: Some("it starts nothing any more; remove it, or set a later time".to_owned()),
        });
        warnings.collect()
    }
}

/// The event bus of each trigger that waits for events.
pub(super) fn event_buses(
    triggers: &BTreeMap<String, TriggerConfig>,
) -> BTreeMap<String, Template> {
    let buses = triggers
        .iter()
        .filter_map(|(name, trigger)| match &trigger.source {
            Source::Event { bus, .. } => Some((name.clone(), bus.clone())),
            Source::Schedule { .. } => None,
        });
    buses.collect()
}

/// Whether a stage is for the time of a pull request, or so.
pub(super) fn is_preview(stage: &str) -> bool {
    stage == "preview" || stage.starts_with("preview-") || stage.starts_with("pr-")
}

impl TriggerConfig {
    fn is_past(&self, now: Timestamp) -> bool {
        let Source::Schedule {
            expression,
            time_zone,
            ..
        } = &self.source
        else {
            return false;
        };
        let schedule = Schedule::parse(expression).ok();
        let zone = txflow_triggers::time_zone(time_zone);
        schedule
            .zip(zone)
            .is_some_and(|(schedule, zone)| schedule.is_past(now, &zone))
    }

    /// By name. `None` if something that is needed could not be read, which has been reported.
    pub(super) fn all<const MIN: usize, const MAX: usize>(
        keys: Option<List<TriggerItem, MIN, MAX>>,
        enabled: bool,
    ) -> Option<BTreeMap<String, Self>> {
        let triggers = keys.into_iter().flat_map(|list| list.0);
        let triggers = triggers.map(|trigger| Self::new(trigger.0, enabled));
        triggers.collect()
    }

    fn new(keys: Trigger, enabled: bool) -> Option<(String, Self)> {
        let source = match (keys.schedule, keys.event_pattern) {
            (Some(schedule), None) => Source::Schedule {
                expression: schedule.value.text,
                time_zone: keys
                    .time_zone
                    .map_or_else(|| "UTC".to_owned(), |zone| zone.value.0),
                flexible_window: keys.flexible_window.map(|minutes| minutes.value.as_i32()),
                input: keys.input.map(|input| input.value.0),
            },
            (None, Some(pattern)) => Source::Event {
                pattern: pattern.value.0,
                bus: keys
                    .event_bus
                    .map_or_else(|| "default".into(), |bus| bus.value.value),
                input: match (keys.input, keys.input_transformer) {
                    (Some(input), _) => EventInput::Constant(input.value.0),
                    (None, Some(transformer)) => EventInput::Transformed {
                        paths: transformer.value.paths,
                        template: transformer.value.template,
                    },
                    (None, None) => EventInput::Event,
                },
            },
            _ => return None,
        };
        let trigger = Self {
            source,
            enabled: enabled && keys.enabled,
            retries: keys.retries.as_i32(),
            max_event_age: keys.max_event_age.as_i32(),
            dead_letter_queue: keys.dead_letter_queue.map(|queue| queue.value.value),
        };
        Some((keys.name.0?.value.value, trigger))
    }
}
