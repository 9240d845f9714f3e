//! Faults that no test has, and more items than any.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use txflow_asl::explore::{Case, Expected, Exploration, Finding, Kind, Mock, Report, Wanted};
use txflow_asl::{ExecutionKind, Payload, TaskError};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function";

/// What AWS asks to be retried.
fn retry() -> Value {
    json!([{ "ErrorEquals": [
        "Lambda.ServiceException", "Lambda.AWSLambdaException",
        "Lambda.SdkClientException", "Lambda.TooManyRequestsException",
    ] }])
}

fn task(next: Option<&str>) -> Value {
    let mut task =
        json!({ "Type": "Task", "Resource": format!("{FUNCTION}:work"), "Retry": retry() });
    match next {
        Some(next) => task["Next"] = next.into(),
        None => task["End"] = true.into(),
    }
    task
}

fn case(input: Value, answers: &[(&str, Value)]) -> Case {
    let mocks = answers.iter().map(|(state, answer)| {
        let answer = vec![Ok(Payload::from(answer.clone()))];
        ((*state).to_owned(), answer)
    });
    Case {
        name: "TEST".to_owned(),
        input,
        mocks: mocks.collect(),
        recorded: Vec::new(),
        expected: Expected::Success,
    }
}

fn explore(definition: &Value, cases: &[Case]) -> Report {
    let exploration = Exploration::new(definition, ExecutionKind::Standard).unwrap();
    exploration.run(cases)
}

fn ids(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(Finding::id).collect()
}

fn one(name: &str, state: Value) -> Value {
    json!({ "StartAt": name, "States": { name: state } })
}

#[test]
fn a_workflow_that_handles_what_passes_has_no_findings() {
    let definition = one("Charge", task(None));
    let report = explore(&definition, &[case(json!({}), &[("Charge", json!(1))])]);
    assert_eq!(ids(&report.findings), [""; 0]);
    assert_eq!(ids(&report.notes), ["uncaught: Charge"]);
    assert!(
        report.notes[0]
            .errors
            .contains(&"UnexpectedError".to_owned())
    );
    assert_eq!((report.states, report.reached, report.left_out), (1, 1, 0));
    // As it is; four errors and another; each of the four once.
    assert_eq!(report.runs, 1 + 5 + 4);
}

#[test]
fn errors_of_lambda_that_nothing_retries_or_catches_are_found_together() {
    let mut charge = task(None);
    charge["Retry"][0]["ErrorEquals"] = json!(["Lambda.ServiceException"]);
    let cases = [case(json!({}), &[("Charge", json!(1))])];
    let report = explore(&one("Charge", charge.clone()), &cases);
    assert_eq!(ids(&report.findings), ["not-retried: Charge"]);
    let finding = &report.findings[0];
    assert_eq!(finding.errors.len(), 3);
    assert_eq!(finding.pointer, "/States/Charge");
    assert_eq!(finding.case.as_deref(), Some("TEST"));
    let mock = Mock::Error("Lambda.AWSLambdaException".to_owned());
    assert_eq!(finding.mocks, [("Charge".to_owned(), vec![mock])]);

    // A Catch is an answer as well.
    charge["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Sorry" }]);
    let mut caught = one("Charge", charge);
    caught["States"]["Sorry"] = json!({ "Type": "Fail", "Error": "Sorry" });
    assert_eq!(ids(&explore(&caught, &cases).findings), [""; 0]);
}

#[test]
fn a_wrong_path_behind_a_catcher_is_found() {
    let mut definition = json!({ "StartAt": "Charge", "States": {
        "Charge": task(None),
        "Tell": { "Type": "Pass", "Parameters": { "why.$": "$.error.Cause" }, "End": true },
    }});
    let charge = &mut definition["States"]["Charge"];
    charge["Catch"] =
        json!([{ "ErrorEquals": ["Declined"], "ResultPath": "$.failure", "Next": "Tell" }]);
    let cases = [case(json!({ "a": 1 }), &[("Charge", json!(1))])];
    let report = explore(&definition, &cases);
    assert_eq!(ids(&report.findings), ["broken-data: Tell"]);
    let finding = &report.findings[0];
    assert_eq!(finding.errors, ["States.Runtime"]);
    assert!(
        finding
            .cause
            .as_ref()
            .is_some_and(|cause| cause.contains("$.error.Cause"))
    );
    assert_eq!(
        finding.message(),
        "if `Charge` fails with `Declined`, `Tell` fails with `States.Runtime`, which nothing catches"
    );

    definition["States"]["Tell"]["Parameters"]["why.$"] = "$.failure.Cause".into();
    assert_eq!(ids(&explore(&definition, &cases).findings), [""; 0]);
}

