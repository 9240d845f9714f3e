//! An execution laid over its definition: what became of each state, and the edges that were taken.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{EdgeKind, End, Graph};
use crate::executions::{History, Outcome, Run, StateRun, Status, Tree, between};
use crate::report::style::seconds;

/// What an execution made of a graph. The lists go by the indices of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Paint {
    pub execution_arn: String,
    pub name: String,
    pub status: Status,
    /// From its start to its end; nothing while it runs.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub elapsed: Duration,
    pub error: Option<String>,
    pub cause: Option<String>,
    /// Nothing for a state that was not entered.
    pub states: Vec<Option<StatePaint>>,
    /// How often each edge was taken.
    pub edges: Vec<usize>,
}

/// All times that a state was entered, together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct StatePaint {
    /// The worst.
    pub outcome: Outcome,
    pub entered: usize,
    /// How many of them failed, caught or not.
    pub failed: usize,
    pub retries: usize,
    #[serde(rename = "seconds", serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub elapsed: Duration,
    #[serde(rename = "longest_seconds", serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub longest: Duration,
    /// Of the last failure.
    pub error: Option<String>,
    /// Of a `Map` state, and how many of them failed.
    pub items: usize,
    pub failed_items: usize,
}

impl Paint {
    pub fn new(graph: &Graph, run: &Run) -> Self {
        let empty = History::default();
        let history = run.history.as_ref().unwrap_or(&empty);
        let mut tree = Tree::new(history, run.status);
        let places = places(graph, &history.states);
        let taken = taken(graph, run, &tree, &history.states, &places);
        for index in taken.caught {
            tree.left_by_catch(index);
        }
        let mut states: Vec<Option<StatePaint>> = vec![None; graph.states.len()];
        for (index, place) in places.iter().enumerate() {
            if let Some(place) = *place {
                let paint = states[place].get_or_insert_default();
                paint.add(&tree, index, run.stopped);
            }
        }
        Self {
            execution_arn: run.execution_arn.clone(),
            name: run.name().to_owned(),
            status: run.status,
            elapsed: run.duration(),
            error: run.error.clone(),
            cause: run.cause.clone(),
            states,
            edges: taken.counts,
        }
    }
}

impl StatePaint {
    fn add(&mut self, tree: &Tree, index: usize, stopped: Option<Timestamp>) {
        let state = tree.state(index);
        let outcome = tree.outcome(index);
        let ended = tree.ended(index).or(stopped).unwrap_or(state.entered);
        let elapsed = between(state.entered, ended);
        self.outcome = self.outcome.max(outcome);
        self.entered += 1;
        self.retries += state.retries();
        self.elapsed += elapsed;
        self.longest = self.longest.max(elapsed);
        if matches!(outcome, Outcome::Failed | Outcome::Caught) {
            self.failed += 1;
            if let Some(failure) = state.failure() {
                self.error = Some(failure.error.clone());
            }
        }
        let items = tree.items(index);
        let failed = |states: &&Vec<usize>| tree.outcome_of_item(states) == Outcome::Failed;
        self.items += items.len();
        self.failed_items += items.values().filter(failed).count();
    }
}

/// The state of the graph that each run is of. What a state is inside of distinguishes equal names.
pub fn places(graph: &Graph, runs: &[StateRun]) -> Vec<Option<usize>> {
    let states = graph.states.iter().enumerate();
    let known: BTreeMap<(Option<usize>, &str), usize> = states
        .map(|(index, state)| {
            let inside = graph.machines[state.machine].inside;
            ((inside, state.name.as_str()), index)
        })
        .collect();
    let mut places: Vec<Option<usize>> = Vec::new();
    for run in runs {
        let place = match run.parent {
            None => known.get(&(None, run.name.as_str())),
            Some(parent) => {
                places[parent].and_then(|parent| known.get(&(Some(parent), run.name.as_str())))
            }
        };
        places.push(place.copied());
    }
    places
}

/// The edges that an execution took.
struct Taken {
    /// How often, by the edge's index.
    counts: Vec<usize>,
    /// The runs that a `Catch` led on from.
    caught: Vec<usize>,
}

fn taken(
    graph: &Graph,
    run: &Run,
    tree: &Tree,
    runs: &[StateRun],
    places: &[Option<usize>],
) -> Taken {
    let mut taken = Taken {
        counts: vec![0; graph.edges.len()],
        caught: Vec::new(),
    };
    // By what runs in order: the last state of it.
    let mut last: BTreeMap<(Option<usize>, Option<i32>, usize), usize> = BTreeMap::new();
    let mut take = |from: End, to: End, caught: bool| {
        let edges = graph.edges.iter().enumerate();
        let mut edges: Vec<_> = edges
            .filter(|(_, edge)| (edge.from, edge.to) == (from, to))
            .collect();
        // If a `Catch` leads to the same state as `Next`, only the failure tells them apart.
        edges.sort_by_key(|(_, edge)| (edge.kind == EdgeKind::Catch) != caught);
        let (index, edge) = edges.first()?;
        taken.counts[*index] += 1;
        Some(edge.kind)
    };
    for (index, state) in runs.iter().enumerate() {
        let Some(place) = places[index] else {
            continue;
        };
        let thread = (state.parent, state.iteration, graph.states[place].machine);
        let before = last.insert(thread, index);
        match before.and_then(|before| Some((before, places[before]?))) {
            Some((before, from)) => {
                let caught = tree.outcome(before) == Outcome::Caught;
                let kind = take(End::State(from), End::State(place), caught);
                if kind == Some(EdgeKind::Catch) {
                    taken.caught.push(before);
                }
            }
            None => {
                take(End::Start, End::State(place), false);
            }
        }
    }
    if run.status.outcome() == Outcome::Succeeded
        && let Some(place) = last.get(&(None, None, 0)).and_then(|last| places[*last])
    {
        take(End::State(place), End::End, false);
    }
    taken
}
