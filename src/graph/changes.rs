//! What differs between two versions of a workflow, state by state.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use txflow_asl::walk;

use super::Graph;

/// What became of a state from one version to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    Added,
    Changed,
    Removed,
}

/// Two versions of a workflow, each with a mark on what the other has otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphChange {
    pub old: (Graph, Vec<Option<Mark>>),
    pub new: (Graph, Vec<Option<Mark>>),
}

impl GraphChange {
    pub fn of(old: &Value, new: &Value) -> Self {
        let (had, has) = (states(old), states(new));
        let marked = |definition: &Value, others: &States, alone: Mark| {
            let graph = Graph::of(definition);
            let own = states(definition);
            let mark = |path: Vec<String>| match (own.get(&path), others.get(&path)) {
                (_, None) => Some(alone),
                (one, other) => (one != other).then_some(Mark::Changed),
            };
            let marks = (0..graph.states.len()).map(|state| mark(graph.path(state)));
            let marks = marks.collect();
            (graph, marks)
        };
        Self {
            old: marked(old, &has, Mark::Removed),
            new: marked(new, &had, Mark::Added),
        }
    }
}

/// A state that differs, without what is inside of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StateDifference {
    /// The names of the states around it, and its own.
    pub state: Vec<String>,
    pub change: Mark,
    /// What differs if it has changed.
    pub fields: Vec<FieldDifference>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FieldDifference {
    /// Such as `Choices[1].Next`.
    pub path: String,
    /// `null` if it is not there.
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// The states that differ between two versions, by their names.
pub fn state_differences(old: &Value, new: &Value) -> Vec<StateDifference> {
    let (had, has) = (states(old), states(new));
    let both: BTreeSet<&Vec<String>> = had.keys().chain(has.keys()).collect();
    let differences = both.into_iter().filter_map(|state| {
        let (change, fields) = match (had.get(state), has.get(state)) {
            (None, _) => (Mark::Added, Vec::new()),
            (_, None) => (Mark::Removed, Vec::new()),
            (Some(old), Some(new)) => (Mark::Changed, field_differences(old, new)),
        };
        (change != Mark::Changed || !fields.is_empty()).then(|| StateDifference {
            state: state.clone(),
            change,
            fields,
        })
    });
    differences.collect()
}

/// What differs beside the states: `StartAt`, `TimeoutSeconds` and the like.
pub fn machine_differences(old: &Value, new: &Value) -> Vec<FieldDifference> {
    let without_states = |machine: &Value| {
        let mut machine = machine.clone();
        if let Some(machine) = machine.as_object_mut() {
            machine.remove("States");
        }
        machine
    };
    field_differences(&without_states(old), &without_states(new))
}

/// The innermost values that differ, by their paths.
fn field_differences(old: &Value, new: &Value) -> Vec<FieldDifference> {
    let mut differences = Vec::new();
    add_differences("", Some(old), Some(new), &mut differences);
    differences
}

fn add_differences(
    path: &str,
    old: Option<&Value>,
    new: Option<&Value>,
    differences: &mut Vec<FieldDifference>,
) {
    match (old, new) {
        (old, new) if old == new => {}
        (Some(Value::Object(had)), Some(Value::Object(has))) => {
            let keys: BTreeSet<&String> = had.keys().chain(has.keys()).collect();
            for key in keys {
                let dot = if path.is_empty() { "" } else { "." };
                let path = format!("{path}{dot}{key}");
                add_differences(&path, had.get(key), has.get(key), differences);
            }
        }
        // In lists of other lengths it is not known which items belong together.
        (Some(Value::Array(had)), Some(Value::Array(has))) if had.len() == has.len() => {
            for (index, (old, new)) in had.iter().zip(has).enumerate() {
                let path = format!("{path}[{index}]");
                add_differences(&path, Some(old), Some(new), differences);
            }
        }
        (old, new) => differences.push(FieldDifference {
            path: path.to_owned(),
            old: old.cloned(),
            new: new.cloned(),
        }),
    }
}

/// By the names of the states around each, and its own. Its value says nothing of the states inside.
type States = BTreeMap<Vec<String>, Value>;

fn states(definition: &Value) -> States {
    let mut states = States::new();
    add(definition, &[], &mut states);
    states
}

fn add(machine: &Value, around: &[String], states: &mut States) {
    for (name, state) in walk::states(machine) {
        let path = [around, &[name.to_owned()]].concat();
        for inner in walk::inner_machines(state) {
            add(inner, &path, states);
        }
        states.insert(path, without_inner(state.clone()));
    }
}

fn without_inner(mut state: Value) -> Value {
    for field in ["Branches", "Iterator", "ItemProcessor"] {
        let inner = state.get_mut(field).into_iter();
        let machines = inner.flat_map(|inner| match inner {
            Value::Array(machines) => machines.iter_mut().collect(),
            machine => vec![machine],
        });
        for machine in machines.filter_map(Value::as_object_mut) {
            machine.remove("States");
        }
    }
    state
}
