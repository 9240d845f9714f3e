//! Query languages, paths, templates and variables.

use serde_json::json;

use super::*;

#[test]
fn each_language_has_its_fields() {
    let wrong = |set: &str, field: &str, other: &str| {
        format!(
            "The QueryLanguage is set to '{set}', but field '{field}' is only supported for the \
             '{other}' QueryLanguage"
        )
    };
    assert_schema(
        &with_jsonata(state("Pass", json!({ "Parameters": {} }))),
        &wrong("JSONata", "Parameters", "JSONPath"),
        "/States/S",
    );
    assert_schema(
        &with(state("Pass", json!({ "Output": {} }))),
        &wrong("JSONPath", "Output", "JSONata"),
        "/States/S",
    );
    assert_valid(&with(state(
        "Pass",
        json!({ "QueryLanguage": "JSONata", "Output": 1 }),
    )));
    assert_schema(
        &with_jsonata(state("Pass", json!({ "QueryLanguage": "JSONPath" }))),
        "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
        "/States/S",
    );
    assert_schema(
        &with(state("Pass", json!({ "QueryLanguage": "jsonata" }))),
        "Value should be one of the following: [JSONPath, JSONata]",
        "/States/S/QueryLanguage",
    );
    // Nested states inherit the language of the machine, not that of the state around them.
    let inside = json!({ "StartAt": "I", "States": { "I":
        { "Type": "Pass", "End": true, "Output": 1 } } });
    assert_schema(
        &with(state(
            "Map",
            json!({ "QueryLanguage": "JSONata", "ItemProcessor": inside }),
        )),
        &wrong("JSONPath", "Output", "JSONata"),
        "/States/S/ItemProcessor/States/I",
    );
}

#[test]
fn paths_are_paths() {
    let invalid = "Value must be a valid JSONPath.";
    let no_reference = "Value is not a Reference Path";
    let no_dollar = "Value is not a Reference Path: Reference path didn't start with '$'";
    for (kind, field, path, message) in [
        ("Pass", "InputPath", json!("a"), invalid),
        ("Pass", "InputPath", json!("States.UUID()"), invalid),
        ("Pass", "OutputPath", json!("$.a["), invalid),
        ("Pass", "ResultPath", json!("a"), no_dollar),
        ("Pass", "ResultPath", json!("$.a[*]"), no_reference),
        ("Pass", "ResultPath", json!("$v"), no_reference),
        ("Pass", "ResultPath", json!("$$.a"), no_reference),
        ("Map", "ItemsPath", json!("$..a"), no_reference),
        ("Map", "MaxConcurrencyPath", json!("$$.a"), no_reference),
        (
            "Map",
            "ItemsPath",
            json!(null),
            "Expected value of type String",
        ),
    ] {
        let definition = with(state(kind, json!({ field: path })));
        assert_schema(&definition, message, &format!("/States/S/{field}"));
    }
    for (field, path) in [
        ("InputPath", json!(null)),
        ("InputPath", json!("$v.a")),
        ("InputPath", json!("$$.Execution")),
        ("OutputPath", json!("$.a[?(@.b == 1)]")),
        ("ResultPath", json!(null)),
        ("ResultPath", json!("$.a.b[0]")),
    ] {
        assert_valid(&with(state("Pass", json!({ field: path }))));
    }
}

#[test]
fn an_error_path_leads_to_a_text() {
    for path in [
        "$.e",
        "$$.State.Name",
        "States.Format('{}', $.e)",
        "States.UUID()",
    ] {
        assert_valid(&with(state("Fail", json!({ "ErrorPath": path }))));
    }
    for path in ["e", "States.MathAdd(1, 2)", "States.Nothing()"] {
        assert_schema(
            &with(state("Fail", json!({ "ErrorPath": path }))),
            "The value must be a valid JSONPath, or a valid intrinsic function call that returns a \
             string",
            "/States/S/ErrorPath",
        );
    }
}

