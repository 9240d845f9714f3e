//! Entries of `Retry` and `Catch` that nothing can come to, as the engine chooses among them.

use serde_json::Value;

use crate::definition::Dynamic;
use crate::failure::{Failure, Origin};
use crate::states::{State, StateKind};

/// What the engine raises itself, and no task answers with.
const OF_ENGINE: [&str; 11] = [
    "States.BranchFailed",
    "States.DataLimitExceeded",
    "States.ExceedToleratedFailureThreshold",
    "States.IntrinsicFailure",
    "States.ItemReaderFailed",
    NO_CHOICE_MATCHED,
    "States.ParameterPathFailure",
    "States.QueryEvaluationError",
    "States.ResultPathMatchFailure",
    "States.ResultWriterFailed",
    "States.Runtime",
];

/// A Choice state without a match fails with `States.Runtime`, so that only a Fail state raises this by name.
const NO_CHOICE_MATCHED: &str = "States.NoChoiceMatched";

/// Whether no task answers with an error.
pub(super) fn is_of_engine(error: &str) -> bool {
    OF_ENGINE.contains(&error)
}

/// Whether only errors that the engine raises come to an entry of `Retry` or `Catch`.
pub(super) fn is_for_engine(entry: &Value) -> bool {
    let names = entry["ErrorEquals"].as_array();
    names.is_some_and(|names| names.iter().filter_map(Value::as_str).all(is_of_engine))
}

/// An entry of `Retry` or `Catch` that never applies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeverTaken {
    /// `Retry` or `Catch`.
    pub field: &'static str,
    pub index: usize,
    /// The earlier entry that takes all of its errors; if there is none, they cannot come.
    pub by: Option<usize>,
    pub errors: Vec<String>,
}

/// The entries of a state that are never used.
pub(super) fn never_taken(state: &State) -> Vec<NeverTaken> {
    let retry: Vec<&[String]> = { state.retry.iter() }
        .map(|one| &one.error_equals[..])
        .collect();
    let catch: Vec<&[String]> = { state.catch.iter() }
        .map(|one| &one.error_equals[..])
        .collect();
    let possible = Possible {
        heartbeats: can_miss_heartbeats(state),
        no_choice_matched: raises_no_choice_matched(state),
    };
    let mut found = of_list("Retry", &retry, &possible);
    found.extend(of_list("Catch", &catch, &possible));
    found
}

/// Which failures can come to the entries of a state.
struct Possible {
    heartbeats: bool,
    no_choice_matched: bool,
}

fn of_list(field: &'static str, entries: &[&[String]], possible: &Possible) -> Vec<NeverTaken> {
    let mut found = Vec::new();
    for (index, names) in entries.iter().enumerate() {
        let failures: Vec<Failure> = names
            .iter()
            .flat_map(|name| failures(name, possible))
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
fn failures(name: &str, possible: &Possible) -> Vec<Failure> {
    let other = || Failure::new("an error that nothing names", "");
    let timeout = || Failure::timeout(Origin::Work);
    let heartbeat = || { possible.heartbeats }.then(|| Failure::timeout(Origin::Heartbeat));
    match name {
        "States.ALL" => [other(), timeout()]
            .into_iter()
            .chain(heartbeat())
            .collect(),
        "States.TaskFailed" => vec![other()],
        "States.Timeout" => [timeout()].into_iter().chain(heartbeat()).collect(),
        "States.HeartbeatTimeout" => heartbeat().into_iter().collect(),
        NO_CHOICE_MATCHED if !possible.no_choice_matched => Vec::new(),
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

/// Whether a Fail state in it may raise the error by its name.
fn raises_no_choice_matched(state: &State) -> bool {
    match &state.kind {
        StateKind::Fail(fail) => match &fail.error {
            Some(Dynamic::Literal(error)) => error == NO_CHOICE_MATCHED,
            other => other.is_some(),
        },
        _ => { state.branches().iter().flat_map(|branch| branch.states()) }
            .any(|inner| raises_no_choice_matched(inner)),
    }
}
