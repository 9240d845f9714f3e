//! Each finding, in a small definition.
mod data;
mod expressions;
mod graph;
mod resources;
mod schema;

use serde_json::{Value, json};

use super::{Finding, Severity, validate};
use crate::ExecutionKind;
use crate::source::Source;

fn findings(definition: &Value) -> Vec<Finding> {
    let source = Source::from_json(definition.to_string()).unwrap();
    validate(&source, ExecutionKind::Standard)
}

/// The errors, as AWS lists them.
fn errors(definition: &Value) -> Vec<String> {
    listed(&findings(definition), Severity::Error)
}

fn warnings(definition: &Value) -> Vec<String> {
    listed(&findings(definition), Severity::Warning)
}

fn listed(findings: &[Finding], severity: Severity) -> Vec<String> {
    let findings = findings.iter().filter(|f| f.severity == severity);
    findings.map(ToString::to_string).collect()
}

/// A workflow with one state, named `S`.
fn with(state: Value) -> Value {
    json!({ "StartAt": "S", "States": { "S": state } })
}

/// The same in JSONata.
fn with_jsonata(state: Value) -> Value {
    json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": { "S": state } })
}

/// A JSONPath state with its type, all required fields and these fields.
fn state(kind: &str, fields: Value) -> Value {
    let mut state = match kind {
        "Task" => json!({ "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f" }),
        "Wait" => json!({ "Seconds": 1 }),
        "Parallel" => json!({ "Branches": [machine("B")] }),
        "Map" => json!({ "ItemProcessor": machine("I") }),
        "Choice" => json!({ "Choices": [], "Default": "S" }),
        _ => json!({}),
    };
    let object = state.as_object_mut().unwrap();
    object.insert("Type".into(), kind.into());
    if !matches!(kind, "Choice" | "Succeed" | "Fail") {
        object.insert("End".into(), true.into());
    }
    for (name, value) in fields.as_object().unwrap() {
        object.insert(name.clone(), value.clone());
    }
    state
}

fn machine(name: &str) -> Value {
    json!({ "StartAt": name, "States": { name: { "Type": "Pass", "End": true } } })
}

const SCHEMA: &str = "SCHEMA_VALIDATION_FAILED";

/// Asserts one schema error with this message at this location.
#[track_caller]
fn assert_schema(definition: &Value, message: &str, location: &str) {
    assert_eq!(
        errors(definition),
        [format!("{SCHEMA}: {message} at {location}")],
        "{definition}"
    );
}

#[track_caller]
fn assert_valid(definition: &Value) {
    assert_eq!(errors(definition), Vec::<String>::new(), "{definition}");
}

#[test]
fn findings_point_into_the_users_file() {
    let text = "StartAt: A\nStates:\n  A:\n    Type: Pass\n    Next: B\n    Extra: 1\n";
    let source = Source::from_yaml(text).unwrap();
    let found = validate(&source, ExecutionKind::Standard);
    let places: Vec<_> = found
        .iter()
        .map(|f| (f.message.as_str(), f.position.line, f.position.column))
        .collect();
    assert_eq!(
        places,
        [
            ("Field 'Extra' is not supported", 6, 5),
            ("Missing 'Next' target: B", 5, 11),
            ("Workflow has no terminal state", 2, 1),
        ]
    );
}

#[test]
fn a_slip_of_the_pen_gets_a_hint() {
    let hints = |definition: Value| -> Vec<Option<String>> {
        let found = findings(&definition);
        found.into_iter().map(|finding| finding.hint).collect()
    };
    let meant = |name: &str| vec![Some(format!("did you mean `{name}`?"))];
    let pass = |fields: Value| with(state("Pass", fields));
    assert_eq!(
        hints(pass(json!({ "resultPath": "$.a" }))),
        meant("ResultPath")
    );
    assert_eq!(
        hints(pass(json!({ "ResutlPath": "$.a" }))),
        meant("ResultPath")
    );
    assert_eq!(hints(pass(json!({ "Colour": "red" }))), [None]);
    assert_eq!(hints(pass(json!({ "Asign": {} }))), meant("Assign"));
    let wait = with(json!({ "Type": "Wiat", "Seconds": 1, "End": true }));
    assert_eq!(hints(wait), meant("Wait"));
    let retry = json!({ "Retry": [{ "ErrorEquals": ["E"], "JitterStrategy": "Full" }] });
    assert_eq!(hints(with(state("Task", retry))), meant("FULL"));

    let mut machine = with(json!({ "Type": "Pass", "Next": "Setle" }));
    machine["States"]["Settle"] = state("Succeed", json!({}));
    assert_eq!(hints(machine)[0], meant("Settle")[0]);
}

#[test]
fn a_path_that_does_not_compile_says_what_to_do() {
    let hint = |state: Value| findings(&with(state))[0].hint.clone();
    let expected =
        "a path must not end with `.`: add a name, or remove the `.` (character 5 of the path)";
    for field in ["InputPath", "ResultPath"] {
        assert_eq!(
            hint(state("Pass", json!({ field: "$.a." }))).as_deref(),
            Some(expected),
            "{field}"
        );
    }
    let parameters = json!({ "Parameters": { "a.$": "$.a." } });
    assert_eq!(hint(state("Pass", parameters)).as_deref(), Some(expected));
    assert_eq!(
        hint(state("Pass", json!({ "ResultPath": "$.a[*]" }))).as_deref(),
        Some("a reference path has names and indexes only, as in `$.orders[0].id`")
    );
}

/// Jayway accepts these, so AWS does.
#[test]
fn what_jayway_compiles_is_accepted() {
    for path in [
        "$.a[?(@.kind==red)]",
        "$.a[0]b",
        "$.a ",
        "$.a.sum()",
        "$.a[(@.length-1)]",
        "$.o['a','b']",
    ] {
        assert_valid(&with(state(
            "Pass",
            json!({ "Parameters": { "x.$": path } }),
        )));
        assert_valid(&with(state("Pass", json!({ "InputPath": path }))));
    }
}

#[test]
fn a_syntax_error_is_a_finding() {
    let error = Source::from_json("{").unwrap_err();
    let finding = Finding::from(error);
    assert_eq!(finding.severity, Severity::Error);
    assert_eq!(
        finding.to_string(),
        "INVALID_JSON_DESCRIPTION: EOF while parsing an object at null"
    );
}

#[test]
fn repeated_keys_and_oversized_texts_are_found() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "A": {"Type": "Fail"}}}"#;
    let source = Source::from_json(text).unwrap();
    let found = validate(&source, ExecutionKind::Standard);
    assert_eq!(
        listed(&found, Severity::Error),
        ["INVALID_JSON_DESCRIPTION: Duplicate field 'A' at /States"]
    );
    assert_eq!(found[0].position.column, 55);

    let comment = "c".repeat(super::MAX_DEFINITION_BYTES);
    let [error] = &errors(&with(state("Succeed", json!({ "Comment": comment }))))[..] else {
        panic!("one error");
    };
    assert!(error.contains("more than the 1048576 that the service accepts"));
}

#[test]
fn findings_are_bounded() {
    let fields: serde_json::Map<String, Value> =
        (0..5_000).map(|i| (format!("x{i}"), i.into())).collect();
    assert_eq!(findings(&with(state("Pass", fields.into()))).len(), 1_000);
}