#[test]
fn what_a_test_expects_is_deliberate() {
    let definition = one(
        "Tell",
        json!({ "Type": "Pass", "InputPath": "$.missing", "End": true }),
    );
    let mut test = case(json!({}), &[]);
    assert_eq!(
        ids(&explore(&definition, &[test.clone()]).findings),
        ["broken-data: Tell"]
    );
    test.expected = Expected::Failure {
        error: Some("States.Runtime".to_owned()),
    };
    assert_eq!(ids(&explore(&definition, &[test]).findings), [""; 0]);
}

#[test]
fn a_catcher_that_nothing_comes_to_is_found_with_the_one_before() {
    let mut charge = task(None);
    charge["Catch"] = json!([
        { "ErrorEquals": ["Declined", "Late"], "Next": "Sorry" },
        { "ErrorEquals": ["Late"], "Next": "Sorry" },
        { "ErrorEquals": ["States.Runtime"], "Next": "Sorry" },
        { "ErrorEquals": ["States.ALL"], "Next": "Sorry" },
    ]);
    let mut definition = one("Charge", charge);
    definition["States"]["Sorry"] = json!({ "Type": "Fail", "Error": "Sorry" });
    let report = explore(&definition, &[case(json!({}), &[("Charge", json!(1))])]);
    let messages: Vec<String> = report.findings.iter().map(Finding::message).collect();
    assert_eq!(
        messages,
        [
            "`Catch[1]` of `Charge` is never used: `Catch[0]` before it takes `Late`",
            "`Catch[2]` of `Charge` is never used: `States.Runtime` cannot be handled there",
        ]
    );
    assert_eq!(report.findings[0].pointer, "/States/Charge/Catch/1");
}

#[test]
fn the_fields_that_later_states_need_are_noted_and_no_others() {
    let definition = json!({ "StartAt": "Charge", "States": {
        "Charge": task(Some("Ship")),
        "Ship": { "Type": "Pass", "Parameters": { "to.$": "$.customer.address" }, "End": true },
    }});
    let answer = json!({ "customer": { "name": "A", "address": "B" }, "receipt": 1 });
    let report = explore(&definition, &[case(json!({}), &[("Charge", answer)])]);
    assert_eq!(ids(&report.findings), [""; 0]);
    let needs = report
        .notes
        .iter()
        .find(|note| note.kind == Kind::NeedsField)
        .unwrap();
    assert_eq!(
        needs.message(),
        "if the answer of `Charge` has no `$.customer.address`, `Ship` fails with `States.Runtime`, which nothing catches"
    );
    let mock = Mock::Result(json!({ "customer": { "name": "A" }, "receipt": 1 }));
    assert_eq!(needs.mocks, [("Charge".to_owned(), vec![mock])]);
    assert_eq!(
        report
            .notes
            .iter()
            .filter(|note| note.kind == Kind::NeedsField)
            .count(),
        1
    );
}

#[test]
fn an_item_that_is_not_there_is_a_finding_since_the_api_says_so() {
    let mut load = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Parameters": { "TableName": "orders", "Key": { "id": { "S.$": "$.id" } } },
        "ResultSelector": { "total.$": "$.Item.total.N" },
        "End": true,
    });
    let answer = json!({ "Item": { "total": { "N": "1" } } });
    let cases = [case(json!({ "id": "1" }), &[("Load", answer)])];
    let report = explore(&one("Load", load.clone()), &cases);
    assert_eq!(ids(&report.findings), ["broken-data: Load"]);
    assert!(report.findings[0].message().contains("has no `$.Item`"));
    load["ResultSelector"] = json!({ "all.$": "$" });
    assert_eq!(ids(&explore(&one("Load", load), &cases).findings), [""; 0]);
}

