//! `TestState`, by the API's request.

use serde_json::{Value, json};
use txflow_asl::test_state::{TestState, TestStateAnswer, TestStateRequest, TestStatus};
use txflow_asl::{Payload, StartOptions};

use crate::{FUNCTION, START};

const ROLE: &str = "arn:aws:iam::123456789012:role/r";

fn request(state: Value, extra: Value) -> Result<TestState, String> {
    let mut request = json!({ "definition": state.to_string() });
    let extra = extra.as_object().unwrap().clone();
    request.as_object_mut().unwrap().extend(extra);
    let mut request: TestStateRequest = serde_json::from_value(request).unwrap();
    let mut options = StartOptions::default();
    if let Some(input) = request.input.take() {
        options.input = Payload::from_text(input).unwrap();
    }
    TestState::begin(request, options, START, |config, text| {
        assert_ne!(config["InputType"], "CSV", "only JSON is read here");
        let data: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let pointer = config["ItemsPointer"].as_str().unwrap_or_default();
        let items = data.pointer(pointer).cloned();
        items.ok_or_else(|| "nothing there".to_owned())
    })
    .map_err(|refusal| format!("{}: {refusal}", refusal.code.as_str()))
}

fn answer(state: Value, extra: Value) -> TestStateAnswer {
    match request(state, extra).unwrap() {
        TestState::Done(answer) => answer,
        TestState::Task(..) => panic!("a task is to run"),
    }
}

fn refused(state: Value, extra: Value) -> String {
    request(state, extra).map(|_| ()).unwrap_err()
}

/// A `Task` that calls a function through `lambda:invoke`.
fn invoke(more: Value) -> Value {
    let mut state = json!({ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "f" }, "End": true });
    state
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    state
}

