//! Executions that are redriven. Sources: the AWS documentation, "Restarting state machine executions with redrive" and
//! "Redriving Map Runs"; that a task is scheduled again after the event of its state's entry is what others recorded.

use std::cell::RefCell;
use std::collections::BTreeMap;

use std::time::Duration;

use serde_json::{Value, json};
use txflow_asl::{
    Execution, Machine, Payload, Redrive, Run, StartOptions, Status, Stopped, TaskEnd, TaskRequest,
    Timestamp, run_to_end,
};

use crate::{FUNCTION, START, alone, fails, output};

const REDRIVEN: Timestamp = Timestamp::from_millis(1_767_229_200_000);

/// A run, what it called, and the history of it and of the runs before.
struct Driven {
    run: Run,
    called: Vec<Value>,
    history: Vec<Value>,
}

fn drive(
    machine: &Machine,
    options: StartOptions,
    before: Vec<Value>,
    task: impl Fn(&TaskRequest) -> TaskEnd,
) -> Driven {
    let called = RefCell::new(Vec::new());
    let run = run_to_end(machine, options, START, |request| {
        called.borrow_mut().push(request.parameters.value().clone());
        task(request)
    });
    let mut history = before;
    history.extend(run.events.iter().map(|event| event.to_json()));
    Driven {
        run,
        called: called.into_inner(),
        history,
    }
}

/// Runs it until tasks have failed, then redrives it.
fn redriven(
    definition: &Value,
    input: Value,
    first: impl Fn(&TaskRequest) -> TaskEnd,
    second: impl Fn(&TaskRequest) -> TaskEnd,
) -> (Driven, Driven) {
    let machine = Machine::from_value(definition).unwrap();
    let before = drive(
        &machine,
        StartOptions::new(input.clone()),
        Vec::new(),
        first,
    );
    assert_ne!(before.run.outcome.status, Status::Succeeded);
    let after = again(&machine, &before, input, 1, second);
    (before, after)
}

fn again(
    machine: &Machine,
    before: &Driven,
    input: Value,
    count: u64,
    task: impl Fn(&TaskRequest) -> TaskEnd,
) -> Driven {
    let mut history = before.history.clone();
    let last_event = history.len() as u64 + 1;
    history.push(json!({
        "id": last_event, "previousEventId": 0, "type": "ExecutionRedriven", "timestamp": 0,
        "executionRedrivenEventDetails": { "redriveCount": count },
    }));
    let options = StartOptions {
        redrive: Some(Redrive {
            count,
            time: REDRIVEN,
            started: START,
            last_event,
            at: Stopped::of(machine.program(), &history),
            map_runs: BTreeMap::new(),
        }),
        ..StartOptions::new(input)
    };
    drive(machine, options, history, task)
}

fn echo(request: &TaskRequest) -> TaskEnd {
    TaskEnd::Done(Ok(request.parameters.clone()))
}

/// Fails for these parameters.
fn failing(parameters: &'static [i64]) -> impl Fn(&TaskRequest) -> TaskEnd {
    |request| {
        let bad = { parameters.iter() }.any(|bad| request.parameters.value() == &json!(bad));
        if bad { fails("Bad") } else { echo(request) }
    }
}

/// Of the run itself: the id, what it follows and the type.
fn chain(driven: &Driven) -> Vec<(u64, u64, String)> {
    let events = driven.run.events.iter();
    let events = events.map(|event| (event.id, event.previous_event_id, event.type_name()));
    events.collect()
}

fn task(parameters: Value) -> Value {
    json!({ "Type": "Task", "Resource": FUNCTION, "Parameters": parameters, "End": true })
}

fn branch(name: &str, state: Value) -> Value {
    json!({ "StartAt": name, "States": { name: state } })
}