#[test]
fn a_wait_for_somebody_needs_a_timeout() {
    let mut ask = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" },
        "End": true,
    });
    let cases = [case(json!({}), &[("Ask", json!({}))])];
    let report = explore(&one("Ask", ask.clone()), &cases);
    assert_eq!(ids(&report.findings), ["waits-forever: Ask"]);
    ask["TimeoutSeconds"] = 60.into();
    assert_eq!(ids(&explore(&one("Ask", ask), &cases).findings), [""; 0]);
}

/// A query, and a state that reads the first item if a Choice lets it.
fn querying(guard: Option<Value>) -> Value {
    let mut definition = json!({ "StartAt": "Find", "States": {
        "Find": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:dynamodb:query",
            "Parameters": { "TableName": "orders" },
            "Next": "First",
        },
        "First": { "Type": "Pass", "InputPath": "$.Items[0].id", "End": true },
        "None": { "Type": "Succeed" },
    }});
    match guard {
        Some(mut rule) => {
            rule["Next"] = "First".into();
            definition["States"]["Find"]["Next"] = "Any".into();
            definition["States"]["Any"] =
                json!({ "Type": "Choice", "Choices": [rule], "Default": "None" });
        }
        None => {
            definition["States"].as_object_mut().unwrap().remove("None");
        }
    }
    definition
}

#[test]
fn a_list_that_an_api_found_nothing_for_is_a_finding() {
    let answer = json!({ "Items": [{ "id": { "S": "1" } }], "Count": 1, "ScannedCount": 3 });
    let cases = [case(json!({}), &[("Find", answer)])];
    let report = explore(&querying(None), &cases);
    assert_eq!(ids(&report.findings), ["broken-data: First"]);
    let finding = &report.findings[0];
    assert_eq!(
        finding.message(),
        "if `$.Items` in the answer of `Find` is empty, as the API may have it, `First` fails with `States.Runtime`, which nothing catches"
    );
    let mock = Mock::Result(json!({ "Items": [], "Count": 0, "ScannedCount": 0 }));
    assert_eq!(finding.mocks, [("Find".to_owned(), vec![mock])]);
    for guard in [
        json!({ "Variable": "$.Items[0]", "IsPresent": true }),
        json!({ "Variable": "$.Count", "NumericGreaterThan": 0 }),
    ] {
        let report = explore(&querying(Some(guard)), &cases);
        assert_eq!(ids(&report.findings), [""; 0]);
        assert_eq!(report.states, report.reached);
    }
}

#[test]
fn a_list_of_a_function_that_must_have_items_is_noted() {
    let definition = json!({ "StartAt": "Charge", "States": {
        "Charge": task(Some("First")),
        "First": { "Type": "Pass", "InputPath": "$.orders[0]", "End": true },
    }});
    let answers = [("Charge", json!({ "orders": [1, 2], "others": [3] }))];
    let report = explore(&definition, &[case(json!({}), &answers)]);
    assert_eq!(ids(&report.findings), [""; 0]);
    let needs = report
        .notes
        .iter()
        .filter(|note| note.kind == Kind::NeedsField);
    let messages: Vec<String> = needs.map(Finding::message).collect();
    let fails = "`First` fails with `States.Runtime`, which nothing catches";
    assert_eq!(
        messages,
        [
            format!("if the answer of `Charge` has no `$.orders`, {fails}"),
            format!("if `$.orders` in the answer of `Charge` is empty, {fails}"),
        ]
    );
}

/// A wait for somebody with a time limit and heartbeats, in a Parallel that catches an error and then reads what is not there.
fn asking(inner: Value, caught: &str) -> Value {
    let mut ask = json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" },
        "TimeoutSeconds": 600,
        "HeartbeatSeconds": 60,
        "End": true,
    });
    let mut states = json!({ "Late": { "Type": "Succeed" } });
    match inner.is_null() {
        true => states = json!({}),
        false => ask["Catch"] = json!([{ "ErrorEquals": [inner], "Next": "Late" }]),
    }
    states["Ask"] = ask;
    json!({ "StartAt": "Both", "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [{ "StartAt": "Ask", "States": states }],
            "Catch": [{ "ErrorEquals": [caught], "Next": "Undo" }],
            "End": true,
        },
        "Undo": { "Type": "Pass", "InputPath": "$.missing", "End": true },
    }})
}

