use serde_json::{Value, json};
use txflow_asl::test_state::{
    InspectionLevel, TestState, TestStateAnswer, TestStateRequest, TestStatus,
};
use txflow_asl::{Payload, StartOptions};

use crate::{FUNCTION, START};

fn request(state: Value, extra: Value) -> Result<TestState, String> {
    let mut request = json!({ "definition": state.to_string() });
    request
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    TestStateRequest::from_api(&request)
        .and_then(|request| TestState::begin(request, StartOptions::default(), START))
        .map_err(|refusal| format!("{}: {refusal}", refusal.code.as_str()))
}

fn answer(state: Value, extra: Value) -> TestStateAnswer {
    match request(state, extra).unwrap() {
        TestState::Done(answer) => answer,
        TestState::Task(..) => panic!("a task is to run"),
    }
}

#[test]
fn a_task_without_a_mock_runs_outside() {
    let state = json!({ "Type": "Task", "Resource": FUNCTION, "ResultPath": "$.r", "Next": "N" });
    let begun = request(
        state,
        json!({ "roleArn": "arn", "input": "{\"a\": 1}", "inspectionLevel": "DEBUG" }),
    );
    let Ok(TestState::Task(task, pending)) = begun else {
        panic!("no task")
    };
    assert_eq!(task.parameters.value(), &json!({ "a": 1 }));
    let answer = pending.finish(Ok(Payload::from(json!(2))));
    assert_eq!(answer.status, TestStatus::Succeeded);
    assert_eq!(answer.next_state.as_deref(), Some("N"));
    assert_eq!(answer.output.unwrap().value(), &json!({ "a": 1, "r": 2 }));
    assert_eq!(answer.inspection_data["result"], "2");
    assert_eq!(answer.inspection_data["afterParameters"], "{\"a\": 1}");
}

#[test]
fn a_mocked_error_is_retried_or_caught() {
    let state = json!({ "Type": "Task", "Resource": FUNCTION, "End": true,
        "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 2 }],
        "Catch": [{ "ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "H" }] });
    let with = |retries: u64| {
        json!({
            "inspectionLevel": "TRACE",
            "mock": { "errorOutput": { "error": "Busy", "cause": "c" } },
            "stateConfiguration": { "retrierRetryCount": retries },
        })
    };
    let first = answer(state.clone(), with(1));
    assert_eq!(first.status, TestStatus::Retriable);
    let details = json!({ "retryIndex": 0, "retryBackoffIntervalSeconds": 6 });
    assert_eq!(first.inspection_data["errorDetails"], details);
    let last = answer(state, with(2));
    assert_eq!(last.status, TestStatus::CaughtError);
    assert_eq!(
        last.output.unwrap().value(),
        &json!({ "e": { "Error": "Busy", "Cause": "c" } })
    );
    assert_eq!(
        last.inspection_data["errorDetails"],
        json!({ "retryIndex": 0, "catchIndex": 0 })
    );
}

#[test]
fn a_mocked_result_must_fit_the_api() {
    let state =
        json!({ "Type": "Task", "Resource": "arn:aws:states:::events:putEvents", "End": true });
    let with = |result: &str, mode: &str| {
        let mock = json!({ "result": result, "fieldValidationMode": mode });
        request(state.clone(), json!({ "mock": mock }))
            .map(|_| ())
            .unwrap_err()
    };
    let refusal = "ValidationException: Mock result schema validation error: Field 'Entries' must be an array";
    assert_eq!(with(r#"{ "Entries": 1 }"#, "PRESENT"), refusal);
    let both = json!({ "mock": { "result": "{}", "errorOutput": {} } });
    assert!(
        request(state.clone(), both)
            .map(|_| ())
            .unwrap_err()
            .contains("only one of")
    );
}

#[test]
fn what_aws_refuses() {
    let refused = |state: Value, extra: Value| request(state, extra).map(|_| ()).unwrap_err();
    let task = json!({ "Type": "Task", "Resource": FUNCTION, "End": true });
    assert!(refused(task, json!({})).contains("RoleArn must be specified"));
    let pass = json!({ "Type": "Pass", "End": true });
    assert!(
        refused(pass.clone(), json!({ "mock": { "result": "1" } })).contains("State type 'Pass'")
    );
    let machine = json!({ "StartAt": "A", "States": { "A": pass } });
    assert_eq!(
        refused(machine, json!({ "stateName": "B" })),
        "ValidationException: State not found in definition"
    );
    assert!(refused(json!({ "Type": "Nope" }), json!({})).starts_with("InvalidDefinition"));
}

#[test]
fn the_inspection_shows_nothing_unless_asked() {
    let state = json!({ "Type": "Pass", "Assign": { "x": 1 }, "End": true });
    let mut request = TestStateRequest::new(state);
    let begun = TestState::begin(request.clone(), StartOptions::default(), START);
    let Ok(TestState::Done(answer)) = begun else {
        panic!("no answer")
    };
    assert!(answer.inspection_data.is_empty());
    request.inspection_level = InspectionLevel::Trace;
    let begun = TestState::begin(request, StartOptions::default(), START);
    let Ok(TestState::Done(answer)) = begun else {
        panic!("no answer")
    };
    assert_eq!(answer.inspection_data["variables"], "{\"x\":1}");
}
