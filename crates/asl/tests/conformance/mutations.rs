//! Changes one thing in a definition: a replay must name the state that was changed.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use txflow_asl::history::EventKind;
use txflow_asl::replay::{Recording, Replay};
use txflow_asl::walk::{all_states, change_all_states};
use txflow_asl::{Machine, Payload, Run, StartOptions, TaskEnd, TaskError, Timestamp, run_to_end};

use crate::replay::Clean;

#[derive(Default)]
pub struct Mutations {
    pub all: usize,
    pub named: usize,
    kinds: BTreeMap<&'static str, (usize, usize)>,
    missed: Vec<String>,
}

pub fn all(recordings: &[Clean<'_>]) -> Mutations {
    let mut mutations = Mutations::default();
    for clean in recordings {
        let recording = Recording::read(clean.recording.clone()).expect("it was clean");
        let before = behavior(clean.definition, &clean.recording);
        for (name, state) in all_states(clean.definition) {
            let siblings: Vec<&str> = siblings(clean.definition, name);
            for (kind, changed) in changed(name, state, &siblings) {
                let mut definition = clean.definition.clone();
                change_all_states(&mut definition, &mut |this, value| {
                    if this == name {
                        *value = changed.clone();
                    }
                });
                let Ok(replay) = Replay::new(&definition) else {
                    continue;
                };
                // A change that this input never meets has no effect to find.
                if behavior(&definition, &clean.recording) == before {
                    continue;
                }
                let difference = replay.run(&recording).difference;
                let named = difference.as_ref().and_then(|found| found.state.as_deref());
                mutations.count(kind, named == Some(name), || {
                    format!("{} `{name}` {kind}: {difference:?}", clean.id)
                });
            }
        }
    }
    mutations
}

impl Mutations {
    fn count(&mut self, kind: &'static str, named: bool, miss: impl FnOnce() -> String) {
        let count = self.kinds.entry(kind).or_default();
        count.1 += 1;
        self.all += 1;
        if named {
            count.0 += 1;
            self.named += 1;
        } else {
            self.missed.push(miss());
        }
    }

    pub fn report(&self) -> String {
        let kinds = { self.kinds.iter() }
            .map(|(kind, (named, all))| format!("mutations, {kind}: {named}/{all}\n"));
        let missed = self
            .missed
            .iter()
            .map(|miss| format!("not named: {miss}\n"));
        kinds.chain(missed).collect()
    }
}

fn siblings<'a>(definition: &'a Value, name: &str) -> Vec<&'a str> {
    let mut machines = vec![definition];
    while let Some(machine) = machines.pop() {
        let states: Vec<(&str, &Value)> = txflow_asl::walk::states(machine).collect();
        if states.iter().any(|(state, _)| *state == name) {
            return states.into_iter().map(|(state, _)| state).collect();
        }
        for (_, state) in states {
            machines.extend(txflow_asl::walk::inner_machines(state));
        }
    }
    Vec::new()
}

/// The state with one change of each kind that it allows.
fn changed(name: &str, state: &Value, siblings: &[&str]) -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    let mut add = |kind, change: &dyn Fn(&mut Value)| {
        let mut changed = state.clone();
        change(&mut changed);
        if changed != *state {
            all.push((kind, changed));
        }
    };
    let kind = state["Type"].as_str().unwrap_or_default();
    for index in 0..state["Choices"].as_array().map_or(0, Vec::len) {
        add("condition", &|state| negate(&mut state["Choices"][index]));
    }
    if let Some(other) = { siblings.iter() }
        .find(|other| **other != name && state["Next"] != **other)
        .filter(|_| state.get("Next").is_some())
    {
        add("next", &|state| state["Next"] = (*other).into());
    }
    let is_jsonata = state.get("Output").is_some() || state.get("Arguments").is_some();
    if matches!(kind, "Pass" | "Task" | "Map" | "Parallel") {
        match is_jsonata {
            true => add("path", &|state| {
                state["Output"] = json!({ "mutated": true })
            }),
            false => add("path", &|state| state["ResultPath"] = "$.mutated".into()),
        }
    }
    for field in ["Parameters", "Arguments"] {
        if kind == "Task" && state[field].is_object() {
            add("parameter", &|state| state[field]["Mutated"] = 1.into());
        }
    }
    if matches!(kind, "Task" | "Map" | "Parallel") {
        add("retry", &|state| {
            let retry = json!([{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1 }]);
            match state.get("Retry") {
                Some(_) => drop(state.as_object_mut().unwrap().remove("Retry")),
                None => state["Retry"] = retry,
            }
        });
    }
    all
}