#[test]
fn a_timeout_and_a_missed_heartbeat_are_both_tried() {
    let cases = [case(json!({}), &[("Ask", json!({}))])];
    for (inner, caught, mock) in [
        (Value::Null, "States.Timeout", "States.Timeout"),
        (
            json!("States.HeartbeatTimeout"),
            "States.Timeout",
            "States.Timeout",
        ),
        (
            Value::Null,
            "States.HeartbeatTimeout",
            "States.HeartbeatTimeout",
        ),
    ] {
        let report = explore(&asking(inner, caught), &cases);
        assert_eq!(ids(&report.findings), ["broken-data: Undo"], "{caught}");
        let mocks = vec![Mock::Error(mock.to_owned())];
        assert_eq!(report.findings[0].mocks, [("Ask".to_owned(), mocks)]);
    }
}

/// A task in a Parallel that catches only one error, and goes on with a state that reads what is not there.
fn catching(error: &str) -> Value {
    json!({ "StartAt": "Both", "States": {
        "Both": {
            "Type": "Parallel",
            "Branches": [one("Charge", task(None))],
            "Catch": [{ "ErrorEquals": [error], "Next": "NC" }],
            "End": true,
        },
        "NC": { "Type": "Pass", "InputPath": "$.missing", "End": true },
    }})
}

#[test]
fn what_only_the_engine_raises_is_not_the_answer_of_a_task() {
    let cases = [case(json!({}), &[("Charge", json!(1))])];
    for error in [
        "States.DataLimitExceeded",
        "States.IntrinsicFailure",
        "States.ParameterPathFailure",
        "States.ResultWriterFailed",
    ] {
        let report = explore(&catching(error), &cases);
        assert_eq!(ids(&report.findings), [""; 0], "{error}");
        assert_eq!((report.reached, report.used), (2, 1), "{error}");
        assert_eq!(report.unused, [], "{error}");
    }
    // A Choice without a match fails with `States.Runtime`.
    let report = explore(&catching("States.NoChoiceMatched"), &cases);
    assert_eq!(ids(&report.findings), ["never-taken: Both"]);
    let raised = json!({ "Type": "Fail", "Error": "States.NoChoiceMatched" });
    let mut definition = catching("States.NoChoiceMatched");
    definition["States"]["Both"]["Branches"] = json!([one("Charge", raised)]);
    assert_eq!(
        ids(&explore(&definition, &cases).findings),
        ["broken-data: NC"]
    );
    let report = explore(&catching("States.Permissions"), &cases);
    assert_eq!(ids(&report.findings), ["broken-data: NC"]);
}

/// A Distributed Map that reads its items if `reads`, and writes its results.
fn writing(reads: bool) -> Value {
    let bucket = json!({ "Resource": "arn:aws:states:::s3:putObject", "Parameters": { "Bucket": "b", "Prefix": "p" } });
    let mut processor = one("Pack", task(None));
    processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let mut all = json!({
        "Type": "Map", "ItemProcessor": processor, "ResultWriter": bucket, "End": true,
        "Catch": [{ "ErrorEquals": ["States.ResultWriterFailed"], "Next": "Undo" }],
    });
    match reads {
        true => {
            all["ItemReader"] = json!({
                "Resource": "arn:aws:states:::s3:getObject",
                "Parameters": { "Bucket": "b", "Key": "k" }, "ReaderConfig": { "InputType": "JSON" },
            });
        }
        false => all["ItemsPath"] = "$.items".into(),
    }
    json!({ "StartAt": "All", "States": {
        "All": all,
        "Undo": { "Type": "Pass", "InputPath": "$.missing", "End": true },
    }})
}

