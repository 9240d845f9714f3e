use serde_json::{Value, json};
use txflow_asl::{Machine, Payload, StartOptions, TaskEnd, run_to_end};

use crate::{FUNCTION, START, alone, failure, output, output_of, run, run_with, succeeds};

#[test]
fn every_step_from_input_to_output() {
    let state = json!({
        "Type": "Task",
        "Resource": FUNCTION,
        "InputPath": "$.order",
        "Parameters": { "id.$": "$.id", "fixed": true, "where.$": "$$.State.Name" },
        "ResultSelector": { "code.$": "$.receipt.code" },
        "ResultPath": "$.paid",
        "OutputPath": "$",
        "End": true,
    });
    let input = json!({ "order": { "id": 7 }, "other": 1 });
    let run = run_with(&alone(state), input, |task| {
        let sent = json!({ "id": 7, "fixed": true, "where": "S" });
        assert_eq!(task.parameters.value(), &sent);
        succeeds(json!({ "receipt": { "code": "R" }, "noise": 0 }))
    });
    let expected = json!({ "order": { "id": 7 }, "other": 1, "paid": { "code": "R" } });
    assert_eq!(output(&run), expected);
}

#[test]
fn null_paths() {
    let pass = |field: &str| {
        output_of(
            json!({ "Type": "Pass", field: null, "End": true }),
            json!({ "a": 1 }),
        )
    };
    assert_eq!(pass("InputPath"), json!({}));
    assert_eq!(pass("OutputPath"), json!({}));
    let state = json!({ "Type": "Pass", "Result": 5, "ResultPath": null, "End": true });
    assert_eq!(output_of(state, json!({ "a": 1 })), json!({ "a": 1 }));
}

#[test]
fn result_path_makes_the_objects_on_its_way() {
    let state =
        |path: &str| json!({ "Type": "Pass", "Result": 5, "ResultPath": path, "End": true });
    assert_eq!(
        output_of(state("$.a.b"), json!({})),
        json!({ "a": { "b": 5 } })
    );
    assert_eq!(
        output_of(state("$.a[1]"), json!({ "a": [0, 1] })),
        json!({ "a": [0, 5] })
    );
    let (error, _) = failure(&run(&alone(state("$.a.b")), json!({ "a": 1 })));
    assert_eq!(error, "States.ResultPathMatchFailure");
}

#[test]
fn a_path_to_nothing_fails_in_aws_words() {
    let cause = |field: &str, value: Value| {
        let state = json!({ "Type": "Pass", field: value, "End": true });
        failure(&run(&alone(state), json!({ "a": 1 }))).1
    };
    let prefix = "An error occurred while executing the state 'S' (entered at the event id #2). ";
    let missing = format!("{prefix}Invalid path '$.b' : No results for path: $['b']");
    assert_eq!(cause("InputPath", json!("$.b")), missing);
    let missing = format!(
        "{prefix}The JSONPath '$.b' specified for the field 'x.$' could not be found in the input '{{\"a\":1}}'"
    );
    assert_eq!(cause("Parameters", json!({ "x.$": "$.b" })), missing);
}

#[test]
fn the_text_of_an_unchanged_payload_is_kept() {
    let machine = Machine::from_value(&alone(json!({ "Type": "Pass", "End": true }))).unwrap();
    let text = r#"{ "b": [1,  2], "a": 1.0 }"#;
    let options = StartOptions::new(Payload::from_text(text).unwrap());
    let run = run_to_end(&machine, options, START, |_| TaskEnd::Never);
    assert_eq!(run.outcome.output.unwrap().text(), text);
}

#[test]
fn the_context_object_names_the_execution() {
    let state = json!({ "Type": "Pass", "Parameters": {
        "id.$": "$$.Execution.Id",
        "input.$": "$$.Execution.Input.a",
        "started.$": "$$.Execution.StartTime",
        "machine.$": "$$.StateMachine.Name",
        "entered.$": "$$.State.EnteredTime",
    }, "End": true });
    let found = output_of(state, json!({ "a": [1] }));
    let options = StartOptions::default();
    assert_eq!(
        found,
        json!({
            "id": options.execution_arn,
            "input": [1],
            "started": "2026-01-01T00:00:00Z",
            "machine": options.state_machine_name,
            "entered": "2026-01-01T00:00:00Z",
        })
    );
}

#[test]
fn variables_are_assigned_together_and_seen_afterwards() {
    let machine = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Assign": { "x": 1, "y.$": "$.v" }, "Next": "B" },
        // Both read the old values.
        "B": { "Type": "Pass", "Assign": { "x.$": "$y", "y.$": "$x" }, "Next": "C" },
        "C": { "Type": "Pass", "Parameters": { "x.$": "$x", "y.$": "$y" }, "End": true },
    } });
    assert_eq!(
        output(&run(&machine, json!({ "v": 2 }))),
        json!({ "x": 2, "y": 1 })
    );
}

#[test]
fn an_output_beyond_256_kib_fails() {
    let state = json!({ "Type": "Pass", "Parameters": { "a.$": "$", "b.$": "$" }, "End": true });
    let (error, cause) = failure(&run(&alone(state), json!("x".repeat(140_000))));
    assert_eq!(error, "States.DataLimitExceeded");
    assert!(cause.contains("'S'"), "{cause}");
}

#[test]
fn a_payload_that_grows_deep_fails_and_does_not_overflow() {
    let machine = alone(json!({ "Type": "Pass", "Parameters": { "a.$": "$" }, "Next": "S" }));
    assert_eq!(
        failure(&run(&machine, json!(1))).0,
        "States.DataLimitExceeded"
    );
}

#[test]
fn variables_have_a_limit() {
    let machine =
        alone(json!({ "Type": "Pass", "Assign": { "a.$": "$", "b.$": "$" }, "End": true }));
    let (error, cause) = failure(&run(&machine, json!("x".repeat(140_000))));
    assert_eq!(error, "States.DataLimitExceeded");
    assert!(cause.contains("assigns exceed the size limit"), "{cause}");
}
