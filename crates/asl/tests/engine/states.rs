use serde_json::json;

use crate::{alone, event_types, failure, output, output_of, run, seconds};

#[test]
fn pass_gives_its_result_on() {
    let state = json!({ "Type": "Pass", "Result": { "a.$": "$.b" }, "End": true });
    assert_eq!(output_of(state, json!({ "b": 1 })), json!({ "a.$": "$.b" }));
}

#[test]
fn succeed_ends_with_its_input() {
    let run = run(
        &alone(json!({ "Type": "Succeed", "OutputPath": "$.a" })),
        json!({ "a": [1] }),
    );
    assert_eq!(output(&run), json!([1]));
    let types = [
        "ExecutionStarted",
        "SucceedStateEntered",
        "SucceedStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(event_types(&run), types);
}

#[test]
fn fail_takes_its_texts_from_the_input() {
    let state = json!({
        "Type": "Fail",
        "ErrorPath": "$.error",
        "CausePath": "States.Format('{} is {}', $.what, $.how)",
    });
    let input = json!({ "error": "Declined", "what": "card", "how": { "state": "stolen" } });
    let run = run(&alone(state), input);
    assert_eq!(
        failure(&run),
        ("Declined".into(), "card is {state=stolen}".into())
    );
}

#[test]
fn wait_takes_seconds_or_a_moment() {
    let wait = |state| {
        seconds(&run(
            &alone(state),
            json!({ "s": 90, "t": "2026-01-01T01:00:00+00:30" }),
        ))
    };
    assert_eq!(
        wait(json!({ "Type": "Wait", "Seconds": 3600, "End": true })),
        3600.0
    );
    assert_eq!(
        wait(json!({ "Type": "Wait", "SecondsPath": "$.s", "End": true })),
        90.0
    );
    assert_eq!(
        wait(json!({ "Type": "Wait", "TimestampPath": "$.t", "End": true })),
        1800.0
    );
    // The developer guide: a timestamp counts up to its seconds, and its milliseconds are cut off.
    assert_eq!(
        wait(json!({ "Type": "Wait", "Timestamp": "2026-01-01T00:00:09.999Z", "End": true })),
        9.0
    );
    let past = "2025-01-01T00:00:00Z";
    assert_eq!(
        wait(json!({ "Type": "Wait", "Timestamp": past, "End": true })),
        0.0
    );
}

#[test]
fn wait_refuses_what_is_no_time() {
    let cause = |input| {
        failure(&run(
            &alone(json!({ "Type": "Wait", "SecondsPath": "$.s", "End": true })),
            input,
        ))
        .1
    };
    assert!(
        cause(json!({ "s": -1 }))
            .ends_with("The SecondsPath parameter references a negative value: $.s == -1")
    );
    assert!(
        cause(json!({ "s": "x" }))
            .ends_with("The SecondsPath parameter cannot be parsed as a long value: $.s == x")
    );
    assert!(
        cause(json!({}))
            .ends_with("The SecondsPath parameter does not reference an input value: $.s")
    );
}

#[test]
fn choice_takes_the_first_rule_that_holds() {
    let end = |result: &str| json!({ "Type": "Pass", "Result": result, "End": true });
    let machine = json!({ "StartAt": "C", "States": {
        "C": {
            "Type": "Choice",
            "Choices": [
                { "And": [
                    { "Variable": "$.type", "IsPresent": true },
                    { "Not": { "Variable": "$.type", "StringMatches": "REF*" } },
                    { "Variable": "$.amount", "NumericGreaterThanPath": "$.limit" },
                ], "Next": "Large" },
                { "Or": [
                    { "Variable": "$.type", "StringEquals": "REFUND" },
                    { "Variable": "$.at", "TimestampLessThan": "2026-01-01T00:00:00Z" },
                ], "Next": "Refund" },
            ],
            "Default": "Other",
        },
        "Large": end("large"), "Refund": end("refund"), "Other": end("other"),
    } });
    let chosen = |input| output(&run(&machine, input));
    assert_eq!(
        chosen(json!({ "type": "BUY", "amount": 11, "limit": 10.5 })),
        "large"
    );
    assert_eq!(chosen(json!({ "type": "REFUND" })), "refund");
    assert_eq!(
        chosen(json!({ "type": "BUY", "amount": 1, "limit": 2, "at": "2025-12-31T23:59:59Z" })),
        "refund"
    );
    // A value of another type than the operator's is neither a match nor an error.
    assert_eq!(
        chosen(json!({ "type": 5, "amount": "x", "limit": 1, "at": 7 })),
        "other"
    );
}

#[test]
fn choice_fails_where_nothing_is_to_compare() {
    let choice = alone(json!({ "Type": "Choice", "Choices": [
        { "Variable": "$.missing", "StringEquals": "x", "Next": "S" },
    ] }));
    let (error, cause) = failure(&run(&choice, json!({})));
    assert_eq!(error, "States.Runtime");
    assert!(cause.ends_with(
        "Invalid path '$.missing': The choice state's condition path references an invalid value."
    ));
}

#[test]
fn an_endless_loop_ends_at_the_limit_of_the_history() {
    let machine = alone(json!({ "Type": "Pass", "Next": "S" }));
    let run = run(&machine, json!({}));
    assert_eq!(run.events.len(), 25_000);
    assert!(failure(&run).1.contains("maximum number of history events"));
    assert_eq!(event_types(&run).last().unwrap(), "ExecutionFailed");
}