#[test]
fn results_that_cannot_be_written_are_a_failure_of_the_map() {
    for reads in [false, true] {
        let answers = [("Pack", json!(1)), ("All", json!([1, 2]))];
        let cases = [case(
            json!({ "items": [1, 2] }),
            &answers[..1 + usize::from(reads)],
        )];
        let report = explore(&writing(reads), &cases);
        assert_eq!(ids(&report.findings), ["broken-data: Undo"], "{reads}");
        let found = &report.findings[0];
        assert!(
            found
                .message()
                .starts_with("if `All` cannot write its results, `Undo` fails"),
            "{}",
            found.message()
        );
        // No mock can do that.
        assert_eq!(found.mocks, [("All".to_owned(), Vec::new())]);
        assert_eq!(report.reached, 3);
        let mut uncaught = writing(reads);
        uncaught["States"]["All"]
            .as_object_mut()
            .unwrap()
            .remove("Catch");
        uncaught["States"].as_object_mut().unwrap().remove("Undo");
        let report = explore(&uncaught, &cases);
        let note = report
            .notes
            .iter()
            .find(|note| note.id() == "uncaught: All")
            .unwrap();
        assert!(
            note.errors
                .contains(&"States.ResultWriterFailed".to_owned()),
            "{:?}",
            note.errors
        );
    }
}

#[test]
fn a_state_that_no_input_leads_to_is_found_once_with_all_inside() {
    let inner = json!({ "StartAt": "B", "States": { "B": { "Type": "Pass", "End": true } } });
    let definition = json!({ "StartAt": "Which", "States": {
        "Which": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.a", "NumericEquals": 1, "Next": "All" }],
            "Default": "None",
        },
        "All": { "Type": "Map", "ItemProcessor": inner, "End": true },
        "None": { "Type": "Succeed" },
    }});
    let report = explore(&definition, &[case(json!({ "a": 2 }), &[])]);
    assert_eq!(ids(&report.findings), ["not-reached: All"]);
    let all = [case(json!({ "a": 2 }), &[]), case(json!({ "a": 1 }), &[])];
    // A Map over an object fails.
    assert_eq!(
        ids(&explore(&definition, &all).findings),
        ["broken-data: All"]
    );
}

#[test]
fn what_follows_a_state_that_fails_is_not_accused() {
    let definition = json!({ "StartAt": "Broken", "States": {
        "Broken": { "Type": "Pass", "InputPath": "$.missing", "Next": "After" },
        "After": { "Type": "Pass", "Next": "Last" },
        "Last": { "Type": "Succeed" },
    }});
    let report = explore(&definition, &[case(json!({}), &[])]);
    assert_eq!(ids(&report.findings), ["broken-data: Broken"]);

    // Another test comes through, so that its input decides.
    let mut definition = definition;
    definition["States"]["After"] = json!({
        "Type": "Choice",
        "Choices": [{ "Variable": "$", "NumericEquals": 1, "Next": "Last" }],
        "Default": "Other",
    });
    definition["States"]["Other"] = json!({ "Type": "Succeed" });
    let cases = [case(json!({}), &[]), case(json!({ "missing": 1 }), &[])];
    let report = explore(&definition, &cases);
    assert_eq!(
        ids(&report.findings),
        ["broken-data: Broken", "not-reached: Other"]
    );
    let message = "no execution came to `Other`: no input of a test leads there";
    assert_eq!(report.findings[1].message(), message);
}

#[test]
fn a_state_that_no_answer_leads_to_says_so() {
    let definition = json!({ "StartAt": "Charge", "States": {
        "Charge": task(Some("Which")),
        "Which": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.paid", "BooleanEquals": true, "Next": "Paid" }],
            "Default": "Unpaid",
        },
        "Paid": { "Type": "Succeed" },
        "Unpaid": { "Type": "Succeed" },
    }});
    let answers = [("Charge", json!({ "paid": true }))];
    let report = explore(&definition, &[case(json!({}), &answers)]);
    assert_eq!(ids(&report.findings), ["not-reached: Unpaid"]);
    let message = "no execution came to `Unpaid`: no input and no answer of a test leads there";
    assert_eq!(report.findings[0].message(), message);
    assert!(report.findings[0].hint().unwrap().contains("answer"));
    // The mock of an error decides as well.
    let mut refused = case(json!({}), &[]);
    let error = TaskError {
        error: "Refused".to_owned(),
        cause: String::new(),
    };
    refused.mocks.insert("Charge".to_owned(), vec![Err(error)]);
    let report = explore(&definition, &[refused]);
    assert!(report.findings[0].message().contains("no answer"));
}

