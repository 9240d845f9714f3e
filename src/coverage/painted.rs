//! What was reached, painted on the graph.

use serde_json::Value;

use super::StackCoverage;
use super::figures::Figures;
use super::item::{ItemCoverage, MachineCoverage};
use super::kind::Kind;
use crate::graph::{EdgeKind, End, Graph, Reached, StateReached};

/// The graph of a definition, and what tests reached of it; `name` is that of the state machine.
pub fn painted(name: &str, definition: &Value, machine: &MachineCoverage) -> (Graph, Reached) {
    let graph = Graph::of(definition);
    let state = |state: usize| graph.states[state].name.as_str();
    let states = (0..graph.states.len()).map(|index| state_reached(machine, state(index)));
    let edges = graph.edges.iter().map(|edge| {
        let items = |of: End| match of {
            End::State(index) => machine.items_of(state(index)).collect(),
            End::Start | End::End => Vec::new(),
        };
        let leads = |item: &ItemCoverage, kind: Kind| match edge.to {
            End::State(to) => item.kind == kind && item.next.as_deref() == Some(state(to)),
            End::Start | End::End => false,
        };
        let times = |of: End, counts: &dyn Fn(&ItemCoverage) -> Option<u64>| {
            items(of).into_iter().filter_map(counts).sum::<u64>()
        };
        let taken = match (edge.from, edge.kind) {
            (End::Start, _) => times(edge.to, &|item| {
                item.times.filter(|_| item.kind == Kind::State)
            }),
            (from, EdgeKind::Next) => times(from, &|item| Some(item.left)),
            (from, EdgeKind::Choice) => times(from, &|item| {
                item.times.filter(|_| leads(item, Kind::ChoiceRule))
            }),
            (from, EdgeKind::Catch) => times(from, &|item| {
                item.times.filter(|_| leads(item, Kind::Catcher))
            }),
        };
        usize::try_from(taken).unwrap_or(usize::MAX)
    });
    let figures = Figures::of(&machine.items);
    let reached = Reached {
        name: name.to_owned(),
        status: StackCoverage::new(vec![machine.clone()]).line(),
        is_whole: figures.reached == figures.total(),
        states: states.collect(),
        edges: edges.collect(),
    };
    (graph, reached)
}

fn state_reached(machine: &MachineCoverage, state: &str) -> StateReached {
    let missed = { machine.items_of(state) }.filter(|item| !item.is_reached());
    let missed = missed.filter(|item| item.kind != Kind::State);
    let of_state = machine
        .items_of(state)
        .find(|item| item.kind == Kind::State);
    StateReached {
        times: of_state.and_then(|item| item.times),
        missed: missed.map(|item| short(&item.item)).collect(),
    }
}

/// `rule 2` of "rule 2 of `Choose` (→ `Buy`)".
fn short(item: &str) -> String {
    let short = item.split_once(" of `").map_or(item, |(short, _)| short);
    short.to_owned()
}
