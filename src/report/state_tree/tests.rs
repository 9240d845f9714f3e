use super::*;
use crate::config::ExecutionStatus;
use crate::executions::{Attempt, Failure, HistoryEvent, StateKind, What};
use crate::report::style::since_1970;

const SUCCEEDED: Status = Status::Ended(ExecutionStatus::Succeeded);
const FAILED: Status = Status::Ended(ExecutionStatus::Failed);

fn state(name: &str, entered: f64, exited: impl Into<Option<f64>>) -> StateRun {
    StateRun {
        name: name.to_owned(),
        kind: StateKind::Task,
        parent: None,
        iteration: None,
        entered: since_1970(entered),
        exited: exited.into().map(since_1970),
        input: None,
        output: None,
        attempts: Vec::new(),
        failure: None,
        map_run: None,
    }
}

fn inside(parent: usize, iteration: impl Into<Option<i32>>, state: StateRun) -> StateRun {
    StateRun {
        parent: Some(parent),
        iteration: iteration.into(),
        ..state
    }
}

/// When an attempt was scheduled and ended, and its error and cause.
type Tried<'a> = (f64, f64, Option<(&'a str, &'a str)>);

fn attempted(mut state: StateRun, attempts: &[Tried<'_>]) -> StateRun {
    let attempts = attempts.iter().map(|(scheduled, ended, failure)| Attempt {
        submitted: false,
        execution_arn: None,
        scheduled: since_1970(*scheduled),
        ended: Some(since_1970(*ended)),
        failure: failure.map(|(error, cause)| Failure {
            error: error.to_owned(),
            cause: cause.to_owned(),
        }),
        call: None,
        function_arn: None,
        request_id: None,
    });
    state.attempts = attempts.collect();
    state
}

fn run(states: impl IntoIterator<Item = StateRun>, status: Status) -> Run {
    let mut history = History::default();
    history.states.extend(states);
    Run {
        execution_arn: "arn:aws:states:eu-west-1:123456789012:execution:shop-dev-ship:one"
            .to_owned(),
        stopped: Some(since_1970(2.0)),
        history: Some(history),
        ..Run::sample(status)
    }
}

fn tree(states: impl IntoIterator<Item = StateRun>, status: Status, now: f64) -> String {
    let lines = execution_tree(&run(states, status), since_1970(now)).join("\n");
    crate::world::plain(&lines)
}

#[test]
fn a_state_shows_its_sign_its_time_and_each_attempt_that_failed() {
    let json = r#"{"errorType":"Busy","errorMessage":"try later\nor never","stackTrace":[]}"#;
    let retried = attempted(
        state("Pay", 0.1, 3.5),
        &[
            (0.1, 0.2, Some(("Busy", json))),
            (1.2, 1.3, Some(("Busy", ""))),
            (3.3, 3.4, None),
        ],
    );
    assert_eq!(
        tree([state("Choose", 0.0, 0.1), retried], SUCCEEDED, 3.5),
        "✓ Choose 0.10 s
✓ Pay 3.40 s, 2 retries
  attempt 1: Busy: try later (next after 1.00 s)
  attempt 2: Busy (next after 2.00 s)"
    );
}

#[test]
fn an_attempt_after_a_redrive_is_not_called_a_retry() {
    let attempts = [
        (0.1, 0.2, Some(("Busy", ""))),
        (1.2, 1.3, Some(("Busy", ""))),
        (61.3, 61.4, None),
    ];
    let mut run = run([attempted(state("Pay", 0.1, 61.5), &attempts)], SUCCEEDED);
    let redriven = HistoryEvent {
        id: 9,
        previous_id: 0,
        time: since_1970(61.25),
        what: What::Redriven,
    };
    run.history.as_mut().unwrap().take(redriven);
    let lines = execution_tree(&run, since_1970(61.5)).join("\n");
    assert_eq!(
        crate::world::plain(&lines),
        "✓ Pay 61 s, 1 retry, redriven once
  attempt 1: Busy (next after 1.00 s)
  attempt 2: Busy (redriven after 60 s)"
    );
}

#[test]
fn a_state_that_failed_and_one_that_was_caught_differ() {
    let caught = attempted(
        state("Pay", 0.0, 0.5),
        &[(0.0, 0.4, Some(("Declined", "no money")))],
    );
    let failed = attempted(
        state("Refund", 0.5, None),
        &[
            (0.5, 0.6, Some(("Busy", ""))),
            (1.6, 2.0, Some(("Boom", "at last"))),
        ],
    );
    assert_eq!(
        tree([caught, failed], FAILED, 9.0),
        "! Pay 0.50 s, caught
  Declined: no money
✗ Refund 1.50 s, 1 retry, failed
  attempt 1: Busy (next after 1.00 s)
  attempt 2: Boom: at last"
    );
}

#[test]
fn what_runs_is_timed_up_to_now_and_its_failed_attempts_are_shown() {
    let waits = attempted(state("Pay", 1.0, None), &[(1.0, 1.5, Some(("Busy", "")))]);
    assert_eq!(
        tree([waits], Status::Running, 4.0),
        "▸ Pay 3.00 s, running\n  Busy"
    );
}

#[test]
fn what_is_inside_stands_below_even_if_it_ran_side_by_side() {
    let states = [
        state("Both", 0.0, None),
        inside(0, None, state("Left", 0.0, None)),
        inside(0, None, state("Right", 0.0, 1.0)),
        inside(0, None, state("Stop", 1.0, None)),
    ];
    let stop = StateRun {
        kind: StateKind::Fail,
        ..states[3].clone()
    };
    let [both, left, right, _] = states;
    assert_eq!(
        tree([both, left, right, stop], FAILED, 2.0),
        "✗ Both 2.00 s, failed
  ■ Left 2.00 s, aborted
  ✓ Right 1.00 s
  ✗ Stop 1.00 s, failed"
    );
}

#[test]
fn a_stopped_execution_aborts_what_ran() {
    let status = Status::Ended(ExecutionStatus::Aborted);
    assert_eq!(
        tree([state("Pay", 0.0, None)], status, 1.0),
        "■ Pay 1.00 s, aborted"
    );
}

#[test]
fn an_execution_that_fails_without_an_event_of_the_state_failed_in_its_last_one() {
    assert_eq!(
        tree(
            [state("Pay", 0.0, 1.0), state("Choose", 1.0, None)],
            FAILED,
            1.0
        ),
        "✓ Pay 1.00 s\n✗ Choose 0.00 s, failed"
    );
}

#[test]
fn of_many_items_those_that_failed_are_shown_and_the_others_counted() {
    let mut states = vec![state("Each", 0.0, 3.0)];
    for item in 0..100 {
        let exited = (item != 42).then_some(1.0);
        states.push(inside(0, item, state("Pack", 0.0, exited)));
    }
    states[43] = attempted(states[43].clone(), &[(0.0, 0.5, Some(("Broken", "glass")))]);
    assert_eq!(
        tree(states, SUCCEEDED, 9.0),
        "! Each 3.00 s, caught
  ✓ item 0
    ✓ Pack 1.00 s
  ✓ item 1
    ✓ Pack 1.00 s
  ✓ item 2
    ✓ Pack 1.00 s
  ✓ item 3
    ✓ Pack 1.00 s
  ✗ item 42
    ✗ Pack 0.50 s, failed
      Broken: glass
  … 95 more items"
    );
}

#[test]
fn items_that_are_not_shown_are_counted_by_what_became_of_them() {
    let mut states = vec![state("Each", 0.0, None)];
    states.extend((0..8).map(|item| inside(0, item, state("Pack", 0.0, None))));
    let text = tree(states, Status::Running, 1.0);
    assert!(text.ends_with("\n  … 3 more items, 3 running"), "{text}");
}

#[test]
fn a_map_that_was_run_again_and_succeeded_is_not_caught() {
    let failed = attempted(state("Pack", 0.0, None), &[(0.0, 0.5, Some(("Busy", "")))]);
    let states = [
        state("Each", 0.0, 2.0),
        inside(0, 0, failed),
        inside(0, 0, state("Pack", 1.0, 2.0)),
    ];
    let text = tree(states, SUCCEEDED, 2.0);
    assert!(text.starts_with("✓ Each 2.00 s\n"), "{text}");
}

#[test]
fn an_execution_that_a_state_started_is_shown_inside_of_it() {
    let mut parent = run([state("Ship", 0.0, None), state("Other", 0.0, 1.0)], FAILED);
    let mut child = run([state("Label", 0.0, 1.0), state("Send", 1.0, None)], FAILED);
    child.children.clear();
    parent.children.push(ChildRun {
        state: 0,
        attempt: 0,
        run: child,
    });
    let lines = execution_tree(&parent, since_1970(2.0)).join("\n");
    assert_eq!(
        crate::world::plain(&lines),
        "\
✗ Ship 2.00 s, failed
  ✗ shop-dev-ship one 2.00 s, failed
    ✓ Label 1.00 s
    ✗ Send 1.00 s, failed
✓ Other 1.00 s"
    );
}

#[test]
fn a_map_run_is_a_line_and_those_of_its_executions_that_failed() {
    let child = |name: &str| {
        let mut child = run([state("Load", 0.0, None)], FAILED);
        child.execution_arn = format!("arn:aws:states:eu-west-1:1:execution:m/Each:{name}");
        child.error = Some("Torn".to_owned());
        child.cause = Some(r#"{"errorMessage":"thin"}"#.to_owned());
        child
    };
    let mut parent = run([state("Each", 0.0, None)], FAILED);
    parent.map_runs.push(MapRun {
        state: 0,
        map_run_arn: "arn:aws:states:eu-west-1:1:mapRun:m/Each:run-1".to_owned(),
        status: FAILED,
        redrives: 2,
        executions: ChildCounts {
            total: 100_000,
            succeeded: 99_990,
            failed: 8,
            timed_out: 1,
            aborted: 1,
            ..ChildCounts::default()
        },
        children: (0..6).map(|n| child(&format!("child-{n}"))).collect(),
    });
    let lines = execution_tree(&parent, since_1970(2.0)).join("\n");
    assert_eq!(
        crate::world::plain(&lines),
        "\
✗ Each 2.00 s, failed
  ✗ Map Run run-1 100000 executions, 99990 succeeded, 8 failed, 1 timed out, 1 aborted, redriven 2 times
    ✗ child-0 FAILED in `Load`
      Torn: thin
    ✗ child-1 FAILED in `Load`
      Torn: thin
    ✗ child-2 FAILED in `Load`
      Torn: thin
    ✗ child-3 FAILED in `Load`
      Torn: thin
    ✗ child-4 FAILED in `Load`
      Torn: thin
    … 4 more failed"
    );
}
