//! The keys of `[[triggers]]`.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Value, json};
use toml::de::DeValue;
use txflow_triggers::{
    EventPattern, InputTransformer, PatternError, Schedule, Segment, time_zone, time_zones,
};

use super::nearest::{self, nearest};
use super::node::Node;
use super::rules::{Anything, EventBus, Name, QueueArn};
use super::section::{Map, Required, section};
use super::setting::{At, Definitions, Int, Reader, Setting};
use super::template::{JsonTemplate, Template};
use super::template_keys::{FilledJson, TextTemplate};
use super::test_keys::Input;
use super::text::{Literal, Text, string};

section! {
    /// What starts executions of the release that is live: a schedule or an event.
    Trigger {
        /// Its name, unique among the triggers.
        name: Required<At<Text<Name>>>;
        /// When it starts an execution: `rate(5 minutes)`, `cron(0 9 ? * MON-FRI *)` or `at(2027-01-31T09:00:00)`.
        schedule: Option<At<ScheduleExpression>>;
        /// The time zone of `cron` and `at`, such as `Europe/Berlin`. The default is `UTC`.
        time_zone: Option<At<TimeZoneName>>;
        /// In how many minutes, counted from the scheduled time, AWS may choose when to start.
        flexible_window: Option<At<Int<1, 1440>>>;
        /// Which events start an execution: an event pattern, or the path of a JSON file that contains it.
        event_pattern: Option<At<Pattern>>;
        /// The name of the event bus. The default is `default`.
        event_bus: Option<At<TextTemplate<EventBus>>>;
        /// The execution's input, or the path of a JSON file that contains it. Without it a schedule sends an empty
        /// object, and an event sends itself.
        input: Option<At<TriggerInput>>;
        /// Makes the execution's input of the event.
        input_transformer: Option<At<Transformer>>;
        /// How often AWS tries again if it cannot start an execution.
        retries: Int<0, 185> = Int(185);
        /// For how many seconds AWS tries.
        max_event_age: Int<60, 86_400> = Int(86_400);
        /// The ARN of the SQS queue that gets what did not start an execution.
        dead_letter_queue: Option<At<TextTemplate<QueueArn>>>;
        /// Whether it starts executions. A trigger that is off exists, and does nothing.
        enabled: bool = true;
    }
}

section! {
    /// Makes the execution's input of an event.
    TransformerKeys {
        /// Paths into the event, such as `$.detail.id`, each under the name that the template has for its value.
        paths: Map<Anything, TextTemplate<Anything>>;
        /// JSON with `<name>` where a value is put in.
        template: Required<At<TextTemplate<Anything>>>;
    }
}

/// A trigger that says what starts it.
#[derive(Debug, Clone)]
pub(super) struct TriggerItem(pub Trigger);

impl Setting for TriggerItem {
    const IS_SECTION: bool = true;

    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let fields = node.fields();
        if fields.is_some_and(|keys| !keys.has("schedule") && !keys.has("event-pattern")) {
            let message = format!("`{}` has no `schedule` and no `event-pattern`", node.path());
            let hint = "such as `schedule = \"rate(5 minutes)\"`";
            reader.error("missing-key", node.key(), message, hint.to_owned());
        }
        Trigger::read(node, reader).map(Self)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Trigger::schema(definitions)
    }
}

/// An expression of EventBridge Scheduler.
#[derive(Debug, Clone)]
pub(super) struct ScheduleExpression {
    pub text: String,
    /// `None` if a variable that it needs is not set.
    pub schedule: Option<Schedule>,
}

impl Setting for ScheduleExpression {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let template = TextTemplate::<Anything>::read(node, reader)?;
        // No expression has room for a pseudo parameter.
        let text = template.value.written();
        if template.unset {
            let schedule = None;
            return Some(Self { text, schedule });
        }
        match Schedule::parse(&text) {
            Ok(schedule) => Some(Self {
                text,
                schedule: Some(schedule),
            }),
            Err(error) => {
                let span = within(node, &text, error.at);
                let message = format!("`{}`: {}", node.path(), error.message);
                reader.error("invalid-schedule", span, message, error.hint);
                None
            }
        }
    }

    fn schema(definitions: &mut Definitions) -> Value {
        let mut schema = TextTemplate::<Anything>::schema(definitions);
        schema["anyOf"][0]["pattern"] = "^((rate|cron|at)\\(.+\\)|.*\\$\\{.+)$".into();
        schema
    }
}

/// The place of a part of a string. If the string has escapes or values, or comes from elsewhere, that of the whole.
fn within(node: &Node<'_>, text: &str, part: Range<usize>) -> Range<usize> {
    let span = node.span();
    let quoted_plainly = node.value().as_str() == Some(text) && span.len() == text.len() + 2;
    if quoted_plainly {
        span.start + 1 + part.start..span.start + 1 + part.end
    } else {
        node.place()
    }
}

#[derive(Debug, Clone)]
pub(super) struct TimeZoneName(pub String);

impl Setting for TimeZoneName {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let name = string(node, reader)?;
        if time_zone(&name).is_some() {
            return Some(Self(name));
        }
        let known: Vec<String> = time_zones().collect();
        let hint = match nearest(&name, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "a name of the IANA database, such as `Europe/Berlin` or `UTC`".to_owned(),
        };
        let message = format!("there is no time zone `{name}`");
        reader.error("invalid-value", node.place(), message, hint);
        None
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Literal::schema(definitions)
    }
}

/// A document whose strings may name values, or the path of a JSON file with one.
#[derive(Debug, Clone)]
pub(super) struct TriggerInput(pub JsonTemplate);

