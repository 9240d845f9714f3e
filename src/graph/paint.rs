//! An execution laid over its definition: what each state came to, and the ways that were gone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{EdgeKind, End, Graph};
use crate::config::ExecutionStatus;
use crate::executions::{History, Run, StateRun, Status};

/// What an execution made of a graph. The lists go by the indices of the graph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paint {
    pub execution_arn: String,
    pub name: String,
    pub status: Status,
    /// From its start to its end; nothing while it runs.
    pub seconds: f64,
    pub error: Option<String>,
    pub cause: Option<String>,
    /// `None` for a state that was not entered.
    pub states: Vec<Option<StatePaint>>,
    /// How often each edge was gone.
    pub edges: Vec<usize>,
}

/// All times that a state was entered, together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatePaint {
    /// The worst.
    pub outcome: Outcome,
    pub entered: usize,
    /// How many of them failed, caught or not.
    pub failed: usize,
    pub retries: usize,
    pub seconds: f64,
    pub longest_seconds: f64,
    /// Of the last failure.
    pub error: Option<String>,
    /// Of a `Map` state, and how many of them failed.
    pub items: usize,
    pub failed_items: usize,
}

/// From the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Succeeded,
    /// It failed, and the definition says where to go then.
    Caught,
    /// The execution, or the state around it, ended before it did.
    Aborted,
    Running,
    Failed,
}

impl Paint {
    pub fn of(graph: &Graph, run: &Run) -> Self {
        let empty = History::default();
        let history = run.history.as_ref().unwrap_or(&empty);
        let places = places(graph, &history.states);
        let (edges, caught) = ways(graph, run, &history.states, &places);
        let outcomes = outcomes(run, history, &caught);
        let mut states: Vec<Option<StatePaint>> = vec![None; graph.states.len()];
        let mut items: BTreeMap<usize, BTreeMap<(usize, i32), bool>> = BTreeMap::new();
        for (index, state) in history.states.iter().enumerate() {
            let Some(place) = places[index] else {
                continue;
            };
            let seconds = seconds(state, run);
            add(&mut states[place], state, outcomes[index], seconds);
            if let (Some(parent), Some(item)) = (state.parent, state.iteration)
                && let Some(map) = places[parent]
            {
                let failed = items
                    .entry(map)
                    .or_default()
                    .entry((parent, item))
                    .or_default();
                *failed |= outcomes[index] == Outcome::Failed;
            }
        }
        for (map, items) in items {
            if let Some(paint) = &mut states[map] {
                paint.items = items.len();
                paint.failed_items = items.values().filter(|failed| **failed).count();
            }
        }
        Self {
            execution_arn: run.execution_arn.clone(),
            name: run.name().to_owned(),
            status: run.status,
            seconds: run.duration().as_secs_f64(),
            error: run.error.clone(),
            cause: run.cause.clone(),
            states,
            edges,
        }
    }
}

/// The state of the graph that each run is of. Names are told apart by what they are inside of.
fn places(graph: &Graph, runs: &[StateRun]) -> Vec<Option<usize>> {
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

/// How often each edge was gone, and which runs were left by a `Catch`.
fn ways(
    graph: &Graph,
    run: &Run,
    runs: &[StateRun],
    places: &[Option<usize>],
) -> (Vec<usize>, BTreeSet<usize>) {
    let mut gone = vec![0; graph.edges.len()];
    let mut caught = BTreeSet::new();
    // By what runs in order: the last state of it.
    let mut last: BTreeMap<(Option<usize>, Option<i32>, usize), usize> = BTreeMap::new();
    let mut go = |from: End, to: End, failed: bool| {
        let edges = graph.edges.iter().enumerate();
        let mut edges: Vec<_> = edges
            .filter(|(_, edge)| (edge.from, edge.to) == (from, to))
            .collect();
        // Where a `Catch` leads to the same state as `Next`, only the failure tells them apart.
        edges.sort_by_key(|(_, edge)| (edge.kind == EdgeKind::Catch) != failed);
        let (index, edge) = edges.first()?;
        gone[*index] += 1;
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
                let failed = runs[before].failure().is_some();
                if go(End::State(from), End::State(place), failed) == Some(EdgeKind::Catch) {
                    caught.insert(before);
                }
            }
            None => {
                go(End::Start, End::State(place), false);
            }
        }
    }
    if run.status == Status::Ended(ExecutionStatus::Succeeded)
        && let Some(place) = last.get(&(None, None, 0)).and_then(|last| places[*last])
    {
        go(End::State(place), End::End, false);
    }
    (gone, caught)
}

fn outcomes(run: &Run, history: &History, caught: &BTreeSet<usize>) -> Vec<Outcome> {
    let runs = &history.states;
    let open = matches!(run.status, Status::Running);
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (index, state) in runs.iter().enumerate() {
        outcomes.push(match state.exited {
            Some(_) if caught.contains(&index) => Outcome::Caught,
            Some(_) => Outcome::Succeeded,
            None if state.kind == "Fail" => Outcome::Failed,
            None if state.failure().is_some() && !open => Outcome::Failed,
            None if is_running(runs, index, open) => Outcome::Running,
            None => Outcome::Aborted,
        });
    }
    let failed = run.status == Status::Ended(ExecutionStatus::Failed);
    if failed && !outcomes.contains(&Outcome::Failed) {
        let failed = history.failed_state();
        let at = |failed: &StateRun| runs.iter().position(|state| std::ptr::eq(state, failed));
        if let Some(at) = failed.and_then(at) {
            outcomes[at] = Outcome::Failed;
        }
    }
    // What fails inside fails what is around it, unless that goes on.
    for index in (0..runs.len()).rev() {
        if let Some(parent) = runs[index].parent
            && outcomes[index] == Outcome::Failed
            && outcomes[parent] == Outcome::Aborted
        {
            outcomes[parent] = Outcome::Failed;
        }
    }
    outcomes
}

/// A state runs as long as all that is around it does.
fn is_running(runs: &[StateRun], index: usize, open: bool) -> bool {
    let parent = |index: &usize| runs[*index].parent;
    let mut around = std::iter::successors(Some(index), parent);
    open && around.all(|state| runs[state].exited.is_none())
}

/// From its entry to its exit, or else to its failure or the end of the execution.
fn seconds(state: &StateRun, run: &Run) -> f64 {
    let failed = state.attempts.last().and_then(|attempt| attempt.ended);
    let end = state.exited.or(failed).or(run.stopped);
    (end.unwrap_or(state.entered) - state.entered).max(0.0)
}

fn add(paint: &mut Option<StatePaint>, state: &StateRun, outcome: Outcome, seconds: f64) {
    let paint = paint.get_or_insert(StatePaint {
        outcome,
        entered: 0,
        failed: 0,
        retries: 0,
        seconds: 0.0,
        longest_seconds: 0.0,
        error: None,
        items: 0,
        failed_items: 0,
    });
    paint.outcome = paint.outcome.max(outcome);
    paint.entered += 1;
    paint.retries += state.retries();
    paint.seconds += seconds;
    paint.longest_seconds = paint.longest_seconds.max(seconds);
    if matches!(outcome, Outcome::Failed | Outcome::Caught) {
        paint.failed += 1;
        if let Some(failure) = state.failure() {
            paint.error = Some(failure.error.clone());
        }
    }
}
