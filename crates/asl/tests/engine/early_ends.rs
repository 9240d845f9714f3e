//! Executions that are ended from outside, by `StopExecution` or by their own `TimeoutSeconds`.
//!
//! The states that run are not told of, and the end follows no event: recorded on 2024-05-06 for a stop, and measured on
//! 2026-08-29 for a timeout, both in a Wait. The other types of states follow the same rule, since the end is an event of the
//! execution and not of a state.

use std::time::Duration;

use serde_json::{Value, json};
use txflow_asl::{ChildUpdate, Execution, ExecutionKind, Machine, StartOptions, Status, Step};

use crate::{FUNCTION, START, chain, details};

fn wait() -> Value {
    json!({ "Type": "Wait", "Seconds": 90, "End": true })
}

fn task() -> Value {
    json!({ "Type": "Task", "Resource": FUNCTION, "End": true })
}

fn processor(state: Value) -> Value {
    json!({ "StartAt": "I", "States": { "I": state } })
}

fn map(state: Value) -> Value {
    json!({ "Type": "Map", "ItemProcessor": processor(state), "End": true })
}

fn parallel(states: &[Value]) -> Value {
    let branches = states.iter().enumerate().map(|(index, state)| {
        let name = format!("B{index}");
        json!({ "StartAt": name, "States": { name: state } })
    });
    json!({ "Type": "Parallel", "Branches": branches.collect::<Value>(), "End": true })
}

fn distributed(state: Value) -> Value {
    let mut map = map(state);
    map["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    map
}

/// All that can run for a while.
fn states() -> Vec<Value> {
    vec![
        wait(),
        task(),
        map(wait()),
        parallel(&[wait(), task()]),
        parallel(&[map(task()), wait()]),
        map(parallel(&[wait(), map(task())])),
        distributed(wait()),
        parallel(&[distributed(task()), wait()]),
    ]
}

fn begin(state: &Value, kind: ExecutionKind) -> Execution {
    let machine = json!({ "StartAt": "S", "TimeoutSeconds": 5, "States": { "S": state } });
    let machine = Machine::from_value(&machine).unwrap();
    let mut options = StartOptions::new(json!([[1, 2], [3]]));
    options.kind = kind;
    let mut execution = Execution::start(&machine, options, START);
    let step = execution.advance(START);
    assert!(step.end.is_none());
    execution
}

/// The last events are those of a step.
fn ends(step: &Step, event: &str, shown: &Value) {
    assert_eq!(chain(&step.events), [(event.to_owned(), 0)]);
    assert_eq!(&details(&step.events[0]), shown);
}

#[test]
fn a_stop_says_nothing_of_the_states_that_run() {
    for state in states() {
        let mut execution = begin(&state, ExecutionKind::Standard);
        execution.stop(None, None);
        let step = execution.advance(START);
        ends(&step, "ExecutionAborted", &json!({}));
        assert_eq!(step.end.unwrap().status, Status::Aborted);
    }
}

#[test]
fn a_stop_shows_its_error_and_cause() {
    let mut execution = begin(&wait(), ExecutionKind::Standard);
    execution.stop(Some("Enough".into()), Some("it rains".into()));
    let shown = json!({ "error": "Enough", "cause": "it rains" });
    ends(&execution.advance(START), "ExecutionAborted", &shown);
}

#[test]
fn a_timeout_says_nothing_of_the_states_that_run() {
    for state in states() {
        let mut execution = begin(&state, ExecutionKind::Standard);
        let step = execution.advance(START + Duration::from_secs(5));
        ends(
            &step,
            "ExecutionTimedOut",
            &json!({ "error": "States.Timeout" }),
        );
        // Recorded on 2024-03-10: `DescribeExecution` shows no error.
        let end = step.end.unwrap();
        assert_eq!(
            (end.status, end.error, end.cause),
            (Status::TimedOut, None, None)
        );
    }
}

#[test]
fn an_express_execution_shows_the_error_of_its_timeout() {
    let mut execution = begin(&wait(), ExecutionKind::Express);
    let step = execution.advance(START + Duration::from_secs(5));
    ends(
        &step,
        "ExecutionTimedOut",
        &json!({ "error": "States.Timeout" }),
    );
    assert_eq!(step.end.unwrap().error.as_deref(), Some("States.Timeout"));
}

/// A child execution of a Distributed Map is an execution of its own, which is stopped with its Map Run.
#[test]
fn child_executions_end_as_if_they_were_stopped() {
    let mut execution = begin(
        &distributed(parallel(&[wait(), task()])),
        ExecutionKind::Standard,
    );
    execution.stop(None, None);
    let step = execution.advance(START);
    let ended: Vec<&ChildUpdate> = { step.children.iter() }
        .filter(|child| child.end.is_some())
        .collect();
    assert_eq!(ended.len(), 2);
    for child in ended {
        assert_eq!(chain(&child.events), [("ExecutionAborted".to_owned(), 0)]);
        assert_eq!(details(&child.events[0]), json!({}));
    }
}
