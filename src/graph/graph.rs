//! What a definition says: machines, their states, and the edges between them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use txflow_asl::{Arn, FunctionReference, walk};

use super::rule;

/// A workflow. States are named by their index in `states`.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Graph {
    pub comment: Option<String>,
    /// The first is the workflow itself, the others run inside of states.
    pub machines: Vec<Machine>,
    pub states: Vec<Vertex>,
    pub edges: Vec<Edge>,
}

/// The workflow, a branch of a `Parallel` state, or what a `Map` state does with each item.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Machine {
    /// The state that it runs inside of.
    pub inside: Option<usize>,
    /// Its first state.
    pub start: Option<usize>,
    pub states: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Vertex {
    pub name: String,
    /// `Task`, `Choice` and so on.
    pub kind: String,
    /// What it does: the function it calls, how long it waits, the error it fails with.
    pub detail: Option<String>,
    /// The index of the machine that it belongs to.
    pub machine: usize,
    /// The indices of the machines that run inside of it.
    pub inner: Vec<usize>,
}

/// From one place of a machine to another.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Edge {
    pub machine: usize,
    pub from: End,
    pub to: End,
    pub kind: EdgeKind,
    /// When it is taken: rules of a `Choice`, errors of a `Catch`. One is enough.
    pub labels: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    Start,
    State(usize),
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    Next,
    Choice,
    Catch,
}

impl Graph {
    /// Reads a definition, with or without its placeholders replaced. What cannot be understood in
    /// one is left out.
    pub fn of(definition: &Value) -> Self {
        let mut graph = Self {
            comment: text(definition, "Comment"),
            machines: Vec::new(),
            states: Vec::new(),
            edges: Vec::new(),
        };
        graph.add_machine(definition, None);
        graph
    }

    /// Shows the functions of a stack, which are called `PREFIX-HANDLER`, by the names of their
    /// handlers.
    pub fn with_handlers_of(mut self, prefix: &str) -> Self {
        for state in self.states.iter_mut().filter(|state| state.kind == "Task") {
            let handler = state.detail.as_deref();
            let handler = handler.and_then(|name| name.strip_prefix(prefix)?.strip_prefix('-'));
            if let Some(handler) = handler {
                state.detail = Some(handler.to_owned());
            }
        }
        self
    }

    /// The name of a state behind those of the states that it is inside of.
    pub fn path(&self, state: usize) -> Vec<String> {
        let vertex = &self.states[state];
        let around = self.machines[vertex.machine].inside;
        let mut path = around.map_or_else(Vec::new, |around| self.path(around));
        path.push(vertex.name.clone());
        path
    }

    /// The edges of a machine, with their indices.
    pub fn edges_of(&self, machine: usize) -> impl Iterator<Item = (usize, &Edge)> {
        let edges = self.edges.iter().enumerate();
        edges.filter(move |(_, edge)| edge.machine == machine)
    }

    fn add_machine(&mut self, definition: &Value, inside: Option<usize>) -> usize {
        let machine = self.machines.len();
        self.machines.push(Machine {
            inside,
            start: None,
            states: Vec::new(),
        });
        let first = definition.get("StartAt").and_then(Value::as_str);
        // What the layout sees first stands on top.
        let (first, others): (Vec<_>, Vec<_>) =
            walk::states(definition).partition(|(name, _)| first == Some(*name));
        let mut known = BTreeMap::new();
        for (name, _) in first.iter().chain(&others) {
            known.insert(*name, self.states.len());
            self.machines[machine].states.push(self.states.len());
            self.states.push(Vertex {
                name: (*name).to_owned(),
                kind: String::new(),
                detail: None,
                machine,
                inner: Vec::new(),
            });
        }
        if let Some((name, _)) = first.first() {
            self.machines[machine].start = known.get(name).copied();
        }
        if inside.is_none()
            && let Some(start) = self.machines[machine].start
        {
            self.add_edge(machine, End::Start, End::State(start), EdgeKind::Next, None);
        }
        for (name, definition) in first.into_iter().chain(others) {
            self.read_state(known[name], definition, &known);
        }
        machine
    }

