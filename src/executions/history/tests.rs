//! What events make of a history.

use jiff::Timestamp;

use super::*;
use crate::config::ExecutionStatus;
use crate::executions::{Status, Tree};

const FAILED: Status = Status::Ended(ExecutionStatus::Failed);

pub fn entered(id: i64, previous_id: i64, name: &str, kind: StateKind) -> HistoryEvent {
    let what = What::Entered {
        name: name.to_owned(),
        kind,
        input: None,
    };
    event(id, previous_id, what)
}

pub fn exited(id: i64, previous_id: i64, name: &str) -> HistoryEvent {
    let what = What::Exited {
        name: name.to_owned(),
        output: None,
        assigned: Map::new(),
    };
    event(id, previous_id, what)
}

pub fn event(id: i64, previous_id: i64, what: What) -> HistoryEvent {
    HistoryEvent {
        id,
        previous_id,
        time: Timestamp::UNIX_EPOCH + Duration::from_secs(id.unsigned_abs()),
        what,
    }
}

pub fn failed(error: &str) -> What {
    What::Failed {
        failure: Failure {
            error: error.to_owned(),
            cause: String::new(),
        },
        request_id: None,
    }
}

pub fn inner_failed(kind: StateKind, whole: bool) -> What {
    What::InnerFailed { kind, whole }
}

const SCHEDULED: What = What::Scheduled {
    function_arn: None,
    call: None,
};

fn history(events: impl IntoIterator<Item = HistoryEvent>) -> History {
    let mut history = History::default();
    for event in events {
        history.take(event);
    }
    history
}

fn parents(history: &History) -> Vec<(&str, Option<&str>, Option<i32>)> {
    let name = |index: usize| history.states[index].name.as_str();
    let states = history.states.iter();
    states
        .map(|state| (&*state.name, state.parent.map(name), state.iteration))
        .collect()
}

#[test]
fn attempts_of_branches_that_run_side_by_side_are_not_mixed_up() {
    let history = history([
        entered(1, 0, "Both", StateKind::Parallel),
        entered(2, 1, "Left", StateKind::Task),
        entered(3, 1, "Right", StateKind::Task),
        event(4, 2, SCHEDULED),
        event(5, 3, SCHEDULED),
        event(6, 4, failed("Busy")),
        event(7, 6, SCHEDULED),
        exited(8, 5, "Right"),
        exited(9, 7, "Left"),
    ]);
    assert_eq!(history.retries_of("Left"), Some(1));
    assert_eq!(history.retries_of("Right"), Some(0));
    assert_eq!(history.retries_of("Middle"), None);
}

#[test]
fn a_state_knows_what_it_runs_inside_of_and_for_which_item() {
    let history = history([
        entered(1, 0, "Each", StateKind::Map),
        event(2, 1, What::Iteration(0)),
        event(3, 1, What::Iteration(1)),
        entered(4, 2, "A", StateKind::Pass),
        entered(5, 3, "A", StateKind::Pass),
        exited(6, 5, "A"),
        exited(7, 4, "A"),
        entered(8, 6, "B", StateKind::Pass),
        exited(9, 8, "B"),
        event(10, 9, What::Other),
        exited(11, 10, "Each"),
        entered(12, 11, "After", StateKind::Pass),
    ]);
    let each = Some("Each");
    assert_eq!(
        parents(&history),
        [
            ("Each", None, None),
            ("A", each, Some(0)),
            ("A", each, Some(1)),
            ("B", each, Some(1)),
            ("After", None, None),
        ]
    );
    assert!(history.states[0].exited.is_some());
}

#[test]
fn what_follows_a_failed_item_is_not_inside_of_it() {
    let history = history([
        entered(1, 0, "Each", StateKind::Map),
        event(2, 1, What::Iteration(0)),
        entered(3, 2, "A", StateKind::Task),
        event(4, 3, SCHEDULED),
        event(5, 4, failed("Boom")),
        event(6, 5, inner_failed(StateKind::Map, false)),
        event(7, 6, inner_failed(StateKind::Map, true)),
        exited(8, 7, "Each"),
        entered(9, 8, "Caught", StateKind::Pass),
    ]);
    assert_eq!(parents(&history)[2], ("Caught", None, None));
}

