//! What an execution makes of a graph.

use std::time::Duration;

use super::{loops, nested, transactions};
use crate::config::ExecutionStatus;
use crate::executions::{Attempt, Failure, History, Outcome, Run, StateKind, StateRun, Status};
use crate::graph::{Graph, Paint, StatePaint, dot, mermaid, svg};
use crate::report::style::since_1970;

pub fn entered(name: &str, at: f64) -> StateRun {
    StateRun {
        name: name.to_owned(),
        kind: StateKind::Unknown,
        parent: None,
        iteration: None,
        entered: since_1970(at),
        exited: Some(since_1970(at + 1.0)),
        input: None,
        output: None,
        attempts: Vec::new(),
        failure: None,
        map_run: None,
    }
}

pub trait StateRunExt {
    fn inside(self, parent: usize, iteration: Option<i32>) -> Self;
    fn open(self) -> Self;
    fn attempts(self, errors: &[Option<&str>]) -> Self;
}

impl StateRunExt for StateRun {
    fn inside(self, parent: usize, iteration: Option<i32>) -> Self {
        let parent = Some(parent);
        Self {
            parent,
            iteration,
            ..self
        }
    }

    fn open(self) -> Self {
        Self {
            exited: None,
            ..self
        }
    }

    fn attempts(self, errors: &[Option<&str>]) -> Self {
        let attempts = errors.iter().map(|error| Attempt {
            submitted: false,
            execution_arn: None,
            scheduled: self.entered,
            ended: Some(self.entered + Duration::from_millis(500)),
            failure: error.map(|error| Failure {
                error: error.to_owned(),
                cause: String::new(),
            }),
            call: None,
            function_arn: None,
            request_id: None,
        });
        Self {
            attempts: attempts.collect(),
            ..self
        }
    }
}

pub fn run(status: Status, states: Vec<StateRun>) -> Run {
    let mut history = History::default();
    history.states = states;
    Run {
        execution_arn: "arn:aws:states:us-east-1:123456789012:execution:orders-dev:mine".to_owned(),
        stopped: status.is_ended().then(|| since_1970(10.0)),
        history: Some(history),
        ..Run::sample(status)
    }
}

pub const SUCCEEDED: Status = Status::Ended(ExecutionStatus::Succeeded);
pub const FAILED: Status = Status::Ended(ExecutionStatus::Failed);
pub const ABORTED: Status = Status::Ended(ExecutionStatus::Aborted);

fn of<'a>(graph: &Graph, paint: &'a Paint, name: &str) -> Option<&'a StatePaint> {
    let index = graph
        .states
        .iter()
        .position(|state| state.name == name)
        .unwrap();
    paint.states[index].as_ref()
}

fn outcome(graph: &Graph, paint: &Paint, name: &str) -> Option<Outcome> {
    of(graph, paint, name).map(|paint| paint.outcome)
}

/// The edges that were taken, as `from → to`, and how often.
fn taken(graph: &Graph, paint: &Paint) -> Vec<(String, usize)> {
    let name = |end| match end {
        crate::graph::End::State(state) => graph.states[state].name.clone(),
        other => format!("{other:?}"),
    };
    let edges = graph
        .edges
        .iter()
        .zip(&paint.edges)
        .filter(|(_, taken)| **taken > 0);
    edges
        .map(|(edge, taken)| (format!("{} → {}", name(edge.from), name(edge.to)), *taken))
        .collect()
}

#[test]
fn the_path_of_an_execution_is_painted_from_start_to_end() {
    let graph = transactions();
    let paint = Paint::new(
        &graph,
        &run(
            SUCCEEDED,
            vec![
                entered("Transaction Type", 0.0),
                entered("Refund Handler", 1.0).attempts(&[Some("Busy"), None]),
                entered("Result Handler", 2.0).attempts(&[None]),
            ],
        ),
    );
    assert_eq!(
        outcome(&graph, &paint, "Refund Handler"),
        Some(Outcome::Succeeded)
    );
    assert_eq!(of(&graph, &paint, "Refund Handler").unwrap().retries, 1);
    assert_eq!(outcome(&graph, &paint, "Purchase Handler"), None);
    let edges = taken(&graph, &paint);
    let edges: Vec<&str> = edges.iter().map(|(edge, _)| edge.as_str()).collect();
    assert_eq!(
        edges,
        [
            "Start → Transaction Type",
            "Transaction Type → Refund Handler",
            "Refund Handler → Result Handler",
            "Result Handler → End",
        ]
    );
    for text in [
        svg(&graph, Some(&paint)).unwrap(),
        mermaid(&graph, Some(&paint)),
        dot(&graph, Some(&paint)),
    ] {
        assert!(text.contains("succeeded · 1.00 s · 1 retry"), "{text}");
    }
}