    fn read_state(&mut self, index: usize, definition: &Value, known: &BTreeMap<&str, usize>) {
        let state = &mut self.states[index];
        state.kind = text(definition, "Type").unwrap_or_default();
        state.detail = detail(&state.kind, definition);
        let machine = state.machine;
        for inner in walk::inner_machines(definition) {
            let inner = self.add_machine(inner, Some(index));
            self.states[index].inner.push(inner);
        }

        let mut add = |to: Option<&str>, kind, label| {
            if let Some(to) = to.and_then(|name| known.get(name)) {
                self.add_edge(machine, End::State(index), End::State(*to), kind, label);
            }
        };
        for rule in list(definition, "Choices") {
            add(
                target(rule, "Next"),
                EdgeKind::Choice,
                Some(rule::rule(rule)),
            );
        }
        let otherwise = Some("otherwise".to_owned());
        add(target(definition, "Default"), EdgeKind::Choice, otherwise);
        add(target(definition, "Next"), EdgeKind::Next, None);
        for catch in list(definition, "Catch") {
            let errors = list(catch, "ErrorEquals").filter_map(Value::as_str);
            let errors = errors.collect::<Vec<_>>().join(", ");
            add(target(catch, "Next"), EdgeKind::Catch, Some(errors));
        }
        let ends = definition.get("End").and_then(Value::as_bool) == Some(true);
        let ends = ends || self.states[index].kind == "Succeed";
        if ends && self.machines[machine].inside.is_none() {
            self.add_edge(machine, End::State(index), End::End, EdgeKind::Next, None);
        }
    }

    /// Several rules that lead to the same place are one edge.
    fn add_edge(
        &mut self,
        machine: usize,
        from: End,
        to: End,
        kind: EdgeKind,
        label: Option<String>,
    ) {
        let same = |edge: &&mut Edge| (edge.from, edge.to, edge.kind) == (from, to, kind);
        // `Start` and `End` belong to the first machine only, so the ends determine the machine.
        if let Some(edge) = self.edges.iter_mut().find(same) {
            edge.labels.extend(label);
            return;
        }
        self.edges.push(Edge {
            machine,
            from,
            to,
            kind,
            labels: label.into_iter().collect(),
        });
    }
}

fn detail(kind: &str, definition: &Value) -> Option<String> {
    match kind {
        "Task" => task(definition),
        "Fail" => text(definition, "Error").or_else(|| text(definition, "ErrorPath")),
        "Wait" => wait(definition),
        "Map" => {
            let mode = definition.pointer("/ItemProcessor/ProcessorConfig/Mode");
            (mode?.as_str()? == "DISTRIBUTED").then(|| "distributed".to_owned())
        }
        _ => None,
    }
}

fn wait(definition: &Value) -> Option<String> {
    if let Some(Value::Number(seconds)) = definition.get("Seconds") {
        return Some(format!("{seconds} s"));
    }
    let keys = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
    let written = keys.iter().find_map(|key| definition.get(key)?.as_str());
    written.map(|written| rule::expression(written).to_owned())
}

/// The function, the API action or the activity that a task calls.
fn task(definition: &Value) -> Option<String> {
    let resource = definition.get("Resource")?.as_str()?;
    let integration = Arn::parse(resource).filter(|arn| (arn.region, arn.account) == ("", ""));
    let Some(Arn {
        resource: action, ..
    }) = integration
    else {
        return Some(function(resource));
    };
    // There is room for what tells two calls apart.
    let action = action.strip_prefix("aws-sdk:").unwrap_or(action);
    let arguments = ["Parameters", "Arguments"].map(|key| definition.get(key));
    let called = arguments
        .into_iter()
        .flatten()
        .find_map(|arguments| arguments.get("FunctionName")?.as_str());
    match called {
        Some(called) if action.starts_with("lambda:invoke") => Some(function(called)),
        _ => Some(action.to_owned()),
    }
}

/// The short name in an ARN or a placeholder, without the version.
fn function(written: &str) -> String {
    let placeholder = written.strip_prefix("${");
    if let Some(name) = placeholder.and_then(|rest| rest.split_once('}')) {
        return name.0.trim().to_owned();
    }
    let activity = Arn::parse(written).filter(|arn| arn.resource_type() == Some("activity"));
    // One without an account is a name already.
    let function = FunctionReference::parse(written).filter(|found| found.account.is_some());
    let name = activity.map(|activity| activity.name());
    match name.or(function.map(|function| function.name)) {
        Some(name) => name.to_owned(),
        None => rule::expression(written).to_owned(),
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn target<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}
