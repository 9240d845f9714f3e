//! What the states that may run read of the execution around them.

use std::collections::BTreeSet;

use serde_json::Value;

/// What the states that may run read of the execution around them: rather too much than too little, since what nobody reads
/// does no harm.
pub(super) struct Reads {
    /// Whether one reads the input of the execution.
    pub execution_input: bool,
    /// What is another in each execution.
    pub differing: Vec<String>,
    texts: Vec<String>,
}

/// What the context object has that is about the state at hand.
const OF_THE_STATE: [&str; 4] = ["State.", "StateMachine.", "Map.", "Task."];

const DIFFERING: [&str; 5] = ["Id", "Name", "StartTime", "RedriveCount", "RedriveTime"];

impl Reads {
    pub fn from(definition: &Value, state: &str) -> Self {
        let mut texts = Vec::new();
        for name in reachable(definition, state) {
            collect(&definition["States"][&name], &mut texts);
        }
        let mut reads = Self {
            execution_input: false,
            differing: Vec::new(),
            texts: Vec::new(),
        };
        let mut differing = BTreeSet::new();
        for text in &texts {
            for context in contexts(text) {
                match context.strip_prefix(".Execution.") {
                    Some(field) => {
                        let known = { DIFFERING.iter() }.find(|known| is_field(field, known));
                        match known {
                            Some(known) => {
                                differing.insert(format!("Execution.{known}"));
                            }
                            None => reads.execution_input |= !is_field(field, "RoleArn"),
                        }
                    }
                    None => reads.execution_input |= !is_of_the_state(context),
                }
            }
        }
        reads.differing = differing.into_iter().collect();
        reads.texts = texts;
        reads
    }

    /// Whether one may read this variable.
    pub fn variable(&self, name: &str) -> bool {
        let written = format!("${name}");
        self.texts.iter().any(|text| text.contains(&written))
    }
}

fn is_field(text: &str, name: &str) -> bool {
    let rest = text.strip_prefix(name);
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn is_of_the_state(context: &str) -> bool {
    let field = context.strip_prefix('.');
    field.is_some_and(|field| OF_THE_STATE.iter().any(|known| field.starts_with(known)))
}

/// What stands behind each mention of the context object in a text.
fn contexts(text: &str) -> impl Iterator<Item = &str> {
    let paths = text.match_indices("$$");
    let paths = paths.map(|(at, found)| &text[at + found.len()..]);
    let states = text.match_indices("$states").filter_map(|(at, found)| {
        let rest = &text[at + found.len()..];
        let other = [".input", ".result", ".errorOutput"];
        match rest.strip_prefix(".context") {
            Some(context) => Some(context),
            None => (!other.iter().any(|other| rest.starts_with(other))).then_some(rest),
        }
    });
    paths.chain(states)
}

/// Removes the states of a machine that cannot run any more, which Step Functions refuses.
pub(super) fn remove_unreachable(machine: &mut Value) {
    let start = machine["StartAt"].as_str().unwrap_or_default();
    let reachable = reachable(machine, start);
    if let Some(states) = machine["States"].as_object_mut() {
        states.retain(|name, _| reachable.contains(name));
    }
}

/// The states of the machine itself that may run from this one on.
fn reachable(definition: &Value, state: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut ahead = vec![state.to_owned()];
    while let Some(name) = ahead.pop() {
        if !reached.insert(name.clone()) {
            continue;
        }
        let state = &definition["States"][&name];
        let rules = ["Choices", "Catch"].map(|field| state[field].as_array());
        let rules = rules.into_iter().flatten().flatten();
        let next = rules.map(|rule| &rule["Next"]);
        let next = next.chain([&state["Next"], &state["Default"]]);
        ahead.extend(next.filter_map(|next| Some(next.as_str()?.to_owned())));
    }
    reached
}

/// The variables that states assign which cannot run any more, and no other does.
pub(super) fn assigned_before(definition: &Value, state: &str) -> BTreeSet<String> {
    let reachable = reachable(definition, state);
    let states = definition["States"].as_object().into_iter().flatten();
    let (behind, before): (Vec<_>, Vec<_>) =
        states.partition(|(name, _)| reachable.contains(*name));
    let assigned = |states: Vec<(&String, &Value)>| {
        let mut names = BTreeSet::new();
        for (_, state) in states {
            let rules = ["Choices", "Catch"].map(|field| state[field].as_array());
            let assigning = rules.into_iter().flatten().flatten().chain([state]);
            let fields = assigning.filter_map(|one| one["Assign"].as_object());
            let fields = fields.flat_map(serde_json::Map::keys);
            names.extend(fields.map(|name| name.trim_end_matches(".$").to_owned()));
        }
        names
    };
    &assigned(before) - &assigned(behind)
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