impl TriggerInput {
    fn read_document(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<FilledJson> {
        if node.value().is_str() {
            let Input(document) = Input::read(node, reader)?;
            return FilledJson::of_file(&document, node.span(), reader);
        }
        FilledJson::read(node, reader)
    }
}

impl Setting for TriggerInput {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let document = Self::read_document(node, reader)?;
        Some(Self(document.template))
    }

    fn schema(definitions: &mut Definitions) -> Value {
        Input::schema(definitions)
    }
}

/// An event pattern, which has a value of its own for nothing: `null`, which only a JSON file can hold.
#[derive(Debug, Clone)]
pub(super) struct Pattern(pub JsonTemplate);

impl Setting for Pattern {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let FilledJson { template, unset } = TriggerInput::read_document(node, reader)?;
        if unset {
            return Some(Self(template));
        }
        let pattern = template.resolve(|pseudo| pseudo.example().to_owned());
        if let Err(errors) = EventPattern::parse(&pattern) {
            for error in errors {
                let span = place(node, &error).unwrap_or(node.place());
                let steps = error.path.iter().map(ToString::to_string);
                let path = [node.path().to_owned()].into_iter().chain(steps);
                let path = path.collect::<Vec<_>>().join(".").replace(".[", "[");
                let message = format!("`{path}`: {}", error.message);
                reader.error("invalid-pattern", span, message, error.hint);
            }
            return None;
        }
        if let Some(key) = unknown_key(&pattern) {
            let span = key_of(node, &key).unwrap_or(node.place());
            let message = format!("no event has the field `{key}`, so the pattern never matches");
            let hint = nearest::hint(&key, "the fields of an event are", EVENT_FIELDS);
            reader.error("invalid-pattern", span, message, hint);
            return None;
        }
        let size = pattern.to_string().chars().count();
        if size > EventPattern::LONGEST {
            let expected = format!("at most {} characters of JSON", EventPattern::LONGEST);
            reader.out_of_range(node, &expected, size);
            return None;
        }
        if size > EventPattern::USUAL {
            let message = format!(
                "`{}` has {size} characters as JSON; an account takes {} unless its quota was raised",
                node.path(),
                EventPattern::USUAL
            );
            let hint =
                "shorten the pattern, or ask AWS for a larger quota of \"Event pattern size\"";
            reader.warning("large-pattern", node.key(), message, hint.to_owned());
        }
        Some(Self(template))
    }

    fn schema(_: &mut Definitions) -> Value {
        json!({ "type": ["object", "string"] })
    }
}

/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>.
const EVENT_FIELDS: [&str; 10] = [
    "version",
    "id",
    "detail-type",
    "source",
    "account",
    "time",
    "region",
    "resources",
    "detail",
    "replay-name",
];

/// A field at the top of a pattern that events do not have. Below `$or` are patterns as well.
fn unknown_key(pattern: &Value) -> Option<String> {
    let fields = pattern.as_object()?;
    fields.iter().find_map(|(key, value)| match key.as_str() {
        "$or" => value.as_array()?.iter().find_map(unknown_key),
        key if EVENT_FIELDS.contains(&key) => None,
        key => Some(key.to_owned()),
    })
}

/// Where a field at the top of a pattern is in the file.
fn key_of(node: &Node<'_>, key: &str) -> Option<Range<usize>> {
    let table = node.value().as_table()?;
    let (name, _) = table.get_key_value(key)?;
    Some(name.span())
}

/// Where a fault of a pattern is in the file, unless the pattern is in one of its own.
fn place(node: &Node<'_>, error: &PatternError) -> Option<Range<usize>> {
    let mut value = node.value();
    let mut place = None;
    for segment in &error.path {
        match (segment, value) {
            (Segment::Key(key), DeValue::Table(table)) => {
                let (name, inside) = table.get_key_value(key.as_str())?;
                let at_name = error.at_name || inside.get_ref().is_table();
                place = Some(if at_name { name.span() } else { inside.span() });
                value = inside.get_ref();
            }
            (Segment::Index(index), DeValue::Array(items)) => {
                let item = items.get(*index)?;
                place = Some(item.span());
                value = item.get_ref();
            }
            _ => return None,
        }
    }
    place
}

#[derive(Debug, Clone)]
pub(super) struct Transformer {
    pub paths: BTreeMap<String, Template>,
    pub template: Template,
}

impl Setting for Transformer {
    fn read(node: &Node<'_>, reader: &mut Reader<'_>) -> Option<Self> {
        let keys = TransformerKeys::read(node, reader)?;
        let template = keys.template.0?;
        let places: BTreeMap<String, Range<usize>> = { keys.paths.entries.iter() }
            .map(|entry| (entry.name.clone(), entry.at.clone()))
            .collect();
        let mut all = keys
            .paths
            .entries
            .iter()
            .filter_map(|entry| entry.value.as_ref());
        let unset = template.value.unset || all.any(|path| path.unset);
        let paths = keys.paths.by_name(|path| Some(path.value))?;
        let transformer = Self {
            paths,
            template: template.value.value,
        };
        if unset {
            return Some(transformer);
        }
        let examples = transformer.paths.iter();
        let examples = examples.map(|(name, path)| (name.clone(), path.example()));
        let parsed = InputTransformer::parse(&examples.collect(), &transformer.template.example());
        let parsed = parsed.and_then(|parsed| parsed.check_json().map_err(|error| vec![error]));
        if let Err(errors) = parsed {
            for error in errors {
                let of_path = error.path.as_ref().and_then(|name| places.get(name));
                let span = of_path.cloned().or(template.span.clone());
                let message = format!("`{}`: {}", node.path(), error.message);
                reader.error("invalid-transformer", span, message, error.hint);
            }
            return None;
        }
        Some(transformer)
    }

    fn schema(definitions: &mut Definitions) -> Value {
        TransformerKeys::schema(definitions)
    }
}
