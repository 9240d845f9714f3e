//! Which event a failure follows in the history, and what the event shows.

use serde_json::{Value, json};
use txflow_asl::{Run, TaskEnd};

use crate::{FUNCTION, alone, chain, details, fails, run, run_with};

fn jsonata(state: Value) -> Value {
    let mut machine = alone(state);
    machine["QueryLanguage"] = json!("JSONata");
    machine
}

/// The last events and those that they follow, as in a history that has ids.
fn tail(run: &Run, count: usize) -> Vec<(String, u64)> {
    let chain = chain(&run.events);
    chain[chain.len() - count..].to_vec()
}

fn events(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    let expected = expected.iter();
    expected
        .map(|(kind, previous)| ((*kind).to_owned(), *previous))
        .collect()
}

const ITEMS: &str = "{% $states.input.none %}";

/// Recorded on 2024-12-27 for a Wait, and measured in September 2026 for a Pass, a Task and a Map. Recordings of November 2024
/// have it before the entry, whose event it follows.
#[test]
fn a_failed_expression_follows_the_entry_of_its_state() {
    let processor = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    let mut distributed = processor.clone();
    distributed["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let task =
        |field: &str| json!({ "Type": "Task", "Resource": FUNCTION, field: ITEMS, "End": true });
    let map = |field: &str| json!({ "Type": "Map", "ItemProcessor": processor, field: ITEMS, "End": true });
    let choice = |rule: Value| json!({ "Type": "Choice", "Choices": [rule] });
    for state in [
        json!({ "Type": "Pass", "Output": ITEMS, "End": true }),
        json!({ "Type": "Pass", "Assign": { "a": ITEMS }, "End": true }),
        json!({ "Type": "Succeed", "Output": ITEMS }),
        json!({ "Type": "Fail", "Error": ITEMS }),
        json!({ "Type": "Fail", "Cause": ITEMS }),
        json!({ "Type": "Wait", "Seconds": ITEMS, "End": true }),
        json!({ "Type": "Wait", "Timestamp": ITEMS, "End": true }),
        json!({ "Type": "Wait", "Seconds": 0, "Output": ITEMS, "End": true }),
        choice(json!({ "Condition": ITEMS, "Next": "S" })),
        choice(json!({ "Condition": true, "Output": ITEMS, "Next": "S" })),
        choice(json!({ "Condition": true, "Assign": { "a": ITEMS }, "Next": "S" })),
        task("Arguments"),
        task("TimeoutSeconds"),
        task("HeartbeatSeconds"),
        json!({ "Type": "Parallel", "Branches": [processor], "Arguments": ITEMS, "End": true }),
        map("Items"),
        json!({ "Type": "Map", "ItemProcessor": processor, "Items": [1], "MaxConcurrency": ITEMS, "End": true }),
        json!({ "Type": "Map", "ItemProcessor": distributed, "Items": ITEMS, "End": true }),
    ] {
        let run = run(&jsonata(state.clone()), json!({}));
        let chain = chain(&run.events);
        assert!(chain[1].0.ends_with("StateEntered"), "{state}");
        assert_eq!(chain[2], ("EvaluationFailed".into(), 2), "{state}");
        assert!(details(&run.events[2])["location"].is_string(), "{state}");
        let (end, previous) = chain.last().unwrap();
        assert_eq!(
            (end.as_str(), *previous),
            ("ExecutionFailed", run.events.len() as u64 - 1)
        );
    }
}

#[test]
fn an_expression_that_fails_at_the_exit_follows_the_work() {
    let state = json!({ "Type": "Task", "Resource": FUNCTION, "Output": ITEMS, "End": true });
    let expected = events(&[
        ("LambdaFunctionSucceeded", 4),
        ("EvaluationFailed", 5),
        ("ExecutionFailed", 6),
    ]);
    assert_eq!(tail(&run(&jsonata(state), json!({})), 3), expected);
}

#[test]
fn the_error_of_an_expression_can_be_caught() {
    let machine = json!({ "StartAt": "S", "QueryLanguage": "JSONata", "States": {
        "S": { "Type": "Task", "Resource": FUNCTION, "Arguments": ITEMS, "Next": "H",
            "Catch": [{ "ErrorEquals": ["States.QueryEvaluationError"], "Next": "H" }] },
        "H": { "Type": "Succeed" },
    } });
    let expected = events(&[
        ("TaskStateEntered", 0),
        ("EvaluationFailed", 2),
        ("TaskStateExited", 3),
        ("SucceedStateEntered", 4),
    ]);
    assert_eq!(chain(&run(&machine, json!({})).events)[1..5], expected);
}

/// Recorded on 2024-06-19 for a tolerance; the concurrency of an inline Map was recorded the same day, without a start.
#[test]
fn what_a_distributed_map_runs_with_fails_after_its_start() {
    let map = |extra: Value, mode: &str| {
        let mut state = json!({ "Type": "Map", "ItemsPath": "$.boxes", "End": true, "ItemProcessor": {
            "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } },
            "ProcessorConfig": { "Mode": mode },
        } });
        if mode == "DISTRIBUTED" {
            state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] = json!("STANDARD");
        }
        let state_fields = state.as_object_mut().unwrap();
        state_fields.extend(extra.as_object().unwrap().clone());
        run(
            &alone(state),
            json!({ "boxes": ["b"], "no": -3, "text": "x" }),
        )
    };
    for extra in [
        json!({ "ToleratedFailureCountPath": "$.no" }),
        json!({ "ToleratedFailureCountPath": "$.none" }),
        json!({ "ToleratedFailurePercentagePath": "$.no" }),
        json!({ "ToleratedFailurePercentagePath": "$.text" }),
        json!({ "MaxConcurrencyPath": "$.no" }),
        json!({ "MaxConcurrencyPath": "$.none" }),
        json!({ "ItemBatcher": { "MaxItemsPerBatchPath": "$.none" } }),
    ] {
        let run = map(extra.clone(), "DISTRIBUTED");
        assert_eq!(
            run.outcome.error.as_deref(),
            Some("States.Runtime"),
            "{extra}"
        );
        let expected = events(&[
            ("ExecutionStarted", 0),
            ("MapStateEntered", 0),
            ("MapStateStarted", 2),
            ("ExecutionFailed", 3),
        ]);
        assert_eq!(chain(&run.events), expected, "{extra}");
        assert_eq!(details(&run.events[2]), json!({ "length": 1 }));
    }
    let run = map(json!({ "MaxConcurrencyPath": "$.no" }), "INLINE");
    assert_eq!(
        tail(&run, 2),
        events(&[("MapStateEntered", 0), ("ExecutionFailed", 2)])
    );
}