/// What a `Map` shows of its data before its iterations.
fn map(fields: Value, extra: Value) -> TestStateAnswer {
    let mut state = json!({ "Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "B", "States": { "B": { "Type": "Pass", "End": true } } } });
    state
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let mut request = json!({ "inspectionLevel": "DEBUG", "mock": { "result": "[]" } });
    request
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    answer(state, request)
}

#[test]
fn a_task_without_a_mock_runs_outside() {
    let state = json!({ "Type": "Task", "Resource": FUNCTION, "ResultPath": "$.r", "Next": "N" });
    let begun = request(
        state,
        json!({ "roleArn": ROLE, "input": "{\"a\": 1}", "inspectionLevel": "DEBUG" }),
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
    let mut exhausted = with(0);
    exhausted["context"] = r#"{"State":{"RetryCount":2}}"#.into();
    exhausted["stateConfiguration"] = json!({});
    assert_eq!(
        answer(state.clone(), exhausted).status,
        TestStatus::CaughtError
    );
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

/// The developer guide on TestState, "Error propagation in Map and Parallel states".
#[test]
fn an_error_inside_of_a_map_comes_to_the_handlers_around_it() {
    let inner = json!({ "StartAt": "Call", "States": { "Call": invoke(json!({
        "Catch": [{ "ErrorEquals": ["Own"], "Next": "Rest" }] })), "Rest": { "Type": "Pass", "End": true } } });
    let machine = json!({ "StartAt": "All", "States": {
        "All": { "Type": "Parallel", "Next": "Rest2", "Branches": [{ "StartAt": "Each", "States": {
            "Each": { "Type": "Map", "ItemProcessor": inner, "End": true,
                "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 5, "MaxAttempts": 1 }] } } }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Rest2" }] },
        "Rest2": { "Type": "Succeed" } } });
    let with = |error: &str| {
        answer(
            machine.clone(),
            json!({ "stateName": "Call", "inspectionLevel": "DEBUG", "mock": { "errorOutput": { "error": error } } }),
        )
    };
    let own = with("Own");
    assert_eq!(own.next_state.as_deref(), Some("Rest"));
    let busy = with("Busy");
    assert_eq!(busy.status, TestStatus::Retriable);
    let details = json!({ "retryIndex": 0, "retryBackoffIntervalSeconds": 5 });
    assert_eq!(busy.inspection_data["errorDetails"], details);
    let other = with("Other");
    assert_eq!(other.status, TestStatus::CaughtError);
    assert_eq!(other.next_state.as_deref(), Some("Rest2"));
}

#[test]
fn a_mock_must_fit_the_work_of_the_state() {
    let call = |resource: &str| {
        json!({ "Type": "Task", "Resource": format!("arn:aws:states:::{resource}"),
            "Parameters": { "Entries": [], "StateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:c",
                "JobName": "j" }, "End": true })
    };
    let with = |resource: &str, result: &str, mode: &str| {
        let mut mock = json!({ "result": result });
        if !mode.is_empty() {
            mock["fieldValidationMode"] = mode.into();
        }
        let mut state = call(resource);
        let named = match resource.split(':').next() {
            Some("events") => "Entries",
            Some("glue") => "JobName",
            _ => "StateMachineArn",
        };
        let parameters = state["Parameters"].as_object_mut().unwrap();
        parameters.retain(|name, _| name == named);
        request(state, json!({ "mock": mock })).map(|_| ())
    };
    let schema = "ValidationException: Mock result schema validation error: ";
    let refused = |problem: &str| Err(format!("{schema}{problem}"));
    let entries = r#"{ "Entries": 1 }"#;
    let array = "Field 'Entries' must be an array";
    assert_eq!(with("events:putEvents", entries, "PRESENT"), refused(array));
    assert_eq!(with("events:putEvents", entries, ""), refused(array));
    assert_eq!(with("events:putEvents", entries, "NONE"), Ok(()));
    let started = r#"{ "ExecutionArn": "a", "StartDate": "b" }"#;
    assert_eq!(with("states:startExecution", started, ""), Ok(()));
    // The developer guide, "Testing Activity, .sync, and .waitForTaskToken states": the API that is polled counts.
    let missing = "Required field 'StateMachineArn' is missing";
    assert_eq!(
        with("states:startExecution.sync:2", started, ""),
        refused(missing)
    );
    assert_eq!(
        with("states:startExecution.sync", started, ""),
        refused(missing)
    );
    assert_eq!(
        with("states:startExecution.sync:2", started, "PRESENT"),
        Ok(())
    );
    let run = "Field 'JobRunState' is not an expected value";
    let result = r#"{ "JobRun": { "JobRunState": "DONE" } }"#;
    assert_eq!(with("glue:startJobRun.sync", result, ""), refused(run));
    let result = r#"{ "JobRunId": 1 }"#;
    assert_eq!(with("glue:startJobRun.sync", result, ""), Ok(()));
    assert_eq!(
        with("glue:startJobRun", result, ""),
        refused("Field 'JobRunId' must be a string")
    );
    // Whoever has the token says what the result is.
    assert_eq!(
        with("states:startExecution.waitForTaskToken", "[1]", ""),
        Ok(())
    );
}

#[test]
fn what_aws_refuses() {
    let mock = json!({ "mock": { "result": "{\"Payload\":1}" } });
    let role = json!({ "roleArn": ROLE });
    let task = || invoke(json!({}));
    let of = |resource: &str| invoke(json!({ "Resource": resource }));
    let pass = json!({ "Type": "Pass", "End": true });
    let machine = json!({ "StartAt": "A", "States": { "A": pass } });
    let both = json!({ "mock": { "result": "{}", "errorOutput": { "error": "e" } } });
    let mocked = |more: Value| {
        let mut request = mock.clone();
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        request
    };
    let map = json!({ "Type": "Map", "End": true, "ItemProcessor": machine });
    let unmocked =
        |what: &str| format!("TestState does not support {what} when a mock is not specified.");
    let one_of = "A test mock should have only one of the following fields: [result, errorOutput].";
    for (state, extra, message) in [
        (
            task(),
            json!({}),
            "RoleArn must be specified when testing a Task state",
        ),
        (
            pass.clone(),
            mock.clone(),
            "State type 'Pass' is not supported when a mock is specified",
        ),
        (
            machine.clone(),
            json!({ "stateName": "B" }),
            "State not found in definition",
        ),
        (
            task(),
            mocked(json!({ "revealSecrets": true })),
            "TestState does not support RevealSecrets when a mock is specified.",
        ),
        (task(), both, one_of),
        (task(), json!({ "mock": {} }), one_of),
        (
            task(),
            json!({ "mock": { "result": "{" } }),
            "Mocked result must be valid JSON",
        ),
        (
            task(),
            json!({ "mock": { "errorOutput": {} } }),
            "An error was not specified in the mocked error output.",
        ),
        (
            map.clone(),
            json!({ "stateConfiguration": { "mapIterationFailureCount": 0 } }),
            &unmocked("MapIterationFailureCount"),
        ),
        (
            task(),
            json!({ "roleArn": ROLE, "context": "{}" }),
            &unmocked("Context"),
        ),
        (
            of("arn:aws:states:us-east-1:111111111111:activity:a"),
            role.clone(),
            &unmocked("Activity tasks"),
        ),
        (
            of("arn:aws:states:::lambda:invoke.waitForTaskToken"),
            role.clone(),
            &unmocked("the '.waitForTaskToken' service integration pattern"),
        ),
        (
            json!({ "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": { "StateMachineArn": "arn:aws:states:us-east-1:111111111111:stateMachine:c" }, "End": true }),
            role,
            &unmocked("the '.sync' service integration pattern"),
        ),
        (
            task(),
            mocked(json!({ "variables": "[]" })),
            "Variables must be a JSON object",
        ),
        (
            map.clone(),
            json!({ "mock": { "errorOutput": { "error": "e" } }, "stateConfiguration": { "errorCausedByState": "X" } }),
            "State 'X' not found in the tested state",
        ),
    ] {
        assert_eq!(
            refused(state, extra),
            format!("ValidationException: {message}")
        );
    }
    let supported = "InvalidDefinition: TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]";
    assert_eq!(refused(map, json!({})), supported);
}

/// Recorded by AWS on 2026-02-24 and 2025-12-04.
#[test]
fn the_definition_is_validated_as_at_creation() {
    let invalid = |state: Value, extra: Value| {
        let refused = refused(state, extra);
        let findings =
            refused.strip_prefix("InvalidDefinition: Invalid State Machine Definition: '");
        findings
            .unwrap_or(&refused)
            .trim_end_matches('\'')
            .to_owned()
    };
    let empty = "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Choices";
    assert_eq!(
        invalid(json!({ "Type": "Choice", "Choices": [] }), json!({})),
        empty
    );
    // Where a state by itself leads to is not known; where one inside of it leads to, is.
    let inner = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "B" } } });
    let map = json!({ "Type": "Map", "Next": "Elsewhere", "ItemProcessor": inner });
    let findings = invalid(map, json!({}));
    assert!(
        findings
            .contains("Missing 'Next' target: B at /States/StateName/ItemProcessor/States/A/Next"),
        "{findings}"
    );
    assert!(!findings.contains("Elsewhere"), "{findings}");
    assert!(invalid(json!({ "End": true }), json!({})).contains("[Type] at /States/StateName"));
    // A state machine is one only together with the name of a state, and a state only without.
    let machine = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "End": true } } });
    assert!(invalid(machine.clone(), json!({})).contains("at /States/StateName"));
    let named = invalid(
        json!({ "Type": "Pass", "End": true }),
        json!({ "stateName": "A" }),
    );
    assert!(
        named.contains("These fields are required: [") && named.contains("] at /"),
        "{named}"
    );
    let broken = json!({ "StartAt": "A", "States": { "A": { "Type": "Pass", "Next": "B" } } });
    let broken = invalid(broken, json!({ "stateName": "A" }));
    assert!(
        broken.contains("Missing 'Next' target: B at /States/A/Next"),
        "{broken}"
    );
}

