//! The picture of an execution and its tree as text say the same of each state.

use serde_json::json;

use super::painted::{FAILED, SUCCEEDED, StateRunExt as _, entered, run};
use super::{loops, nested, transactions};
use crate::executions::{Outcome, Run, StateKind, StateRun, Status};
use crate::graph::{Graph, Paint, mermaid};
use crate::report::state_tree;
use crate::report::style::since_1970;

/// What the text says of each state, worst first if it was entered several times.
fn in_text(run: &Run, name: &str) -> Option<Outcome> {
    let history = run.history.as_ref()?;
    let lines = state_tree(history, run.status, since_1970(100.0));
    let outcomes = lines.iter().filter_map(|line| {
        let line = crate::world::plain(line);
        let (sign, text) = line.trim_start().split_once(' ')?;
        let outcome = match sign {
            "✓" => Outcome::Succeeded,
            "!" => Outcome::Caught,
            "■" => Outcome::Aborted,
            "▸" => Outcome::Running,
            "✗" => Outcome::Failed,
            _ => return None,
        };
        let rest = text.strip_prefix(name)?;
        rest.starts_with(' ').then_some(outcome)
    });
    outcomes.max()
}

fn assert_agree(
    graph: &Graph,
    status: Status,
    states: Vec<StateRun>,
    expected: &[(&str, Outcome)],
) {
    let run = run(status, states);
    let paint = Paint::new(graph, &run);
    for (name, outcome) in expected {
        let index = graph.states.iter().position(|state| state.name == *name);
        let painted = paint.states[index.unwrap()].as_ref();
        let painted = painted.map(|painted| painted.outcome);
        assert_eq!(
            (painted, in_text(&run, name)),
            (Some(*outcome), Some(*outcome)),
            "{name} of {status:?}"
        );
    }
}

#[test]
fn nothing_runs_in_an_execution_that_waits_for_its_redrive() {
    let states = vec![
        entered("Transaction Type", 0.0),
        entered("Purchase Handler", 1.0)
            .open()
            .attempts(&[Some("Busy")]),
    ];
    let expected = [
        ("Transaction Type", Outcome::Succeeded),
        ("Purchase Handler", Outcome::Failed),
    ];
    assert_agree(&transactions(), Status::PendingRedrive, states, &expected);
    let states = vec![entered("Transaction Type", 0.0).open()];
    let expected = [("Transaction Type", Outcome::Aborted)];
    assert_agree(&transactions(), Status::PendingRedrive, states, &expected);
}

#[test]
fn a_branch_that_failed_is_over_while_the_execution_goes_on_behind_its_catch() {
    let states = vec![
        entered("Check", 0.0),
        entered("Prepare", 1.0),
        entered("Charge", 1.0)
            .inside(1, None)
            .open()
            .attempts(&[Some("Declined")]),
        entered("Each Item", 1.0).inside(1, None).open(),
        entered("Ship", 2.0).open(),
    ];
    let expected = [
        ("Prepare", Outcome::Caught),
        ("Charge", Outcome::Failed),
        ("Each Item", Outcome::Aborted),
        ("Ship", Outcome::Running),
    ];
    assert_agree(&nested(), Status::Running, states, &expected);
}

#[test]
fn a_state_that_was_entered_after_a_fail_state_was_cut_off_by_it() {
    let graph = Graph::of(&json!({ "StartAt": "Both", "States": { "Both": {
        "Type": "Parallel",
        "End": true,
        "Branches": [
            { "StartAt": "Stop", "States": { "Stop": { "Type": "Fail" } } },
            { "StartAt": "Pay", "States": { "Pay": { "Type": "Pass", "End": true } } },
        ],
    } } }));
    let mut stop = entered("Stop", 0.0).inside(0, None).open();
    stop.kind = StateKind::Fail;
    let states = vec![
        entered("Both", 0.0).open(),
        stop,
        entered("Pay", 0.5).inside(0, None).open(),
    ];
    let expected = [
        ("Both", Outcome::Failed),
        ("Stop", Outcome::Failed),
        ("Pay", Outcome::Aborted),
    ];
    assert_agree(&graph, FAILED, states, &expected);
}