#[test]
fn templates_hold_paths_and_calls() {
    let pass = |parameters: Value| with(state("Pass", json!({ "Parameters": parameters })));
    assert_valid(&pass(
        json!({ "a.$": "$.a", "b": [{ "c.$": "States.UUID()  " }], "d": 1 }),
    ));
    for value in [
        json!("a"),
        json!(1),
        json!("$.a["),
        json!("States.Nothing($)"),
        json!("States.MathAdd(1)"),
        json!(" States.UUID()"),
    ] {
        assert_schema(
            &pass(json!({ "outer": { "a.$": value } })),
            "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function \
             call",
            "/States/S/Parameters/outer",
        );
    }
    assert_schema(
        &pass(json!({ "a": 1, "a.$": "$.a" })),
        "Duplicate field 'a': 'a.$' is renamed to it",
        "/States/S/Parameters",
    );
    for value in ["$.a", "$$.Execution.Id", "States.UUID()"] {
        let found = warnings(&pass(json!({ "a": value })));
        assert!(found[0].starts_with("NO_DOLLAR: "), "{found:?}");
    }
    assert!(warnings(&pass(json!({ "a": "$5 off" }))).is_empty());
    let found = warnings(&with(state(
        "Pass",
        json!({ "Result": { "a.$": ["$.a"] } }),
    )));
    assert!(found[0].starts_with("PASS_RESULT_IS_STATIC: "), "{found:?}");
}

#[test]
fn variables_have_plain_names() {
    let pass = |name: &str| with(state("Pass", json!({ "Assign": { name: "$.a" } })));
    for name in ["a", "a_1", "größe.$"] {
        assert_valid(&pass(name));
    }
    for (name, error) in [
        (
            "a-b",
            "INVALID_VARIABLE_NAME: Invalid variable name 'a-b': the variable name contains invalid \
             characters.",
        ),
        (
            "1a.$",
            "INVALID_VARIABLE_NAME: Invalid variable name '1a': the variable name contains invalid \
             characters.",
        ),
        (
            "states",
            "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'.",
        ),
    ] {
        assert_eq!(
            errors(&pass(name)),
            [format!("{error} at /States/S/Assign/{name}")]
        );
    }
    assert_eq!(errors(&pass(&"v".repeat(81))).len(), 1);
    assert_schema(
        &with(state("Pass", json!({ "Assign": [1] }))),
        "Expected value of type Object",
        "/States/S/Assign",
    );
}

/// Documented for variables of Parallel and Map; a distributed Map does not see those around it. A recording of 2024-11-13 has a
/// variable in a branch and in the Catch of its Parallel.
#[test]
fn a_variable_of_an_outer_scope_is_not_assigned_in_an_inner_one() {
    let inner = |assign: Value, name: &str| json!({ "StartAt": name, "States": { name: { "Type": "Pass", "Assign": assign, "End": true } } });
    let told = |mut state: Value| {
        state["Next"] = json!("Last");
        state.as_object_mut().unwrap().remove("End");
        let machine = json!({ "StartAt": "S", "States": {
            "S": state,
            "Last": { "Type": "Choice", "Default": "End", "Choices": [
                { "Variable": "$.a", "IsNull": true, "Assign": { "x": 1 }, "Next": "End" }] },
            "End": { "Type": "Succeed" },
        } });
        assert_valid(&machine);
        warnings(&machine)
    };
    let map = |assign: Value| state("Map", json!({ "ItemProcessor": inner(assign, "I") }));
    let [warning] = &told(map(json!({ "x.$": "$" })))[..] else {
        panic!("there is one warning");
    };
    assert!(
        warning.starts_with("OUTER_VARIABLE: The variable 'x' is assigned in an outer scope, so AWS does not allow it to be assigned here at /States/S/ItemProcessor/States/I/Assign/x.$"),
        "{warning}"
    );
    let none: [String; 0] = [];
    assert_eq!(told(map(json!({ "y.$": "$x" }))), none);
    let branches = json!([inner(json!({ "y": 1 }), "A"), inner(json!({ "y": 1 }), "B")]);
    let mut parallel = state("Parallel", json!({ "Branches": branches }));
    parallel["Catch"] =
        json!([{ "ErrorEquals": ["States.ALL"], "Assign": { "y": 2 }, "Next": "End" }]);
    assert_eq!(told(parallel.clone()), none);
    parallel["Assign"] = json!({ "y": 2 });
    assert_eq!(told(parallel).len(), 2);
    let mut distributed = map(json!({ "x": 1 }));
    distributed["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    assert_eq!(told(distributed), none);
}