fn negate(rule: &mut Value) {
    if let Some(condition) = rule["Condition"].as_str() {
        let inner = condition.trim_start_matches("{%").trim_end_matches("%}");
        rule["Condition"] = format!("{{% $not({inner}) %}}").into();
        return;
    }
    let mut inner = rule.clone();
    let fields = inner.as_object_mut().unwrap();
    let next = fields.remove("Next");
    fields.remove("Assign");
    *rule = json!({ "Not": inner, "Next": next });
}

/// What an execution did, by the engine alone: states, calls and the end. Tasks are answered in the recorded order of their
/// states.
fn behavior(definition: &Value, recording: &Value) -> Vec<String> {
    let Ok(machine) = Machine::from_value(definition) else {
        return Vec::new();
    };
    let events = recording["events"].as_array().unwrap();
    let started = &events[0]["executionStartedEventDetails"]["input"];
    let input = match started {
        Value::String(text) => Payload::from_text(text.as_str()).unwrap(),
        other => other.clone().into(),
    };
    let mut answers = answers(events);
    let options = StartOptions::new(input);
    let run = run_to_end(&machine, options, Timestamp::from_millis(0), |task| {
        let queue = answers.get_mut(&*task.state_name);
        match queue.filter(|queue| !queue.is_empty()) {
            Some(queue) => queue.remove(0),
            None => TaskEnd::Never,
        }
    });
    told(&run)
}

fn answers(events: &[Value]) -> HashMap<String, Vec<TaskEnd>> {
    let mut answers: HashMap<String, Vec<TaskEnd>> = HashMap::new();
    let mut states: HashMap<u64, String> = HashMap::new();
    for event in events {
        let kind = event["type"].as_str().unwrap();
        let details = event.as_object().unwrap().iter();
        let mut details = details.filter(|(key, _)| key.ends_with("EventDetails"));
        let details = details.next().map_or(&Value::Null, |(_, details)| details);
        let state = match kind.ends_with("StateEntered") {
            true => details["name"].as_str().map(str::to_owned),
            false => { event["previousEventId"].as_u64() }
                .and_then(|previous| states.get(&previous).cloned()),
        };
        let Some(state) = state else { continue };
        states.insert(event["id"].as_u64().unwrap(), state.clone());
        let task = ["Task", "LambdaFunction", "Activity"];
        let Some(what) = task.iter().find_map(|prefix| kind.strip_prefix(prefix)) else {
            continue;
        };
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let end = match what {
            "Succeeded" => TaskEnd::Done(Ok(match &details["output"] {
                Value::String(text) => Payload::from_text(text.as_str())
                    .unwrap_or_else(|_| details["output"].clone().into()),
                other => other.clone().into(),
            })),
            "TimedOut" => TaskEnd::Never,
            _ if what.ends_with("Failed") => TaskEnd::Done(Err(TaskError {
                error: text(&details["error"]),
                cause: text(&details["cause"]),
            })),
            _ => continue,
        };
        answers.entry(state).or_default().push(end);
    }
    answers
}

fn told(run: &Run) -> Vec<String> {
    let events = run.events.iter().filter_map(|event| match &event.kind {
        EventKind::StateEntered { name, .. } => Some(name.to_string()),
        EventKind::Task { .. } if event.type_name().ends_with("Scheduled") => Some(
            event
                .to_json()
                .as_object()?
                .values()
                .next_back()?
                .to_string(),
        ),
        _ => None,
    });
    let outcome = &run.outcome;
    let output = outcome.output.as_ref().map(|output| output.value().clone());
    events
        .chain([format!(
            "{:?} {output:?} {:?}",
            outcome.status, outcome.error
        )])
        .collect()
}