/// Recorded by AWS on 2025-12-03; the item of a Map is the developer guide's, "Automatic Context population".
#[test]
fn a_given_context_replaces_the_context() {
    let state = invoke(json!({ "ResultSelector": { "c.$": "$$" } }));
    let context = json!({ "State": { "Name": "X" } });
    let given = answer(
        state,
        json!({ "context": context.to_string(), "mock": { "result": "{}" } }),
    );
    assert_eq!(given.output.unwrap().value(), &json!({ "c": context }));
    let machine = json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "In", "States": { "In": { "Type": "Pass", "End": true,
            "Parameters": { "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index" } } } } } } });
    let inside = answer(machine, json!({ "stateName": "In", "input": "{\"a\":1}" }));
    assert_eq!(
        inside.output.unwrap().value(),
        &json!({ "v": { "a": 1 }, "i": 0 })
    );
    let token = invoke(
        json!({ "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": { "FunctionName": "f", "Payload": { "t.$": "$$.Task.Token" } } }),
    );
    let waiting = answer(token, json!({ "mock": { "result": "1" } }));
    assert_eq!(waiting.status, TestStatus::Succeeded, "{waiting:?}");
}

/// `ItemsPath` with its spaces is recorded by AWS on 2025-11-13; the rest is the developer guide's, "Understanding Map state
/// inspection data".
#[test]
fn a_map_shows_how_it_comes_to_its_items() {
    let input = json!({ "input": "{\"k\": [ 1,  2 ], \"o\": {\"p\": [[ 3 ]]}}" });
    let shown = |fields: Value, extra: &Value| map(fields, extra.clone()).inspection_data;
    let data = shown(json!({ "ItemsPath": "$.k" }), &input);
    assert_eq!(data["afterItemsPath"], "[ 1,  2 ]");
    assert!(data.get("afterItemSelector").is_none() && data.get("afterItemBatcher").is_none());
    assert_eq!(
        shown(json!({ "ItemsPath": "$.o['p'][0]" }), &input)["afterItemsPath"],
        "[ 3 ]"
    );
    assert_eq!(
        shown(json!({}), &json!({ "input": "[ 7 ]" }))["afterItemsPath"],
        "[ 7 ]"
    );
    let variables = json!({ "variables": "{\"v\": { \"w\": [ 8 ] } }" });
    assert_eq!(
        shown(json!({ "ItemsPath": "$v.w" }), &variables)["afterItemsPath"],
        "[ 8 ]"
    );
    let selector = json!({ "ItemsPath": "$.k", "ItemSelector": { "v.$": "$$.Map.Item.Value" } });
    let data = shown(selector.clone(), &input);
    assert_eq!(data["afterItemSelector"], "[{\"v\":1},{\"v\":2}]");
    let context = json!({ "input": "{\"k\":[1,2]}", "context": "{\"State\":{\"Name\":\"X\"}}" });
    assert_eq!(
        shown(selector, &context)["afterItemSelector"],
        "[{\"v\":1},{\"v\":2}]"
    );

    let distributed = |fields: Value| {
        let mut state = json!({ "ItemProcessor": { "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" },
            "StartAt": "B", "States": { "B": { "Type": "Pass", "End": true } } } });
        state
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        state
    };
    let batches = distributed(
        json!({ "ItemsPath": "$.k", "ItemSelector": { "v.$": "$$.Map.Item.Value" },
        "ItemBatcher": { "MaxItemsPerBatch": 1, "BatchInput": { "b": 1 } }, "ToleratedFailurePercentage": 12.5,
        "MaxConcurrency": 3 }),
    );
    let data = shown(batches, &input);
    assert_eq!(
        data["afterItemBatcher"],
        "[{\"Items\":[{\"v\":1}],\"BatchInput\":{\"b\":1}},{\"Items\":[{\"v\":2}],\"BatchInput\":{\"b\":1}}]"
    );
    assert_eq!(data["afterItemSelector"], "[{\"v\":1},{\"v\":2}]");
    assert_eq!(data["toleratedFailurePercentage"], 12.5);
    assert_eq!(data["maxConcurrency"], 3);

    let reader = |config: Value| {
        distributed(
            json!({ "ItemReader": { "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": config, "Parameters": { "Bucket": "b", "Key": "k" } }, "ItemSelector": { "v.$": "$$.Map.Item.Value" } }),
        )
    };
    let read = json!({ "stateConfiguration": { "mapItemReaderData": "{\"in\": [ 4, 5 ]}" } });
    let data = shown(
        reader(json!({ "InputType": "JSON", "ItemsPointer": "/in", "MaxItems": 1 })),
        &read,
    );
    assert_eq!(data["afterItemsPointer"], "[ 4, 5 ]");
    assert_eq!(data["afterItemSelector"], "[{\"v\":4}]");
    assert!(data.get("afterItemsPath").is_none());
    let unread = map(
        reader(json!({ "InputType": "JSON", "ItemsPointer": "/none" })),
        read,
    );
    assert_eq!(unread.error.as_deref(), Some("States.ItemReaderFailed"));

    let jsonata = distributed(
        json!({ "QueryLanguage": "JSONata", "Items": "{% $states.input.k %}",
        "ItemSelector": { "v": "{% $states.context.Map.Item.Value %}" } }),
    );
    let data = shown(jsonata, &input);
    assert_eq!(data["afterItemSelector"], "[{\"v\":1},{\"v\":2}]");
    assert!(data.get("afterItemsPath").is_none());
}