#[test]
fn an_answer_that_nobody_knows_accuses_nobody() {
    let definition = json!({ "StartAt": "Charge", "States": {
        "Charge": task(Some("Ship")),
        "Ship": { "Type": "Pass", "InputPath": "$.address", "End": true },
    }});
    let report = explore(&definition, &[case(json!({}), &[])]);
    assert_eq!(ids(&report.findings), [""; 0]);
    assert_eq!(report.unknown.iter().collect::<Vec<_>>(), ["Charge"]);
}

#[test]
fn there_is_a_limit_and_it_is_told() {
    let definition = one("Charge", task(None));
    let exploration = Exploration::new(&definition, ExecutionKind::Standard).unwrap();
    let report = exploration.run_at_most(&[case(json!({}), &[("Charge", json!(1))])], 3);
    assert_eq!(report.runs, 3);
    // Three faults, and twice the same once.
    assert_eq!(report.left_out, 5);
}

fn mapped() -> Value {
    let inner = json!({ "StartAt": "Charge", "States": { "Charge": task(None) } });
    json!({ "StartAt": "Load", "States": {
        "Load": task(Some("Each")),
        "Each": { "Type": "Map", "ItemsPath": "$.orders", "ItemProcessor": inner, "End": true },
    }})
}

#[test]
fn a_forecast_says_what_an_execution_with_more_items_really_takes() {
    let exploration = Exploration::new(&mapped(), ExecutionKind::Standard).unwrap();
    let orders = |count: usize| -> Value { (0..count).map(|_| json!({ "id": 10 })).collect() };
    let with = |count: usize| {
        let load = json!({ "orders": orders(count) });
        case(
            json!({}),
            &[("Load", load), ("Charge", json!({ "paid": true }))],
        )
    };
    let wanted = Wanted {
        map: "Each".to_owned(),
        items: 500,
    };
    let forecast = exploration.forecast(&[with(2)], &[wanted]).remove(0);
    let real = exploration.forecast(&[with(500)], &[]).remove(0);
    let growth = &forecast.growth[0];
    assert_eq!(growth.unknown, None);
    assert_eq!(growth.items, 2);
    assert_eq!(growth.at[0].load, real.load);
    // Load, Each, and 500 times Charge.
    assert_eq!(real.load.transitions, 502);
    assert!((growth.transitions_per_item - 1.0).abs() < 1e-9);

    let most = growth.most_for_events.unwrap();
    let size = |count: u64| usize::try_from(count).unwrap();
    let fits = exploration.forecast(&[with(size(most))], &[]).remove(0);
    let per_item = size(growth.events_per_item.round() as u64) as u64;
    assert!(fits.load.events <= 25_000 && fits.load.events + per_item > 25_000);
    let (most, state) = growth.most_for_payload.clone().unwrap();
    assert_eq!(state, "Each");
    let at = exploration
        .forecast(
            &[with(2)],
            &[
                Wanted {
                    map: "Each".to_owned(),
                    items: most,
                },
                Wanted {
                    map: "Each".to_owned(),
                    items: most + 1,
                },
            ],
        )
        .remove(0);
    let bytes: Vec<u64> = at.growth[0]
        .at
        .iter()
        .map(|at| at.load.largest.bytes)
        .collect();
    assert!(bytes[0] <= 256 * 1024 && bytes[1] > 256 * 1024, "{bytes:?}");
}

#[test]
fn a_map_over_computed_items_is_not_forecast() {
    let mut definition = mapped();
    definition["States"]["Each"]["ItemSelector"] = json!({ "n.$": "$$.Map.Item.Value" });
    definition["States"]["Each"]["ItemsPath"] = "$.range".into();
    definition["States"]["Load"] = json!({
        "Type": "Pass", "Parameters": { "range.$": "States.ArrayRange(1, 4, 1)" }, "Next": "Each",
    });
    let exploration = Exploration::new(&definition, ExecutionKind::Standard).unwrap();
    let test = case(json!({ "other": [1, 2, 3, 4] }), &[("Charge", json!(1))]);
    let forecast = exploration.forecast(&[test], &[]).remove(0);
    assert_eq!(forecast.growth[0].items, 4);
    assert!(forecast.growth[0].unknown.is_some());
}

