//! The words of the failures of a definition that does not fit its data, `States.Runtime`, which nothing catches.

use serde_json::{Value, json};
use txflow_asl::{Activities, ExecutionKind, Machine, Payload, StartOptions, run_to_end};

use crate::{FUNCTION, START, alone, failure, output, run, succeeds};

/// The cause, without the name of the state.
fn cause(machine: &Value, input: Value) -> String {
    let (error, cause) = failure(&run(machine, input));
    assert_eq!(error, "States.Runtime", "{cause}");
    let (state, rest) = cause.split_once(". ").unwrap();
    assert!(
        state.starts_with("An error occurred while executing the state 'S'"),
        "{state}"
    );
    rest.to_owned()
}

const NO_NEXT: &str =
    "Failed to transition out of the state. The state does not point to a next state.";

/// Measured in September 2026, and in AWS's page on Choice states: not `States.NoChoiceMatched`.
#[test]
fn a_choice_without_a_match_does_not_point_to_a_next_state() {
    let choice = json!({ "Type": "Choice", "Choices": [
        { "Variable": "$.a", "NumericEquals": 1, "Next": "S" },
    ] });
    assert_eq!(cause(&alone(choice.clone()), json!({ "a": 2 })), NO_NEXT);
    let mut by_expression = alone(json!({ "Type": "Choice", "Choices": [
        { "Condition": "{% $states.input.a = 1 %}", "Next": "S" },
    ] }));
    by_expression["QueryLanguage"] = json!("JSONata");
    assert_eq!(cause(&by_expression, json!({ "a": 2 })), NO_NEXT);

    let inner = json!({ "StartAt": "S", "States": { "S": choice } });
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "Next": "H" }]);
    for outer in [
        json!({ "Type": "Parallel", "Branches": [inner], "Catch": catch, "End": true }),
        json!({ "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": inner, "Catch": catch, "End": true }),
    ] {
        let machine = json!({ "StartAt": "O", "States": {
            "O": outer, "H": { "Type": "Succeed" },
        } });
        assert_eq!(
            cause(&machine, json!({ "a": 2, "items": [{ "a": 2 }] })),
            NO_NEXT
        );
    }
}

/// Source: the failed execution in <https://stackoverflow.com/a/76373088>. A text is sent as it is, and of an object a text is made.
#[test]
fn a_request_with_a_number_for_a_text_is_not_sent() {
    let call = |resource: &str| {
        json!({ "StartAt": "S", "States": {
            "S": {
                "Type": "Task",
                "Resource": resource,
                "Parameters": { "FunctionName": "f", "Payload.$": "$" },
                "Catch": [{ "ErrorEquals": ["States.ALL", "States.Runtime"], "Next": "H" }],
                "End": true,
            },
            "H": { "Type": "Pass", "End": true },
        } })
    };
    let invoke = call("arn:aws:states:::lambda:invoke");
    assert_eq!(
        cause(&invoke, json!(1)),
        "The Parameters '{\"FunctionName\":\"f\",\"Payload\":1}' could not be used to start the Task: [The value for the field \
         'Payload' must be a STRING]"
    );
    for payload in [json!("1"), json!({ "a": 1 }), json!([1])] {
        output(&run(&invoke, payload));
    }
    output(&run(
        &call("arn:aws:states:::aws-sdk:lambda:invoke"),
        json!(1),
    ));
}