#[test]
fn a_task_is_scheduled_again_after_the_entry_of_its_state() {
    let definition = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Assign": { "kept.$": "$.n" }, "Next": "B" },
        "B": { "Type": "Task", "Resource": FUNCTION, "Parameters": {
            "n.$": "$kept", "count.$": "$$.Execution.RedriveCount", "started.$": "$$.Execution.StartTime",
        }, "End": true },
    } });
    let (before, after) = redriven(&definition, json!({ "n": 7 }), |_| fails("Bad"), echo);
    assert_eq!(before.called[0]["count"], 0);
    // Entered is event 4; 8 is ExecutionFailed, and 9 that of the redrive.
    let expected = [
        (10, 4, "LambdaFunctionScheduled"),
        (11, 10, "LambdaFunctionStarted"),
        (12, 11, "LambdaFunctionSucceeded"),
        (13, 12, "TaskStateExited"),
        (14, 13, "ExecutionSucceeded"),
    ];
    let expected = expected.map(|(id, previous, name)| (id, previous, name.to_owned()));
    assert_eq!(chain(&after), expected);
    let found = output(&after.run);
    let expected = json!({ "n": 7, "count": 1, "started": "2026-01-01T00:00:00Z" });
    assert_eq!(found, expected);
}

#[test]
fn the_time_of_the_redrive_is_in_the_context() {
    let state = json!({ "Type": "Task", "Resource": FUNCTION,
        "ResultSelector": { "at.$": "$$.Execution.RedriveTime" }, "End": true });
    let (_, after) = redriven(&alone(state), json!({}), |_| fails("Bad"), echo);
    assert_eq!(output(&after.run)["at"], "2026-01-01T01:00:00Z");
}

#[test]
fn a_parallel_runs_only_the_branches_that_failed_or_were_aborted() {
    let slow = json!({ "StartAt": "W", "States": {
        "W": { "Type": "Pass", "Assign": { "w": 5 }, "Next": "W2" },
        "W2": { "Type": "Wait", "Seconds": 50, "Next": "W3" },
        "W3": { "Type": "Pass", "Parameters": { "w.$": "$w" }, "End": true },
    } });
    let state = json!({ "Type": "Parallel", "End": true, "Branches": [
        branch("D", task(json!(1))), slow, branch("F", task(json!(2))),
    ] });
    let (before, after) = redriven(&alone(state), json!({}), failing(&[2]), echo);
    assert_eq!(before.called, [json!(1), json!(2)]);
    assert_eq!(after.called, [json!(2)]);
    assert_eq!(output(&after.run), json!([1, { "w": 5 }, 2]));
    let types: Vec<String> = chain(&after).into_iter().map(|(_, _, name)| name).collect();
    assert!(
        !types.iter().any(|name| name.ends_with("StateStarted")),
        "{types:?}"
    );
    assert_eq!(
        types
            .iter()
            .filter(|name| *name == "PassStateEntered")
            .count(),
        1
    );
}

#[test]
fn a_map_runs_only_the_iterations_that_failed_or_did_not_begin() {
    let state = json!({ "Type": "Map", "MaxConcurrency": 1, "End": true,
        "ItemProcessor": branch("I", json!({ "Type": "Task", "Resource": FUNCTION, "End": true })) });
    let (before, after) = redriven(&alone(state), json!([1, 2, 3]), failing(&[2]), echo);
    assert_eq!(before.called, [json!(1), json!(2)]);
    assert_eq!(after.called, [json!(2), json!(3)]);
    assert_eq!(output(&after.run), json!([1, 2, 3]));
    let started: Vec<u64> = { after.run.events.iter() }
        .map(|event| event.to_json())
        .filter_map(|event| event["mapIterationStartedEventDetails"]["index"].as_u64())
        .collect();
    assert_eq!(started, [2]);
}

#[test]
fn what_is_nested_is_redriven_as_deep_as_it_failed() {
    let inner = json!({ "Type": "Parallel", "End": true, "Branches": [
        branch("X", json!({ "Type": "Task", "Resource": FUNCTION, "Parameters": { "x.$": "$" }, "End": true })),
        branch("Y", json!({ "Type": "Pass", "Result": "y", "End": true })),
    ] });
    let state = json!({ "Type": "Map", "End": true, "ItemProcessor": branch("P", inner) });
    let fail_second = |request: &TaskRequest| match request.parameters.value()["x"].as_i64() {
        Some(2) => fails("Bad"),
        _ => echo(request),
    };
    let (_, after) = redriven(&alone(state), json!([1, 2]), fail_second, echo);
    assert_eq!(after.called, [json!({ "x": 2 })]);
    assert_eq!(
        output(&after.run),
        json!([[{ "x": 1 }, "y"], [{ "x": 2 }, "y"]])
    );
}