#[test]
fn a_map_that_does_not_succeed_is_not_forecast() {
    let mut caught = mapped();
    let states = &mut caught["States"];
    states["Each"]["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Sorry" }]);
    states["Sorry"] = json!({ "Type": "Succeed" });
    let refused = TaskError {
        error: "Refused".to_owned(),
        cause: String::new(),
    };
    for definition in [mapped(), caught] {
        let mut test = case(json!({}), &[("Load", json!({ "orders": [1, 2] }))]);
        test.mocks
            .insert("Charge".to_owned(), vec![Err(refused.clone())]);
        let wanted = Wanted {
            map: "Each".to_owned(),
            items: 500,
        };
        let exploration = Exploration::new(&definition, ExecutionKind::Standard).unwrap();
        let forecast = exploration.forecast(&[test], &[wanted]).remove(0);
        let growth = &forecast.growth[0];
        assert_eq!(growth.unknown, Some("it does not succeed in this test"));
        assert_eq!((growth.items, growth.at.len()), (2, 0));
    }
}

/// A seeded generator of well-made workflows, in which one thing can be made wrong.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

struct Generated {
    states: BTreeMap<String, Value>,
    answers: Vec<(String, Value)>,
    tasks: Vec<String>,
}

/// A chain of tasks, some in a Map or a Parallel, some with a Catch that leads to a state that tells of the error.
fn generated(seed: u64) -> Generated {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) + 1);
    let mut made = Generated {
        states: BTreeMap::new(),
        answers: Vec::new(),
        tasks: Vec::new(),
    };
    let length = 2 + random.below(5);
    for at in 0..length {
        let name = format!("S{at}");
        let next = (at + 1 < length).then(|| format!("S{}", at + 1));
        let inner = format!("{name} inner");
        let mut state = match random.below(4) {
            0 => {
                made.answers.push((inner.clone(), json!({ "id": at })));
                made.tasks.push(inner.clone());
                let branch = json!({ "StartAt": inner, "States": { &*inner: task(None) } });
                json!({ "Type": "Parallel", "Branches": [branch] })
            }
            1 => {
                made.answers.push((inner.clone(), json!({ "id": at })));
                made.tasks.push(inner.clone());
                let processor = json!({ "StartAt": inner, "States": { &*inner: task(None) } });
                json!({ "Type": "Map", "ItemsPath": "$.items", "ItemProcessor": processor })
            }
            _ => {
                made.answers
                    .push((name.clone(), json!({ "id": at, "more": { "deep": [1] } })));
                made.tasks.push(name.clone());
                task(None)
            }
        };
        state["ResultPath"] = format!("$.s{at}").into();
        if random.below(2) == 0 {
            let tell = format!("{name} failed");
            state["Catch"] = json!([
                { "ErrorEquals": ["Declined", "Busy"], "ResultPath": "$.error", "Next": tell },
                { "ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": tell },
            ]);
            let why = json!({ "why.$": "$.error.Error" });
            made.states.insert(
                tell,
                json!({ "Type": "Pass", "Parameters": why, "End": true }),
            );
        }
        state.as_object_mut().unwrap().remove("End");
        match next {
            Some(next) => state["Next"] = next.into(),
            None => state["End"] = true.into(),
        }
        made.states.insert(name, state);
    }
    made
}

impl Generated {
    fn explore(&self) -> Report {
        let definition = json!({ "StartAt": "S0", "States": self.states });
        let answers: Vec<(&str, Value)> = self
            .answers
            .iter()
            .map(|(state, answer)| (state.as_str(), answer.clone()))
            .collect();
        explore(
            &definition,
            &[case(json!({ "items": [1, 2, 3] }), &answers)],
        )
    }

    /// A state that can be changed, also one inside of another.
    fn state(&mut self, name: &str) -> &mut Value {
        let outer = name.split(' ').next().unwrap().to_owned();
        let state = self.states.get_mut(&outer).unwrap();
        match name.ends_with("inner") {
            false => state,
            true if state["Type"] == "Map" => &mut state["ItemProcessor"]["States"][name],
            true => &mut state["Branches"][0]["States"][name],
        }
    }

    fn catching(&self) -> Vec<String> {
        let caught = self
            .states
            .iter()
            .filter(|(_, state)| state.get("Catch").is_some());
        caught.map(|(name, _)| name.clone()).collect()
    }
}