/// Measured in September 2026, and quoted by others with the text of the input as it was sent.
#[test]
fn a_path_in_an_intrinsic_function_that_finds_nothing_names_the_whole_call() {
    for call in [
        "States.Format('Dear {}', $.none)",
        "States.Array($.id, $.none)",
        "States.ArrayPartition($.none, 2)",
        "States.ArrayContains($.none, 2)",
        "States.ArrayRange(0, $.none, 1)",
        "States.ArrayGetItem($.none, 2)",
        "States.ArrayLength($.none)",
        "States.ArrayUnique($.none)",
        "States.Base64Encode($.none)",
        "States.Base64Decode($.none)",
        "States.Hash($.none, 'MD5')",
        "States.JsonMerge($.none, $, false)",
        "States.StringToJson($.none)",
        "States.JsonToString($.none)",
        "States.MathRandom(0, $.none)",
        "States.MathAdd($.none, 1)",
        "States.StringSplit($.none, ',')",
        "States.Format('{}', States.JsonToString(States.Array($.none)))",
    ] {
        let state = json!({ "Type": "Pass", "Parameters": { "t.$": call }, "End": true });
        let expected = format!(
            "The function '{call}' had the following error: The JsonPath argument for the field '$.none' \
             could not be found in the input '{{\"id\":1}}'"
        );
        assert_eq!(cause(&alone(state), json!({ "id": 1 })), expected);
    }
}

#[test]
fn the_input_is_shown_as_it_was_sent() {
    let state = json!({ "Type": "Pass", "Parameters": { "t.$": "$.none" }, "End": true });
    let machine = Machine::from_value(&alone(state)).unwrap();
    let input = Payload::from_text("{\n  \"id\": 1\n}").unwrap();
    let run = run_to_end(&machine, StartOptions::new(input), START, |_| {
        succeeds(json!(1))
    });
    let (_, cause) = failure(&run);
    assert!(
        cause.ends_with("could not be found in the input '{\n  \"id\": 1\n}'"),
        "{cause}"
    );
}