#[test]
fn a_failure_inside_tells_a_catch_from_a_next_to_the_same_state() {
    let branch = json!({ "StartAt": "Pay", "States": { "Pay": { "Type": "Pass", "End": true } } });
    let graph = Graph::of(&json!({ "StartAt": "Both", "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [branch],
            "Next": "After",
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "After" }],
        },
        "After": { "Type": "Succeed" },
    } }));
    let states = vec![
        entered("Both", 0.0),
        entered("Pay", 0.0)
            .inside(0, None)
            .open()
            .attempts(&[Some("Declined")]),
        entered("After", 1.0),
    ];
    let expected = [
        ("Both", Outcome::Caught),
        ("Pay", Outcome::Failed),
        ("After", Outcome::Succeeded),
    ];
    assert_agree(&graph, SUCCEEDED, states, &expected);
}

#[test]
fn what_a_redrive_enters_again_does_not_run_twice() {
    let states = vec![
        entered("Prepare", 0.0).open(),
        entered("Charge", 0.0).inside(0, None).open(),
        entered("Each Item", 0.0).inside(0, None).open(),
        entered("Reserve", 0.0)
            .inside(2, Some(0))
            .open()
            .attempts(&[Some("OutOfStock")]),
        entered("Prepare", 9.0).open(),
        entered("Charge", 9.0).inside(4, None),
    ];
    let expected = [
        ("Reserve", Outcome::Failed),
        ("Each Item", Outcome::Failed),
        ("Charge", Outcome::Aborted),
    ];
    assert_agree(&nested(), Status::Running, states, &expected);
}

#[test]
fn a_state_that_the_next_try_of_its_item_has_not_reached_does_not_run() {
    let inside = |name, at| entered(name, at).inside(0, Some(0));
    let states = vec![
        entered("Each Item", 0.0).open(),
        inside("Reserve", 0.0),
        inside("Pack", 1.0).open().attempts(&[Some("Busy")]),
        inside("Reserve", 2.0).open(),
    ];
    let item = json!({ "StartAt": "Reserve", "States": {
        "Reserve": { "Type": "Pass", "Next": "Pack" },
        "Pack": { "Type": "Pass", "End": true },
    } });
    let graph = Graph::of(&json!({ "StartAt": "Each Item", "States": {
        "Each Item": { "Type": "Map", "ItemProcessor": item, "End": true },
    } }));
    let expected = [
        ("Each Item", Outcome::Running),
        ("Pack", Outcome::Failed),
        ("Reserve", Outcome::Running),
    ];
    assert_agree(&graph, Status::Running, states, &expected);
}

#[test]
fn a_state_without_a_failure_of_its_own_that_a_catch_left_is_caught() {
    let graph = loops();
    let states = vec![entered("First", 0.0), entered("First", 1.0)];
    let run = run(SUCCEEDED, states);
    let paint = Paint::new(&graph, &run);
    assert_eq!(paint.states[0].as_ref().unwrap().outcome, Outcome::Caught);
}

#[test]
fn what_was_cut_off_ends_with_the_state_around_it() {
    let graph = nested();
    let states = vec![
        entered("Prepare", 1.0),
        entered("Charge", 1.0)
            .inside(0, None)
            .open()
            .attempts(&[Some("Declined")]),
        entered("Each Item", 1.0).inside(0, None).open(),
        entered("Refuse", 2.0),
    ];
    let run = run(SUCCEEDED, states);
    let history = run.history.as_ref().unwrap();
    let text = state_tree(history, run.status, since_1970(10.0)).join("\n");
    let text = crate::world::plain(&text);
    assert!(text.contains("■ Each Item 1.00 s, aborted"), "{text}");
    let text = mermaid(&graph, Some(&Paint::new(&graph, &run)));
    assert!(text.contains("aborted · 1.00 s"), "{text}");
}

#[test]
fn an_item_that_a_retry_of_its_map_made_good_has_not_failed() {
    let graph = nested();
    let states = vec![
        entered("Prepare", 0.0),
        entered("Each Item", 0.0).inside(0, None),
        entered("Reserve", 0.0)
            .inside(1, Some(0))
            .open()
            .attempts(&[Some("Busy")]),
        entered("Reserve", 1.0).inside(1, Some(0)),
    ];
    let run = run(SUCCEEDED, states);
    let history = run.history.as_ref().unwrap();
    let text = state_tree(history, run.status, since_1970(10.0)).join("\n");
    assert!(crate::world::plain(&text).contains("✓ item 0"), "{text}");
    let paint = Paint::new(&graph, &run);
    let map = graph
        .states
        .iter()
        .position(|state| state.name == "Each Item");
    let map = paint.states[map.unwrap()].as_ref().unwrap();
    assert_eq!((map.items, map.failed_items), (1, 0));
}
