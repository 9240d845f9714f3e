//! Query languages, paths, templates, expressions, variables and resources.

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
    // The states inside inherit the machine's language and not the state's.
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
fn expressions_parse() {
    let output = |text: &str| with_jsonata(state("Pass", json!({ "Output": { "v": [text] } })));
    for text in ["{% 1 + 1 %}", "{%$states.input%}", " {% not one ", "plain"] {
        assert_valid(&output(text));
    }
    for text in ["{% 1", "1 %}", "{%"] {
        assert_schema(
            &output(text),
            "JSONata string must start with {% and end with %}",
            "/States/S/Output/v[0]",
        );
    }
    for (text, message) in [
        ("{% 1 + %}", "Unexpected end of expression"),
        (
            "{% 'a %}",
            "String literal must be terminated by a matching quote",
        ),
    ] {
        assert_eq!(
            errors(&output(text)),
            [format!(
                "INVALID_JSONATA_EXPRESSION: {message} at /States/S/Output/v[0]"
            )]
        );
    }
}

#[test]
fn expressions_refer_to_states_and_variables() {
    let output = |text: &str| {
        with_jsonata(state(
            "Pass",
            json!({ "Output": format!("{{% {text} %}}") }),
        ))
    };
    for text in [
        "$states.input.a.b[c > 1]^(d){'k': e}",
        "$v.a ~> $sum()",
        "($x := 1; $x)",
        "$states.input.a.(b + $)",
        "$map($v, function($x) { $x.a })",
        "$states.input ~> |a|{'b': 1}|",
        "[1..3].{'n': $}",
        "$filter($v, function($x, $i) { $x.a = $i })",
        "$states.input.list@$l.a#$i.b",
    ] {
        assert_valid(&output(text));
    }
    for (text, names) in [
        ("a", &["a"][..]),
        ("a.b[c]", &["a"]),
        ("a + $sum(b)", &["a", "b"]),
        ("(a; b)", &["a", "b"]),
        ("{a: 1}", &["a"]),
        ("[1, a].b", &["a"]),
        ("f(1)", &["f"]),
        ("$map($v, function($x) { a })", &["a"]),
        ("$v ? a : -b", &["a", "b"]),
        ("a ~> $string()", &["a"]),
        ("$.a", &["$"]),
        ("$$.a", &["$$"]),
    ] {
        let expected: Vec<String> = names
            .iter()
            .map(|name| {
                format!(
                    "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '{name}' at the top level is not \
                     supported. at /States/S/Output"
                )
            })
            .collect();
        assert_eq!(errors(&output(text)), expected, "{text}");
    }
}

#[test]
fn the_error_output_exists_in_catch_only() {
    let error = "{% $states.errorOutput.Cause %}";
    let mut definition = with_jsonata(json!({
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f",
        "End": true,
        "Catch": [{
            "ErrorEquals": ["States.ALL"],
            "Next": "T",
            "Output": error,
            "Assign": { "cause": error },
        }],
    }));
    definition["States"]["T"] = json!({ "Type": "Succeed" });
    assert_valid(&definition);
    definition["States"]["S"]["Output"] = json!(error);
    assert_eq!(
        errors(&definition),
        [
            "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$states.errorOutput' is only supported in \
          'Catch'. at /States/S/Output"
        ]
    );
}