#[test]
fn a_failed_state_differs_from_those_that_it_cut_off() {
    let graph = nested();
    let paint = Paint::new(
        &graph,
        &run(
            FAILED,
            vec![
                entered("Check", 0.0),
                entered("Prepare", 1.0).open(),
                entered("Charge", 1.0).inside(1, None).open(),
                entered("Each Item", 1.0).inside(1, None).open(),
                entered("Reserve", 1.0).inside(3, Some(0)),
                entered("Reserve", 1.0)
                    .inside(3, Some(1))
                    .open()
                    .attempts(&[Some("Busy"), Some("OutOfStock")]),
                entered("Pack", 2.0).inside(3, Some(0)).open(),
            ],
        ),
    );
    let outcome = |name| outcome(&graph, &paint, name);
    assert_eq!(outcome("Check"), Some(Outcome::Succeeded));
    assert_eq!(outcome("Prepare"), Some(Outcome::Failed));
    assert_eq!(outcome("Charge"), Some(Outcome::Aborted));
    assert_eq!(outcome("Each Item"), Some(Outcome::Failed));
    assert_eq!(outcome("Pack"), Some(Outcome::Aborted));
    let reserve = of(&graph, &paint, "Reserve").unwrap();
    assert_eq!(
        (reserve.entered, reserve.failed, reserve.retries),
        (2, 1, 1)
    );
    assert_eq!(reserve.error.as_deref(), Some("OutOfStock"));
    let each = of(&graph, &paint, "Each Item").unwrap();
    assert_eq!((each.items, each.failed_items), (2, 1));
    let text = mermaid(&graph, Some(&paint));
    assert!(text.contains("Reserve<br/>Pass<br/>2× · 1 failed<br/>1.50 s in all · longest 1.00 s<br/>1 retry<br/>OutOfStock"), "{text}");
    assert!(text.contains("2 items · 1 failed"), "{text}");
}

#[test]
fn what_was_caught_is_not_a_failure_even_if_no_attempt_shows_it() {
    let graph = nested();
    let paint = Paint::new(
        &graph,
        &run(
            SUCCEEDED,
            vec![
                entered("Check", 0.0),
                entered("Prepare", 1.0),
                entered("Charge", 1.0)
                    .inside(1, None)
                    .open()
                    .attempts(&[Some("Declined")]),
                entered("Refuse", 2.0),
            ],
        ),
    );
    assert_eq!(outcome(&graph, &paint, "Prepare"), Some(Outcome::Caught));
    assert_eq!(outcome(&graph, &paint, "Charge"), Some(Outcome::Failed));
    assert!(taken(&graph, &paint).contains(&("Prepare → Refuse".to_owned(), 1)));
}

#[test]
fn a_failure_tells_a_catch_from_a_next_to_the_same_state() {
    let graph = loops();
    let paint = Paint::new(
        &graph,
        &run(
            SUCCEEDED,
            vec![
                entered("First", 0.0).attempts(&[Some("Busy")]),
                entered("First", 1.0).attempts(&[None]),
                entered("Second", 2.0).attempts(&[Some("Broken")]),
                entered("Third", 3.0).attempts(&[None]),
                entered("Second", 4.0).attempts(&[None]),
            ],
        ),
    );
    let first = of(&graph, &paint, "First").unwrap();
    assert_eq!((first.entered, first.outcome), (2, Outcome::Caught));
    assert_eq!(outcome(&graph, &paint, "Second"), Some(Outcome::Caught));
    assert_eq!(outcome(&graph, &paint, "Third"), Some(Outcome::Succeeded));
}

#[test]
fn an_execution_that_still_runs_has_a_state_that_runs_and_no_duration() {
    let graph = transactions();
    let states = || {
        vec![
            entered("Transaction Type", 0.0),
            entered("Purchase Handler", 1.0)
                .open()
                .attempts(&[Some("Busy")]),
        ]
    };
    let paint = Paint::new(&graph, &run(Status::Running, states()));
    assert_eq!(
        outcome(&graph, &paint, "Purchase Handler"),
        Some(Outcome::Running)
    );
    let text = svg(&graph, Some(&paint)).unwrap();
    assert!(
        text.contains(">RUNNING<") && text.contains(">running<"),
        "{text}"
    );
    let paint = Paint::new(
        &graph,
        &run(ABORTED, vec![entered("Transaction Type", 0.0).open()]),
    );
    assert_eq!(
        outcome(&graph, &paint, "Transaction Type"),
        Some(Outcome::Aborted)
    );
}

#[test]
fn a_failure_that_the_history_gives_to_no_state_is_that_of_the_last_one() {
    let graph = transactions();
    let states = vec![entered("Transaction Type", 0.0).open()];
    let paint = Paint::new(&graph, &run(FAILED, states));
    assert_eq!(
        outcome(&graph, &paint, "Transaction Type"),
        Some(Outcome::Failed)
    );
}

#[test]
fn above_a_picture_stands_how_the_execution_ended_in_words() {
    let graph = transactions();
    let mut run = run(FAILED, vec![entered("Transaction Type", 0.0).open()]);
    run.error = Some("Invalid".to_owned());
    run.cause = Some(r#"{"errorMessage":"the amount is <0>"}"#.to_owned());
    let text = svg(&graph, Some(&Paint::new(&graph, &run))).unwrap();
    for words in [
        ">mine<",
        ">FAILED in 10 s<",
        ">Invalid: the amount is &lt;0&gt;<",
        ">failed",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

#[test]
fn a_state_that_the_definition_does_not_have_is_passed_over() {
    let graph = transactions();
    let states = vec![
        entered("Nobody", 0.0),
        entered("Nothing", 0.0).inside(0, Some(1)),
    ];
    let paint = Paint::new(&graph, &run(SUCCEEDED, states));
    assert!(paint.states.iter().all(Option::is_none));
}