/// Measured in September 2026. A state that succeeds is left after the last event of its children instead.
#[test]
fn what_fails_after_the_children_have_succeeded_follows_that() {
    let inner = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    let mut distributed = inner.clone();
    distributed["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let none = json!({ "m.$": "$.none" });
    let parallel =
        json!({ "Type": "Parallel", "Branches": [inner], "ResultSelector": none, "End": true });
    let map = json!({ "Type": "Map", "ItemProcessor": inner, "ResultSelector": none, "End": true });
    let of_runs =
        json!({ "Type": "Map", "ItemProcessor": distributed, "OutputPath": "$.none", "End": true });
    for (state, expected) in [
        (
            parallel,
            [
                ("PassStateExited", 4),
                ("ParallelStateSucceeded", 5),
                ("ExecutionFailed", 6),
            ],
        ),
        (
            map,
            [
                ("MapIterationSucceeded", 6),
                ("MapStateSucceeded", 7),
                ("ExecutionFailed", 8),
            ],
        ),
        (
            of_runs,
            [
                ("MapRunSucceeded", 4),
                ("MapStateSucceeded", 5),
                ("ExecutionFailed", 6),
            ],
        ),
    ] {
        let run = run(&alone(state), json!([1]));
        assert_eq!(run.outcome.error.as_deref(), Some("States.Runtime"));
        assert_eq!(tail(&run, 3), events(&expected));
    }
    let output = json!({ "Type": "Parallel", "Branches": [inner], "Output": ITEMS, "End": true });
    let expected = events(&[("ParallelStateSucceeded", 5), ("EvaluationFailed", 6)]);
    assert_eq!(
        chain(&run(&jsonata(output), json!({})).events)[5..7],
        expected
    );
}

/// Measured in September 2026: the state fails a second time, from where it stood before it failed first.
#[test]
fn a_catch_that_fails_follows_what_it_was_to_catch() {
    let fail = json!({ "StartAt": "F", "States": { "F": { "Type": "Fail", "Error": "E" } } });
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Output": { "v": ITEMS }, "Next": "H" }]);
    let of_a_state = |state: Value| {
        let machine = json!({ "StartAt": "S", "QueryLanguage": "JSONata", "States": {
            "S": state, "H": { "Type": "Succeed" },
        } });
        run_with(&machine, json!([1]), |_| fails("E"))
    };
    let parallel = json!({ "Type": "Parallel", "Branches": [fail], "Catch": catch, "Next": "H" });
    let parallel = of_a_state(parallel);
    let expected = events(&[
        ("FailStateEntered", 3),
        ("ParallelStateFailed", 4),
        ("EvaluationFailed", 4),
        ("ParallelStateFailed", 6),
        ("ExecutionFailed", 7),
    ]);
    assert_eq!(tail(&parallel, 5), expected);
    assert_eq!(
        details(&parallel.events[5])["location"],
        "Catch[0]/Output/v"
    );
    let map = json!({ "Type": "Map", "ItemProcessor": fail, "Catch": catch, "Next": "H" });
    let expected = events(&[
        ("MapIterationFailed", 5),
        ("MapStateFailed", 5),
        ("EvaluationFailed", 5),
        ("MapStateFailed", 8),
        ("ExecutionFailed", 9),
    ]);
    assert_eq!(tail(&of_a_state(map), 5), expected);
    let task = json!({ "Type": "Task", "Resource": FUNCTION, "Catch": catch, "Next": "H" });
    let expected = events(&[
        ("LambdaFunctionFailed", 4),
        ("EvaluationFailed", 5),
        ("ExecutionFailed", 6),
    ]);
    assert_eq!(tail(&of_a_state(task), 3), expected);
}

/// Recorded on 2024-03-10 for a Map whose first iteration fails, and measured in September 2026 for one whose last does.
#[test]
fn what_became_of_each_child_is_told_in_their_order() {
    let task = json!({ "Type": "Task", "Resource": FUNCTION, "End": true });
    let map = json!({ "Type": "Map", "End": true,
        "ItemProcessor": { "StartAt": "I", "States": { "I": task } } });
    let branch = |name: &str| json!({ "StartAt": name, "States": { name: task } });
    let parallel = json!({ "Type": "Parallel", "End": true, "Branches": [branch("A"), branch("B"), branch("C")] });
    let ended = |state: &Value| {
        let mut tasks = 0;
        let run = run_with(&alone(state.clone()), json!([1, 2, 3]), |_| {
            tasks += 1;
            if tasks == 2 {
                fails("E")
            } else {
                TaskEnd::Never
            }
        });
        let types = crate::event_types(&run);
        let failed = types
            .iter()
            .position(|kind| kind == "LambdaFunctionFailed")
            .unwrap();
        let previous = run.events[failed].id;
        let aside = &run.events[failed + 1..run.events.len() - 1];
        assert!(
            aside
                .iter()
                .all(|event| event.previous_event_id == previous)
        );
        types[failed + 1..].to_vec()
    };
    assert_eq!(
        ended(&map),
        [
            "MapIterationAborted",
            "TaskStateAborted",
            "MapIterationFailed",
            "TaskStateAborted",
            "MapIterationAborted",
            "TaskStateAborted",
            "MapStateFailed",
            "ExecutionFailed",
        ]
    );
    let aborted = ["TaskStateAborted"; 3];
    let expected = [&aborted[..], &["ParallelStateFailed", "ExecutionFailed"]].concat();
    assert_eq!(ended(&parallel), expected);
}

/// Recorded between August 2023 and January 2025 for the ends of executions and the starts of activities. The other types are
/// those that have a field for details in the API's `HistoryEvent`.
#[test]
fn details_without_content_are_shown_as_an_object() {
    let says_nothing = run(&alone(json!({ "Type": "Fail" })), json!({}));
    assert_eq!(details(says_nothing.events.last().unwrap()), json!({}));

    let silent = |resource: &str| {
        let state = json!({ "Type": "Task", "Resource": resource, "End": true });
        let machine = txflow_asl::Machine::from_value(&alone(state)).unwrap();
        let mut execution =
            txflow_asl::Execution::start(&machine, Default::default(), crate::START);
        let task = execution.advance(crate::START).tasks[0].id;
        execution.task_started(task, None).unwrap();
        execution.task_failed(task, None, None).unwrap();
        let events = execution.advance(crate::START).events.into_iter();
        events.map(|event| event.to_json()).collect::<Vec<Value>>()
    };
    let activity = silent("arn:aws:states:us-east-1:123456789012:activity:pack");
    assert_eq!(activity[0]["activityStartedEventDetails"], json!({}));
    assert_eq!(activity[1]["activityFailedEventDetails"], json!({}));
    assert_eq!(activity[2]["executionFailedEventDetails"], json!({}));
    let function = silent(FUNCTION);
    // The API has no field for this one.
    assert!(
        function[0]
            .get("lambdaFunctionStartedEventDetails")
            .is_none()
    );
    assert_eq!(function[1]["lambdaFunctionFailedEventDetails"], json!({}));
    let service = silent("arn:aws:states:::lambda:invoke");
    let expected = json!({ "resourceType": "lambda", "resource": "invoke" });
    assert_eq!(service[1]["taskFailedEventDetails"], expected);
}

/// Recorded in September 2023 in a loop over a Map, and in the API's description of a Catch.
#[test]
fn a_failure_that_says_nothing_is_caught_as_nulls() {
    let caught = |fail: Value| {
        let machine = json!({ "StartAt": "S", "States": {
            "S": { "Type": "Parallel", "Branches": [{ "StartAt": "F", "States": { "F": fail } }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "H" }], "End": true },
            "H": { "Type": "Succeed" },
        } });
        crate::output(&run(&machine, json!({})))
    };
    assert_eq!(
        caught(json!({ "Type": "Fail" })),
        json!({ "Error": null, "Cause": null })
    );
    let only_error = caught(json!({ "Type": "Fail", "Error": "E" }));
    assert_eq!(only_error, json!({ "Error": "E", "Cause": "" }));
    let only_cause = caught(json!({ "Type": "Fail", "Cause": "c" }));
    assert_eq!(only_cause, json!({ "Error": null, "Cause": "c" }));
    // A task of its own, whose worker gave no reason.
    let machine = json!({ "StartAt": "S", "States": {
        "S": { "Type": "Task", "Resource": FUNCTION, "End": true,
            "Catch": [{ "ErrorEquals": ["States.TaskFailed"], "Next": "H" }] },
        "H": { "Type": "Succeed" },
    } });
    let run = run_with(&machine, json!({}), |_| fails("E"));
    assert_eq!(crate::output(&run)["Error"], "E");
    assert!(matches!(fails("E"), TaskEnd::Done(Err(_))));
}