/// Recorded on 2025-01-02 (`TimeoutSecondsPath`, `HeartbeatSecondsPath`, `InputPath`, `OutputPath`, `ErrorPath`, `CausePath`), on
/// 2024-06-10 (`SecondsPath`) and on 2024-12-27 (`TimestampPath`). For the fields of a Map no recording tells; they take the
/// words that all but a Wait have.
#[test]
fn a_path_that_finds_nothing_is_told_in_the_words_of_its_field() {
    let task = |field: &str| json!({ "Type": "Task", "Resource": FUNCTION, field: "$.a.none", "End": true });
    let wait = |field: &str| json!({ "Type": "Wait", field: "$.a.none", "End": true });
    let fail = |field: &str| json!({ "Type": "Fail", field: "$.a.none" });
    let no_result = "Invalid path '$.a.none' : No results for path: $['a']['none']";
    let not_found = |field: &str| {
        format!(
            "The JSONPath '$.a.none' specified for the field '{field}' could not be found in the input '{{\"a\":{{}},\"items\":[]}}'"
        )
    };
    let no_value =
        |field: &str| format!("The {field} parameter does not reference an input value: $.a.none");
    let processor = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    let mut distributed = processor.clone();
    distributed["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let map = |field: &str| json!({ "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": distributed, field: "$.a.none", "End": true });
    for (state, expected) in [
        (map("ItemsPath"), no_result.to_owned()),
        (map("MaxConcurrencyPath"), no_result.to_owned()),
        (map("ToleratedFailureCountPath"), no_result.to_owned()),
        (map("ToleratedFailurePercentagePath"), no_result.to_owned()),
        (task("TimeoutSecondsPath"), no_result.to_owned()),
        (task("HeartbeatSecondsPath"), no_result.to_owned()),
        (task("InputPath"), no_result.to_owned()),
        (task("OutputPath"), no_result.to_owned()),
        (wait("SecondsPath"), no_value("SecondsPath")),
        (wait("TimestampPath"), no_value("TimestampPath")),
        (fail("ErrorPath"), not_found("ErrorPath")),
        (fail("CausePath"), not_found("CausePath")),
    ] {
        assert_eq!(
            cause(&alone(state), json!({ "a": {}, "items": [] })),
            expected
        );
    }
}

/// Recorded on 2023-12-13 for `TimestampPath`: seconds are counted in 31 bits.
#[test]
fn a_wait_of_more_seconds_than_31_bits_count_is_too_long() {
    // START and 2^31 - 1 s.
    let latest = "2094-01-19T03:14:07Z";
    let wait = |field: &str| alone(json!({ "Type": "Wait", field: "$.at", "End": true }));
    let ended = run(&wait("TimestampPath"), json!({ "at": latest }));
    assert_eq!(crate::seconds(&ended), 2_147_483_647.0);
    for at in ["2094-01-19T03:14:08Z", "9999-12-31T23:59:59Z"] {
        let too_long = "Wait state delay is too long.";
        assert_eq!(cause(&wait("TimestampPath"), json!({ "at": at })), too_long);
        let fixed = alone(json!({ "Type": "Wait", "Timestamp": at, "End": true }));
        assert_eq!(cause(&fixed, json!({})), too_long);
    }
}

/// Recorded on 2024-11-19. The input is at fault and not a field, so the event has no location.
#[test]
fn a_map_over_an_input_that_is_not_a_list_shows_the_input() {
    let machine = json!({ "StartAt": "S", "QueryLanguage": "JSONata", "States": { "S": {
        "Type": "Map", "End": true,
        "ItemProcessor": { "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } },
    } } });
    for input in [json!({ "order": 7 }), json!("text"), json!(7), json!(null)] {
        let run = run(&machine, input.clone());
        let (error, cause) = failure(&run);
        assert_eq!(error, "States.QueryEvaluationError");
        let expected = format!("Map state input must be an array but was: {input}");
        assert!(cause.ends_with(&expected), "{cause}");
        assert!(crate::details(&run.events[2]).get("location").is_none());
    }
}

/// Recorded on 2024-07-15. An execution that `StartSyncExecution` has started is never redriven, and its context object does
/// not count it.
#[test]
fn only_what_is_started_synchronously_has_no_redrive_count() {
    let state = json!({ "Type": "Pass", "Parameters": { "n.$": "$$.Execution.RedriveCount" }, "End": true });
    let machine = Machine::from_value(&alone(state)).unwrap();
    let started = |kind, synchronous| {
        let options = StartOptions {
            kind,
            synchronous,
            ..StartOptions::default()
        };
        run_to_end(&machine, options, START, |_| succeeds(json!(1)))
    };
    for kind in [ExecutionKind::Standard, ExecutionKind::Express] {
        assert_eq!(output(&started(kind, false)), json!({ "n": 0 }));
    }
    let (error, cause) = failure(&started(ExecutionKind::Express, true));
    assert_eq!(error, "States.Runtime");
    assert!(
        cause.contains("The JSONPath '$$.Execution.RedriveCount' specified for the field 'n.$'"),
        "{cause}"
    );
}

/// Recorded in 2024 for callbacks: what a `.sync` task starts may report its end with the token.
#[test]
fn only_tasks_that_may_be_answered_later_have_a_token() {
    let token_of = |resource: &str| {
        let state = json!({ "Type": "Task", "Resource": resource, "End": true,
            "Parameters": { "t.$": "$$.Task.Token" } });
        run(&alone(state), json!({}))
    };
    for resource in [
        "arn:aws:states:::states:startExecution.sync",
        "arn:aws:states:::states:startExecution.sync:2",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:us-east-1:123456789012:activity:pack",
    ] {
        let token = &output(&token_of(resource))["t"];
        assert!(
            token.as_str().is_some_and(|token| !token.is_empty()),
            "{resource}"
        );
    }
    for resource in [FUNCTION, "arn:aws:states:::sqs:sendMessage"] {
        let (error, cause) = failure(&token_of(resource));
        assert_eq!(error, "States.Runtime");
        assert!(cause.contains("The JSONPath '$$.Task.Token'"), "{cause}");
    }
}

/// Written by AWS for an activity that was deleted.
#[test]
fn an_activity_that_does_not_exist_is_not_scheduled() {
    let pack = "arn:aws:states:us-east-1:123456789012:activity:pack";
    let mut machine = alone(json!({ "Type": "Task", "Resource": pack, "End": true,
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "H" }] }));
    machine["States"]["H"] = json!({ "Type": "Succeed" });
    let machine = Machine::from_value(&machine).unwrap();
    let run = |exists: bool| {
        let options = StartOptions {
            activities: Some(Activities::new(move |arn| exists && arn == pack)),
            ..StartOptions::default()
        };
        run_to_end(&machine, options, START, |_| succeeds(json!(1)))
    };
    assert_eq!(output(&run(true)), json!(1));
    let failed = run(false);
    let (error, cause) = failure(&failed);
    assert_eq!(error, "States.Runtime");
    let expected = format!("(entered at the event id #2). The activity {pack} does not exist.");
    assert!(cause.ends_with(&expected), "{cause}");
    let types = crate::event_types(&failed);
    assert_eq!(
        types,
        ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    );
}

