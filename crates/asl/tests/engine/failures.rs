use serde_json::{Value, json};
use txflow_asl::{Status, TaskEnd};

use crate::{
    FUNCTION, alone, event_types, fails, failure, output, run, run_with, seconds, succeeds,
};

fn task(extra: Value) -> Value {
    let mut state = json!({ "Type": "Task", "Resource": FUNCTION, "End": true });
    state
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    state
}

#[test]
fn retries_wait_longer_each_time_up_to_the_most() {
    let state = task(json!({ "Retry": [{
        "ErrorEquals": ["Busy"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxAttempts": 4, "MaxDelaySeconds": 20,
    }] }));
    let mut counts = Vec::new();
    let run = run_with(&alone(state), json!({}), |task| {
        counts.push(task.retry_count);
        if task.retry_count < 4 {
            fails("Busy")
        } else {
            succeeds(json!("done"))
        }
    });
    assert_eq!(output(&run), "done");
    assert_eq!(counts, [0, 1, 2, 3, 4]);
    assert_eq!(seconds(&run), 2.0 + 6.0 + 18.0 + 20.0);
}

#[test]
fn the_first_retrier_that_matches_decides() {
    let state = task(json!({ "Retry": [
        { "ErrorEquals": ["Busy"], "MaxAttempts": 0 },
        { "ErrorEquals": ["States.ALL"], "MaxAttempts": 2, "IntervalSeconds": 1 },
    ] }));
    let attempts = |error: &'static str| {
        let mut attempts = 0;
        run_with(&alone(state.clone()), json!({}), |_| {
            attempts += 1;
            fails(error)
        });
        attempts
    };
    assert_eq!(attempts("Busy"), 1);
    assert_eq!(attempts("Other"), 3);
}

#[test]
fn a_catch_gets_the_error_in_its_result_path() {
    let machine = json!({ "StartAt": "S", "States": {
        "S": { "Type": "Task", "Resource": FUNCTION, "End": true, "Catch": [
            { "ErrorEquals": ["Other"], "Next": "S" },
            { "ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "H" },
        ] },
        "H": { "Type": "Pass", "End": true },
    } });
    let run = run_with(&machine, json!({ "a": 1 }), |_| fails("Declined"));
    let error = json!({ "Error": "Declined", "Cause": "because of Declined" });
    assert_eq!(output(&run), json!({ "a": 1, "error": error }));
    assert_eq!(
        event_types(&run)[2..7],
        [
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionFailed",
            "TaskStateExited",
            "PassStateEntered",
        ]
    );
}

#[test]
fn nothing_catches_states_runtime() {
    let machine = json!({ "StartAt": "S", "States": {
        "S": { "Type": "Task", "Resource": FUNCTION, "InputPath": "$.missing", "End": true,
            "Retry": [{ "ErrorEquals": ["States.ALL"] }],
            "Catch": [{ "ErrorEquals": ["States.ALL", "States.Runtime"], "Next": "H" }] },
        "H": { "Type": "Pass", "End": true },
    } });
    assert_eq!(failure(&run(&machine, json!({}))).0, "States.Runtime");
}

#[test]
fn a_task_times_out() {
    let state = task(json!({ "TimeoutSecondsPath": "$.limit" }));
    let run = run_with(&alone(state), json!({ "limit": 90 }), |_| TaskEnd::Never);
    assert_eq!(run.outcome.error.as_deref(), Some("States.Timeout"));
    assert_eq!(run.outcome.cause, None);
    assert_eq!(seconds(&run), 90.0);
    assert!(event_types(&run).contains(&"LambdaFunctionTimedOut".to_owned()));
}

#[test]
fn the_machine_times_out() {
    let mut machine = alone(json!({ "Type": "Wait", "Seconds": 60, "End": true }));
    machine["TimeoutSeconds"] = json!(5);
    let run = run(&machine, json!({}));
    assert_eq!(run.outcome.status, Status::TimedOut);
    assert_eq!(
        (run.outcome.error.clone(), run.outcome.cause.clone()),
        (None, None)
    );
    assert_eq!(seconds(&run), 5.0);
    assert_eq!(event_types(&run).last().unwrap(), "ExecutionTimedOut");
}

#[test]
fn a_result_beyond_256_kib_is_a_failure_that_can_be_caught() {
    let machine = json!({ "StartAt": "S", "States": {
        "S": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Catch": [{ "ErrorEquals": ["States.DataLimitExceeded"], "Next": "H" }] },
        "H": { "Type": "Pass", "InputPath": "$.Cause", "End": true },
    } });
    let run = run_with(&machine, json!({}), |_| {
        succeeds(json!("x".repeat(300_000)))
    });
    assert!(
        output(&run)
            .as_str()
            .unwrap()
            .starts_with("The state/task 'lambda' returned a result")
    );
}

#[test]
fn an_intrinsic_function_that_fails_can_be_caught() {
    let machine = json!({ "StartAt": "S", "States": {
        "S": { "Type": "Task", "Resource": FUNCTION, "End": true,
            "Parameters": { "x.$": "States.ArrayGetItem($.items, 5)" },
            "Catch": [{ "ErrorEquals": ["States.IntrinsicFailure"], "Next": "H" }] },
        "H": { "Type": "Pass", "Result": "caught", "End": true },
    } });
    assert_eq!(output(&run(&machine, json!({ "items": [1] }))), "caught");
}