/// A Map Run that has started ends with an event of its own. The order is that of a failed child: JSONata's event, the Map Run,
/// the Map.
#[test]
fn an_iteration_that_cannot_start_fails_the_map_run_as_well() {
    let distributed = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } },
        "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" } });
    let state = json!({ "Type": "Map", "Items": [1], "ItemSelector": { "a": ITEMS },
        "ItemProcessor": distributed, "End": true });
    let run_of_jsonata = run(&jsonata(state), json!({}));
    let expected = events(&[
        ("MapRunStarted", 3),
        ("EvaluationFailed", 4),
        ("MapRunFailed", 5),
        ("MapStateFailed", 6),
        ("ExecutionFailed", 7),
    ]);
    assert_eq!(tail(&run_of_jsonata, 5), expected);
    let failed = details(&run_of_jsonata.events[5]);
    assert_eq!(
        failed["cause"],
        *run_of_jsonata.outcome.cause.as_ref().unwrap()
    );

    let state = json!({ "Type": "Map", "ItemSelector": { "a.$": "$.none" }, "ItemProcessor": distributed,
        "ItemsPath": "$.l", "End": true });
    let run_of_paths = run(&alone(state), json!({ "l": [1] }));
    let expected = events(&[
        ("MapRunStarted", 3),
        ("MapRunFailed", 4),
        ("ExecutionFailed", 5),
    ]);
    assert_eq!(tail(&run_of_paths, 3), expected);
}

