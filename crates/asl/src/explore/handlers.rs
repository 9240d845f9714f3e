//! Entries of `Retry` and `Catch` that nothing can come to, as the engine chooses among them.

use super::finding::NeverTaken;
use crate::failure::{Failure, Origin};
use crate::states::{State, StateKind};

/// The entries of a state that are never used.
pub(super) fn never_taken(state: &State) -> Vec<NeverTaken> {
    let retry: Vec<&[String]> = { state.retry.iter() }
        .map(|one| &one.error_equals[..])
        .collect();
    let catch: Vec<&[String]> = { state.catch.iter() }
        .map(|one| &one.error_equals[..])
        .collect();
    let heartbeats = can_miss_heartbeats(state);
    let mut found = of_list("Retry", &retry, heartbeats);
    found.extend(of_list("Catch", &catch, heartbeats));
    found
}

fn of_list(field: &'static str, entries: &[&[String]], heartbeats: bool) -> Vec<NeverTaken> {
    let mut found = Vec::new();
    for (index, names) in entries.iter().enumerate() {
        let failures: Vec<Failure> = names
            .iter()
            .flat_map(|name| failures(name, heartbeats))
            .collect();
        let taker = |failure: &Failure| entries.iter().position(|names| failure.matches(names));
        if failures.iter().any(|failure| taker(failure) == Some(index)) {
            continue;
        }
        found.push(NeverTaken {
            field,
            index,
            by: failures.iter().find_map(taker),
            errors: names.to_vec(),
        });
    }
    found
}

/// What an error name stands for.
fn failures(name: &str, heartbeats: bool) -> Vec<Failure> {
    let other = || Failure::new("an error that nothing names", "");
    let timeout = || Failure::timeout(Origin::Work);
    let heartbeat = || heartbeats.then(|| Failure::timeout(Origin::Heartbeat));
    match name {
        "States.ALL" => [other(), timeout()]
            .into_iter()
            .chain(heartbeat())
            .collect(),
        "States.TaskFailed" => vec![other()],
        "States.Timeout" => [timeout()].into_iter().chain(heartbeat()).collect(),
        "States.HeartbeatTimeout" => heartbeat().into_iter().collect(),
        name => vec![Failure::new(name, "")],
    }
}

/// Whether a task in it has heartbeats.
fn can_miss_heartbeats(state: &State) -> bool {
    match &state.kind {
        StateKind::Task(task) => task.heartbeat.is_some(),
        _ => { state.branches().iter().flat_map(|branch| branch.states()) }
            .any(|inner| can_miss_heartbeats(inner)),
    }
}
