//! A history by itself: which states were entered, with which input and variables, and what ran inside of them.
//!
//! Unlike a [`Recording`], it need not be whole: each document that is asked for says by itself whether it is there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::Obstacle;
use super::drive::{Chance, drive};
use super::event::{details, payload};
use super::recording::{Recording, outcome};
use super::trace::{Moment, Place, Trace};
use super::visit::Visit;
use crate::definition::DefinitionError;
use crate::{Machine, Status};

/// The history of an execution, from a document like that of a [`Recording`].
#[derive(Debug)]
pub struct History {
    document: Arc<Value>,
    trace: Trace,
}

/// An entry into a state: the machine, branch or iteration, and which of its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Entry {
    pub scope: usize,
    pub visit: usize,
}

/// What stands for a document that the history does not hold.
const CUT: &str = "[not in the history]";

/// The machine itself, beside its branches and iterations.
pub(crate) const ROOT: usize = 0;

impl History {
    /// # Errors
    ///
    /// If it has no events that can be told apart.
    pub fn read(mut document: Value) -> Result<Self, Obstacle> {
        let arn = document["executionArn"].as_str().unwrap_or_default();
        let express = arn.contains(":express:");
        let events = document["events"].as_array_mut();
        let Some(events) = events.filter(|events| !events.is_empty()) else {
            return Err(match express {
                true => Obstacle::Express,
                false => Obstacle::NoHistory,
            });
        };
        if events.iter().any(|event| event["id"].as_u64().is_none()) {
            return Err(Obstacle::NoOrder);
        }
        events.iter_mut().for_each(mark_cut);
        let trace = Trace::of(events);
        Ok(Self {
            document: Arc::new(document),
            trace,
        })
    }

    /// How it ended; `None` while it runs.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        outcome(self.events()).map(|outcome| outcome.status)
    }

    /// The names of the states of the machine itself that were entered, in order.
    pub fn entered(&self) -> impl DoubleEndedIterator<Item = &str> {
        let visits = self.trace.scopes[ROOT].visits.iter();
        visits.map(|visit| visit.state.as_str())
    }

    pub(crate) fn input(&self) -> Option<Value> {
        let started = &self.events()[0]["executionStartedEventDetails"]["input"];
        whole(payload(started)?.value())
    }

    pub(crate) fn entries(&self, scope: usize) -> usize {
        self.trace.scopes[scope].visits.len()
    }

    pub(crate) fn state(&self, at: Entry) -> &str {
        &self.visit(at).state
    }

    pub(crate) fn kind(&self, at: Entry) -> &str {
        &self.visit(at).kind
    }

    /// What a state was entered with.
    pub(crate) fn input_of(&self, at: Entry) -> Option<Value> {
        whole(self.visit(at).input.value())
    }

    /// What a state put out, and whether the history holds it. `None` if the state was not left.
    pub(crate) fn output_of(&self, at: Entry) -> Option<Option<Value>> {
        let exit = self.visit(at).exit.as_ref()?;
        Some(whole(exit.output.value()))
    }

    /// Whether an attempt or what ran inside failed the last time.
    pub(crate) fn failed(&self, at: Entry) -> bool {
        let visit = self.visit(at);
        visit.failed || visit.failure().is_some()
    }

    /// Whether a branch or an iteration failed what it ran in.
    pub(crate) fn scope_failed(&self, scope: usize) -> bool {
        self.trace.scopes[scope].failed
    }

    /// The variables that a machine, a branch or an iteration had assigned when it entered a state.
    pub(crate) fn variables_at(&self, at: Entry) -> Map<String, Value> {
        let mut variables = Map::new();
        for visit in &self.trace.scopes[at.scope].visits[..at.visit] {
            let assigned = visit
                .exit
                .as_ref()
                .and_then(|exit| exit.assigned.as_object());
            variables.extend(
                assigned
                    .into_iter()
                    .flatten()
                    .map(|(k, v)| (k.clone(), v.clone())),
            );
        }
        variables
    }

    /// The branches or iterations of the last run of a state; iterations with their index.
    pub(crate) fn inside(&self, at: Entry) -> Vec<(usize, Option<usize>)> {
        let parent = (at.scope, at.visit);
        let runs = self.visit(at).runs;
        let prefix = format!("{}/{}.{runs}:", self.trace.scopes[at.scope].path, at.visit);
        let scopes = self.trace.scopes.iter().enumerate();
        let inside = scopes.filter(|(_, scope)| scope.parent == Some(parent));
        inside
            .filter_map(|(index, scope)| {
                let name = scope.path.strip_prefix(&prefix)?;
                Some((index, name.parse().ok()))
            })
            .collect()
    }

    /// The calls of tasks in their order: in which entry, of what.
    pub(crate) fn calls(&self) -> impl Iterator<Item = (Entry, &str)> {
        self.trace.moments.iter().filter_map(|moment| {
            let Moment::Scheduled(place, number) = moment else {
                return None;
            };
            let (scope, visit) = (place.scope, place.visit?);
            let attempt = self.trace.attempt((scope, visit, *number))?;
            Some((Entry { scope, visit }, attempt.resource.as_str()))
        })
    }

    /// The entry around a branch or an iteration.
    pub(crate) fn around(&self, scope: usize) -> Option<Entry> {
        let (scope, visit) = self.trace.scopes[scope].parent?;
        Some(Entry { scope, visit })
    }

    /// The execution from its nth state on, as if it had begun there with this input; `before` are states that stand in
    /// front of it, each with its input, its output and what it assigns.
    pub(crate) fn rest(&self, from: usize, input: &Value, before: &[PassedThrough<'_>]) -> Value {
        let visit = &self.trace.scopes[ROOT].visits[from];
        let first = self.event_of(from);
        let time = first["timestamp"].clone();
        let begin = first["id"].as_u64().unwrap_or_default();
        let mut events = vec![json!({
            "timestamp": time, "type": "ExecutionStarted", "id": 1, "previousEventId": 0,
            "executionStartedEventDetails": { "input": input.to_string() },
        })];
        for passed in before {
            let id = events.len() as u64 + 1;
            events.push(json!({
                "timestamp": time, "type": "PassStateEntered", "id": id, "previousEventId": id - 1,
                "stateEnteredEventDetails": { "name": passed.name, "input": passed.input.to_string() },
            }));
            let assigned: Map<String, Value> = { passed.assigned.iter() }
                .map(|(name, value)| (name.clone(), value.to_string().into()))
                .collect();
            events.push(json!({
                "timestamp": time, "type": "PassStateExited", "id": id + 1, "previousEventId": id,
                "stateExitedEventDetails": {
                    "name": passed.name, "output": passed.output.to_string(), "assignedVariables": assigned,
                },
            }));
        }
        let last = events.len() as u64;
        let number = |id: u64| match id {
            id if id < begin => last,
            id => last + 1 + (id - begin),
        };
        for event in self.events() {
            let id = event["id"].as_u64().unwrap_or_default();
            if id < begin {
                continue;
            }
            let mut event = event.clone();
            event["id"] = number(id).into();
            event["previousEventId"] =
                number(event["previousEventId"].as_u64().unwrap_or_default()).into();
            if id == begin {
                event["stateEnteredEventDetails"]["input"] = visit.input.text().into();
            }
            events.push(event);
        }
        let mut rest = json!({ "events": events });
        for member in ["executionArn", "name", "stateMachineArn"] {
            rest[member] = self.document[member].clone();
        }
        rest
    }

    /// The path of a branch or an iteration, as another run has it whose root is entered so many states later.
    pub(crate) fn path_in(&self, scope: usize, later: impl Fn(usize) -> usize) -> String {
        let path = &self.trace.scopes[scope].path;
        let outer = path.strip_prefix('/').and_then(|rest| rest.split_once('.'));
        match outer.and_then(|(visit, rest)| Some((visit.parse().ok()?, rest))) {
            Some((visit, rest)) => format!("/{}.{rest}", later(visit)),
            None => path.clone(),
        }
    }

    /// The number of an iteration, or the first state of a branch, as its path has it.
    pub(crate) fn name_of(&self, scope: usize) -> &str {
        let path = &self.trace.scopes[scope].path;
        path.rsplit_once(':').map_or("", |(_, name)| name)
    }

    pub(crate) fn first_input(&self, scope: usize) -> Option<&Value> {
        let first = self.trace.scopes[scope].visits.first()?;
        Some(first.input.value())
    }

    fn visit(&self, at: Entry) -> &Visit {
        &self.trace.scopes[at.scope].visits[at.visit]
    }

    fn events(&self) -> &[Value] {
        self.document["events"]
            .as_array()
            .map_or(&[], Vec::as_slice)
    }

    /// The event with which the nth state of the machine itself was entered.
    fn event_of(&self, nth: usize) -> &Value {
        let place = Place {
            scope: ROOT,
            visit: Some(nth),
        };
        let mut again = Trace::new();
        let found = self.events().iter().find(|event| {
            let before = again.moments.len();
            again.take(event);
            let new = again.moments.get(before);
            matches!(new, Some(Moment::Entered(entered)) if *entered == place)
        });
        found.unwrap_or(&Value::Null)
    }
}