#[test]
fn the_inspection_shows_nothing_unless_asked() {
    let state = json!({ "Type": "Pass", "Assign": { "x": 1 }, "End": true });
    let level = |level: Value| answer(state.clone(), level).inspection_data;
    assert!(level(json!({})).is_empty());
    assert!(level(json!({ "inspectionLevel": "INFO" })).is_empty());
    let traced = level(json!({ "inspectionLevel": "TRACE", "variables": "{\"y\":2}" }));
    assert_eq!(traced["variables"], "{\"y\":2,\"x\":1}");
}

/// "`States.TaskFailed` is a wildcard error that applies to any Task state failure. To test how your Map or Parallel state handles
/// this error, you need to identify the specific sub-state that threw it" (the developer guide, on `errorCausedByState`).
#[test]
fn the_cause_of_a_mocked_error_decides_whether_a_task_has_failed() {
    let parallel = json!({ "Type": "Parallel", "End": true,
        "Branches": [{ "StartAt": "T", "States": {
            "T": { "Type": "Task", "Resource": FUNCTION, "Next": "P" },
            "P": { "Type": "Parallel", "End": true, "Branches": [{ "StartAt": "F", "States": { "F": { "Type": "Fail" } } }] },
        } }],
        "Catch": [{ "ErrorEquals": ["States.TaskFailed"], "Next": "H" }, { "ErrorEquals": ["E"], "Next": "K" }] });
    let map = json!({ "Type": "Map", "End": true, "ItemProcessor": parallel["Branches"][0],
        "Retry": [{ "ErrorEquals": ["States.TaskFailed"] }] });
    let tested = |state: &Value, cause: Value| {
        let mock = json!({ "errorOutput": { "error": "E" } });
        answer(
            state.clone(),
            json!({ "mock": mock, "input": "[1]", "stateConfiguration": cause }),
        )
    };
    let caused = |name: &str| json!({ "errorCausedByState": name });
    let next = |cause: Value| tested(&parallel, cause).next_state;
    assert_eq!(next(caused("T")).as_deref(), Some("H"));
    assert_eq!(next(caused("F")).as_deref(), Some("K"));
    assert_eq!(next(caused("P")).as_deref(), Some("K"));
    assert_eq!(next(json!({})).as_deref(), Some("H"));
    assert_eq!(tested(&map, caused("T")).status, TestStatus::Retriable);
    assert_eq!(tested(&map, caused("F")).status, TestStatus::Failed);
}

/// Measured on AWS, as a project that compares itself with it reports: an execution fails here.
#[test]
fn a_catcher_that_cannot_be_evaluated_has_no_output() {
    let caught = |catcher: Value| {
        let mut catcher = catcher;
        catcher["ErrorEquals"] = json!(["States.ALL"]);
        catcher["Next"] = json!("H");
        let state = json!({ "Type": "Task", "QueryLanguage": "JSONata", "Resource": FUNCTION, "End": true, "Catch": [catcher] });
        let mock = json!({ "mock": { "errorOutput": { "error": "E", "cause": "c" } } });
        answer(state, mock)
    };
    let whole = caught(json!({}));
    assert_eq!(
        whole.output.unwrap().value(),
        &json!({ "Error": "E", "Cause": "c" })
    );
    let none = caught(json!({ "Output": { "v": "{% $states.input.none %}" } }));
    assert_eq!(none.status, TestStatus::CaughtError);
    assert_eq!(none.next_state.as_deref(), Some("H"));
    assert!(none.output.is_none());
    assert_eq!(none.error.as_deref(), Some("E"));
}