/// As a branch that fails with `States.Runtime` ends the execution without a word on the others.
#[test]
fn what_a_failure_ends_that_nothing_catches_is_not_told_of() {
    let map = |language: &str, selector: Value| {
        let items = json!([{ "x": 1 }, {}]);
        let mut state = json!({ "Type": "Map", "ItemSelector": { "a": 1 }, "End": true, "ItemProcessor": {
            "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } } });
        state["ItemSelector"] = selector;
        let mut machine = alone(state);
        machine["QueryLanguage"] = json!(language);
        run(&machine, items)
    };
    let runtime = map("JSONPath", json!({ "a.$": "$$.Map.Item.Value.x" }));
    let expected = events(&[
        ("MapStateStarted", 2),
        ("MapIterationStarted", 3),
        ("ExecutionFailed", 3),
    ]);
    assert_eq!(tail(&runtime, 3), expected);
    // This one could have been caught.
    let evaluation = map(
        "JSONata",
        json!({ "a": "{% $states.context.Map.Item.Value.x %}" }),
    );
    let expected = events(&[
        ("MapIterationStarted", 3),
        ("EvaluationFailed", 3),
        ("MapIterationAborted", 5),
        ("MapStateFailed", 5),
        ("ExecutionFailed", 7),
    ]);
    assert_eq!(tail(&evaluation, 5), expected);
}