/// A Pass state in front of the rest of an execution.
pub(crate) struct PassedThrough<'a> {
    pub name: &'a str,
    pub input: &'a Value,
    pub output: &'a Value,
    pub assigned: Map<String, Value>,
}

/// With what each branch and iteration begins if the definition runs against the recording, by its path.
///
/// # Errors
///
/// If the definition cannot run, or the recording cannot be replayed.
pub(crate) fn first_inputs(
    definition: &Value,
    recording: Value,
) -> Result<HashMap<String, Value>, String> {
    let words = |error: DefinitionError| error.to_string();
    let machine = Machine::from_value(definition).map_err(words)?;
    let recording = Recording::read(recording).map_err(|obstacle| obstacle.to_string())?;
    let driven = drive(&machine, &recording, Chance::number(0));
    let scopes = driven.trace.scopes.into_iter();
    let begun = scopes.filter_map(|scope| {
        let first = scope.visits.into_iter().next()?;
        Some((scope.path, first.input.into_value()))
    });
    Ok(begun.collect())
}

fn mark_cut(event: &mut Value) {
    let name = event["type"].as_str().unwrap_or_default();
    let needed: &[&str] = match name {
        "ExecutionStarted" => &["input"],
        _ if name.ends_with("StateEntered") => &["input"],
        _ if name.ends_with("StateExited") => &["output"],
        _ => &[],
    };
    let found = details(event).clone();
    let cut: BTreeMap<&str, bool> = { needed.iter() }
        .map(|field| {
            let truncated = found[format!("{field}Details")]["truncated"] == true;
            (*field, truncated || found.get(*field).is_none())
        })
        .collect();
    let fields = event.as_object_mut().into_iter().flatten();
    let details = fields.filter(|(name, _)| name.ends_with("EventDetails"));
    for (_, details) in details {
        for (field, _) in cut.iter().filter(|(_, cut)| **cut) {
            details[*field] = CUT.into();
        }
    }
}

fn whole(value: &Value) -> Option<Value> {
    (value != CUT).then(|| value.clone())
}