/// Measured in September 2026: the arguments of an intrinsic function miss what a template takes for null.
#[test]
fn an_index_that_a_list_does_not_have_is_null_in_a_template_only() {
    let input = || json!({ "items": [1, 2], "number": 1, "nothing": null });
    let pass =
        |value: &str| alone(json!({ "Type": "Pass", "Parameters": { "v.$": value }, "End": true }));
    for path in [
        "$.items[5]",
        "$.items[-1]",
        "$.items[(@.length-3)]",
        "$$.Execution.Input.items[5]",
        "$.nothing",
    ] {
        assert_eq!(
            output(&run(&pass(path), input())),
            json!({ "v": null }),
            "{path}"
        );
    }
    let formatted = run(&pass("States.Format('{}', $.nothing)"), input());
    assert_eq!(output(&formatted), json!({ "v": "null" }));
    let missing = |path: &str, shown: &str| {
        format!(
            "The function 'States.Format('{{}}', {path})' had the following error: The JsonPath argument \
            for the field '{shown}' could not be found in the input '{}'",
            input()
        )
    };
    for (path, shown) in [
        ("$.items[5]", "$.items[5]"),
        ("$.items[5].x", "$.items[5].x"),
        // Step Functions Local 2.0.0 shows a path into the context object so, beside the input of the state.
        ("$$.Nope.Deep", "$.Nope.Deep"),
    ] {
        let call = pass(&format!("States.Format('{{}}', {path})"));
        assert_eq!(cause(&call, input()), missing(path, shown));
    }
    // A path that does not fit is told in the words of the library.
    let call = pass("States.Format('{}', $.number[0])");
    assert_eq!(
        cause(&call, input()),
        "The function 'States.Format('{}', $.number[0])' had the following error: Filter: [0] can only be \
         applied to arrays. Current context is: 1"
    );
    let plain = cause(&pass("$.items[5].x"), input());
    assert!(
        plain.starts_with("The JSONPath '$.items[5].x' specified for the field 'v.$'"),
        "{plain}"
    );
    let input_path = alone(json!({ "Type": "Pass", "InputPath": "$.items[5]", "End": true }));
    assert!(cause(&input_path, input()).starts_with("Invalid path '$.items[5]' : "));
}

/// Reported of AWS in 2022, for a state behind a function that returns nothing: not even `$` finds something.
#[test]
fn no_path_of_a_template_applies_to_null() {
    let null = "Unable to apply Path transformation to null or empty input.";
    for path in ["$", "$.a"] {
        let pass = alone(json!({ "Type": "Pass", "Parameters": { "v.$": path }, "End": true }));
        assert_eq!(cause(&pass, json!(null)), null);
        let selector = alone(
            json!({ "Type": "Task", "Resource": FUNCTION, "ResultSelector": { "v.$": path }, "End": true }),
        );
        assert_eq!(cause(&selector, json!(null)), null);
    }
    let context = alone(
        json!({ "Type": "Pass", "Parameters": { "v.$": "$$.Execution.Input" }, "End": true }),
    );
    assert_eq!(output(&run(&context, json!(null))), json!({ "v": null }));
    let pass = alone(json!({ "Type": "Pass", "InputPath": "$", "OutputPath": "$", "End": true }));
    assert_eq!(output(&run(&pass, json!(null))), json!(null));
}