const SEEDS: u64 = 100;

#[test]
fn well_made_workflows_have_no_findings() {
    for seed in 0..SEEDS {
        let report = generated(seed).explore();
        assert_eq!(ids(&report.findings), [""; 0], "seed {seed}");
        assert_eq!(report.states, report.reached, "seed {seed}");
        assert_eq!(report.unused, [], "seed {seed}");
        assert_eq!(report.used, report.decisions, "seed {seed}");
    }
}

#[test]
fn a_planted_catcher_that_nothing_comes_to_is_found() {
    let mut planted = 0;
    for seed in 0..SEEDS {
        let mut made = generated(seed);
        let Some(name) = made.catching().first().cloned() else {
            continue;
        };
        planted += 1;
        let catch = made.state(&name)["Catch"].as_array_mut().unwrap();
        let mut dead = catch[0].clone();
        dead["ErrorEquals"] = json!(["Busy"]);
        catch.insert(1, dead);
        let report = made.explore();
        assert_eq!(
            ids(&report.findings),
            [format!("never-taken: {name}")],
            "seed {seed}"
        );
        assert_eq!(
            report.findings[0].pointer,
            format!("/States/{name}/Catch/1"),
            "seed {seed}"
        );
    }
    assert!(planted > 75, "{planted}");
}

#[test]
fn a_planted_wrong_path_is_found() {
    let mut planted = 0;
    for seed in 0..SEEDS {
        let mut made = generated(seed);
        let Some(name) = made.catching().first().cloned() else {
            continue;
        };
        planted += 1;
        let tell = format!("{name} failed");
        made.states.get_mut(&tell).unwrap()["Parameters"]["why.$"] = "$.failure.Error".into();
        let report = made.explore();
        assert_eq!(
            ids(&report.findings),
            [format!("broken-data: {tell}")],
            "seed {seed}"
        );
    }
    assert!(planted > 75, "{planted}");
}

#[test]
fn a_planted_missing_retry_is_found_unless_something_catches() {
    let mut planted = 0;
    for seed in 0..SEEDS {
        let mut made = generated(seed);
        let name = made.tasks[0].clone();
        made.state(&name)["Retry"] = json!([{ "ErrorEquals": ["Lambda.ServiceException"] }]);
        let outer = name.split(' ').next().unwrap();
        let caught = made.states[outer].get("Catch").is_some();
        let report = made.explore();
        let expected = if caught {
            vec![]
        } else {
            vec![format!("not-retried: {name}")]
        };
        assert_eq!(ids(&report.findings), expected, "seed {seed}");
        planted += u64::from(!caught);
    }
    assert!(planted > 25, "{planted}");
}

#[test]
fn a_recorded_test_answers_its_tasks() {
    let definition = one("Charge", task(None));
    let mut test = case(json!({ "a": 1 }), &[]);
    test.recorded = vec![json!({ "events": [
        { "id": 1, "previousEventId": 0, "type": "ExecutionStarted", "executionStartedEventDetails": { "input": "{\"a\":1}" } },
        { "id": 2, "previousEventId": 0, "type": "TaskStateEntered", "stateEnteredEventDetails": { "name": "Charge", "input": "{\"a\":1}" } },
        { "id": 3, "previousEventId": 2, "type": "LambdaFunctionScheduled", "lambdaFunctionScheduledEventDetails": { "resource": "f", "input": "{\"a\":1}" } },
        { "id": 4, "previousEventId": 3, "type": "LambdaFunctionFailed", "lambdaFunctionFailedEventDetails": { "error": "Refused", "cause": "c" } },
        { "id": 5, "previousEventId": 4, "type": "ExecutionFailed", "executionFailedEventDetails": { "error": "Refused", "cause": "c" } },
    ]})];
    let report = explore(&definition, &[test]);
    assert!(report.unknown.is_empty());
    assert_eq!(ids(&report.findings), [""; 0]);
    let error = TaskError {
        error: "Refused".to_owned(),
        cause: String::new(),
    };
    let mut mocked = case(json!({}), &[]);
    mocked.mocks.insert("Charge".to_owned(), vec![Err(error)]);
    assert!(explore(&definition, &[mocked]).unknown.is_empty());
}
