//! What differs between two versions of a workflow, state by state.

use std::collections::BTreeMap;

use serde_json::Value;
use txflow_asl::walk;

use super::Graph;

/// What became of a state from one version to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