#[test]
fn it_can_be_redriven_until_it_succeeds() {
    let state = json!({ "Type": "Parallel", "End": true, "Branches": [
        branch("A", task(json!(1))), branch("B", task(json!(2))), branch("C", task(json!(3))),
    ] });
    let (_, second) = redriven(
        &alone(state.clone()),
        json!({}),
        failing(&[2]),
        failing(&[3]),
    );
    // Aborted with the failure of its neighbour.
    assert_eq!(second.called, [json!(2), json!(3)]);
    let machine = Machine::from_value(&alone(state)).unwrap();
    let third = again(&machine, &second, json!({}), 2, echo);
    assert_eq!(third.called, [json!(3)]);
    assert_eq!(output(&third.run), json!([1, 2, 3]));
}

#[test]
fn retries_count_anew() {
    let retry = json!([{ "ErrorEquals": ["Bad"], "MaxAttempts": 2, "IntervalSeconds": 1 }]);
    let mut state = task(json!(1));
    state["Retry"] = retry;
    let (before, after) = redriven(&alone(state), json!({}), |_| fails("Bad"), |_| fails("Bad"));
    assert_eq!((before.called.len(), after.called.len()), (3, 3));
}

#[test]
fn a_retried_parallel_keeps_what_its_last_run_did() {
    let state = json!({ "Type": "Parallel", "End": true, "Branches": [
        branch("A", task(json!(1))), branch("B", task(json!(2))),
    ], "Retry": [{ "ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1 }] });
    let (before, after) = redriven(&alone(state), json!({}), failing(&[2]), echo);
    assert_eq!(before.called, [1, 2, 1, 2].map(|n| json!(n)));
    assert_eq!(after.called, [json!(2)]);
    assert_eq!(output(&after.run), json!([1, 2]));
}

#[test]
fn a_fail_state_is_entered_again_and_fails_again() {
    let (_, after) = redriven(
        &alone(json!({ "Type": "Fail", "Error": "No" })),
        json!({}),
        echo,
        echo,
    );
    let types: Vec<String> = chain(&after).into_iter().map(|(_, _, name)| name).collect();
    assert_eq!(types, ["FailStateEntered", "ExecutionFailed"]);
}

#[test]
fn too_large_an_output_runs_all_branches_again() {
    let large = json!({ "text": "x".repeat(200_000) });
    let state = json!({ "Type": "Parallel", "End": true, "Branches": [
        branch("A", task(large.clone())), branch("B", task(large)),
    ] });
    let small = |_: &TaskRequest| TaskEnd::Done(Ok(Payload::from(json!("small"))));
    let (before, after) = redriven(&alone(state), json!({}), echo, small);
    assert_eq!(
        before.run.outcome.error.as_deref(),
        Some("States.DataLimitExceeded")
    );
    assert_eq!(after.called.len(), 2);
    assert_eq!(output(&after.run), json!(["small", "small"]));
}

#[test]
fn an_execution_that_was_stopped_waits_anew() {
    let machine = Machine::from_value(&alone(
        json!({ "Type": "Wait", "Seconds": 60, "End": true }),
    ))
    .unwrap();
    let mut execution = Execution::start(&machine, StartOptions::new(json!({})), START);
    let mut events = execution.advance(START).events;
    execution.stop(None, None);
    events.extend(execution.advance(START).events);
    let history: Vec<Value> = events.iter().map(|event| event.to_json()).collect();
    let options = StartOptions {
        redrive: Some(Redrive {
            count: 1,
            time: REDRIVEN,
            started: START,
            last_event: history.len() as u64 + 1,
            at: Stopped::of(machine.program(), &history),
            map_runs: BTreeMap::new(),
        }),
        ..StartOptions::new(json!({}))
    };
    let mut execution = Execution::start(&machine, options, REDRIVEN);
    let wake = execution.advance(REDRIVEN).wake;
    assert_eq!(wake, Some(REDRIVEN + Duration::from_secs(60)));
}

#[test]
fn an_execution_that_did_not_come_to_a_state_begins() {
    let machine = Machine::from_value(&alone(json!({ "Type": "Pass", "End": true }))).unwrap();
    assert!(Stopped::of(machine.program(), &[]).is_none());
    let before = Driven {
        run: run_to_end(&machine, StartOptions::default(), START, echo),
        called: Vec::new(),
        history: Vec::new(),
    };
    let after = again(&machine, &before, json!([1]), 1, echo);
    assert_eq!(output(&after.run), json!([1]));
    assert_eq!(after.run.events[0].type_name(), "PassStateEntered");
}