#[test]
fn jsonata_fields_take_expressions_or_their_own_type() {
    for (kind, field, value) in [
        ("Wait", "Seconds", json!("{% $v %}")),
        ("Map", "MaxConcurrency", json!("{% 1 %}")),
        ("Map", "Items", json!("{% $states.input %}")),
        ("Map", "Items", json!([1, "{% 2 %}"])),
        ("Fail", "Error", json!("{% $states.input.e %}")),
    ] {
        assert_valid(&with_jsonata(state(kind, json!({ field: value }))));
    }
    for (kind, field, value, literal) in [
        ("Wait", "Seconds", json!("1"), "Integer"),
        ("Map", "Items", json!(1), "Array"),
        ("Task", "Arguments", json!("a"), "Object"),
        ("Map", "ToleratedFailurePercentage", json!("1"), "Number"),
    ] {
        assert_schema(
            &with_jsonata(state(kind, json!({ field: value }))),
            &format!("Expected value of type {literal} or a JSONata expression"),
            &format!("/States/S/{field}"),
        );
    }
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

fn task(resource: &str, fields: Value) -> Value {
    let mut state = state("Task", fields);
    state["Resource"] = json!(resource);
    with(state)
}

#[test]
fn a_resource_is_an_arn_that_a_task_can_call() {
    let function = "arn:aws:lambda:us-east-1:111122223333:function:f";
    for resource in [
        function,
        &format!("{function}:$LATEST"),
        &format!("{function}:live"),
        "arn:aws:states:us-east-1:111122223333:activity:a",
        "arn:aws-cn:states:::aws-sdk:s3:listBuckets",
        "${handler}",
        "arn:${AWS::Partition}:states:::lambda:invoke",
    ] {
        assert_valid(&task(
            resource,
            json!({ "Parameters": { "FunctionName": "f" } }),
        ));
    }
    for resource in [
        "f",
        "${f",
        "${}",
        "arn:aws:lambda:us-east-1:1:function:",
        "arn:aws:lambda:::f",
    ] {
        assert_schema(
            &task(resource, json!({})),
            "Value is not a valid resource ARN",
            "/States/S/Resource",
        );
    }
    let resource = "arn:aws:states:::lambda:invoke.sync";
    assert_schema(
        &task(resource, json!({ "Parameters": { "FunctionName": "f" } })),
        &format!("The resource provided {resource} is not recognized"),
        "/States/S/Resource",
    );
}

#[test]
fn a_request_holds_what_the_service_needs() {
    let resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
    assert_schema(
        &task(resource, json!({})),
        &format!("Parameters field is required for resource ARN: {resource}"),
        "/States/S",
    );
    assert_schema(
        &task(resource, json!({ "Parameters": { "MessageBody.$": "$" } })),
        "The field 'QueueUrl' is required but was missing",
        "/States/S/Parameters",
    );
    let credentials = |value: Value| {
        task(
            "arn:aws:lambda:us-east-1:1:function:f",
            json!({ "Credentials": value }),
        )
    };
    assert_valid(&credentials(json!({ "RoleArn.$": "$.role" })));
    assert_schema(
        &credentials(json!({})),
        "The field 'RoleArn' is required but was missing",
        "/States/S/Credentials",
    );
}

#[test]
fn express_workflows_do_not_wait() {
    let express = |definition: &Value| {
        let source = Source::from_json(definition.to_string()).unwrap();
        listed(&validate(&source, ExecutionKind::Express), Severity::Error)
    };
    let parameters = json!({ "Parameters": { "StateMachineArn": "s", "Message": "m" } });
    for (resource, what) in [
        (
            "arn:aws:states:::states:startExecution.sync:2",
            "'.sync' service integration",
        ),
        (
            "arn:aws:states:::sns:publish.waitForTaskToken",
            "'.waitForTaskToken' service integration ",
        ),
        ("arn:aws:states:us-east-1:1:activity:a", "Activity ARN"),
    ] {
        let definition = task(resource, parameters.clone());
        assert_valid(&definition);
        assert_eq!(
            express(&definition),
            [format!(
                "{SCHEMA}: Express state machine does not support {what} at /States/S/Resource"
            )]
        );
    }
    let mut distributed = with(state("Map", json!({})));
    distributed["States"]["S"]["ItemProcessor"]["ProcessorConfig"] =
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" });
    assert_valid(&distributed);
    assert_eq!(
        express(&distributed),
        [format!(
            "{SCHEMA}: The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' \
             state machines at /States/S/ItemProcessor/ProcessorConfig/Mode"
        )]
    );
}