#[test]
fn a_failure_goes_up_through_states_of_the_same_kind() {
    let history = history([
        entered(1, 0, "Outer", StateKind::Parallel),
        entered(2, 1, "Inner", StateKind::Parallel),
        entered(3, 2, "A", StateKind::Task),
        event(4, 3, failed("Boom")),
        event(5, 4, inner_failed(StateKind::Parallel, true)),
        event(6, 5, inner_failed(StateKind::Parallel, true)),
        exited(7, 6, "Outer"),
        entered(8, 7, "Caught", StateKind::Pass),
    ]);
    assert!(history.states[0].exited.is_some());
    assert_eq!(parents(&history)[3], ("Caught", None, None));
}

#[test]
fn a_failure_that_a_later_attempt_made_good_is_none() {
    let mut history = history([
        entered(1, 0, "A", StateKind::Task),
        event(2, 1, SCHEDULED),
        event(3, 2, failed("Busy")),
        event(4, 3, SCHEDULED),
    ]);
    assert_eq!(history.states[0].failure(), None);
    assert!(history.states[0].attempts[0].failure.is_some());
    history.take(event(5, 4, failed("Boom")));
    let failed = Tree::new(&history, FAILED).failed();
    let failure = failed.and_then(|index| history.states[index].failure());
    assert_eq!(failure.map(|failure| failure.error.as_str()), Some("Boom"));
}

#[test]
fn what_failed_inside_of_a_state_that_went_on_is_not_where_the_execution_failed() {
    let history = history([
        entered(1, 0, "Each", StateKind::Map),
        event(2, 1, What::Iteration(0)),
        entered(3, 2, "A", StateKind::Task),
        event(4, 3, failed("Boom")),
        event(5, 4, inner_failed(StateKind::Map, true)),
        exited(6, 5, "Each"),
        entered(7, 6, "Choose", StateKind::Choice),
    ]);
    let failed = Tree::new(&history, FAILED).failed();
    let failed = failed.map(|index| history.states[index].name.as_str());
    assert_eq!(failed, Some("Choose"));
}

#[test]
fn a_state_without_previous_ids_gets_the_events_behind_it() {
    let history = history([
        entered(1, 0, "A", StateKind::Task),
        event(2, 0, SCHEDULED),
        event(3, 0, failed("Boom")),
    ]);
    let failed = Tree::new(&history, FAILED).failed();
    let failed = failed.map(|index| history.states[index].name.as_str());
    assert_eq!(failed, Some("A"));
    assert_eq!(history.states[0].attempts.len(), 1);
}

#[test]
fn a_state_that_is_entered_again_by_a_redrive_stands_beside_its_first_run() {
    let history = history([
        entered(1, 0, "Both", StateKind::Parallel),
        entered(2, 1, "A", StateKind::Task),
        event(3, 2, SCHEDULED),
        event(4, 3, failed("Boom")),
        event(5, 4, What::Other),
        event(6, 0, What::Other),
        entered(7, 6, "Both", StateKind::Parallel),
        entered(8, 7, "A", StateKind::Task),
    ]);
    let both = Some("Both");
    let found: Vec<(&str, Option<&str>)> = parents(&history)
        .into_iter()
        .map(|(name, parent, _)| (name, parent))
        .collect();
    assert_eq!(
        found,
        [("Both", None), ("A", both), ("Both", None), ("A", both)]
    );
    assert_eq!(history.states[3].parent, Some(2));
}

#[test]
fn an_event_that_is_read_twice_counts_once() {
    let mut history = history([entered(1, 0, "A", StateKind::Task)]);
    for _ in 0..2 {
        history.take(event(2, 1, SCHEDULED));
    }
    assert_eq!(history.retries_of("A"), Some(0));
}
