use serde_json::json;

use super::*;

#[test]
fn the_machine_has_its_fields() {
    assert_schema(
        &json!({}),
        "These fields are required: [States, StartAt]",
        "/",
    );
    assert_schema(&json!([]), "Expected value of type Object", "/");
    let mut machine = with(state("Succeed", json!({})));
    machine["Extra"] = json!(1);
    assert_schema(&machine, "Field 'Extra' is not supported", "/");
    let mut machine = with(state("Succeed", json!({})));
    machine["Version"] = json!("2.0");
    assert_schema(
        &machine,
        "Value should be one of the following: [1.0]",
        "/Version",
    );
    machine["Version"] = json!("1.0");
    machine["TimeoutSeconds"] = json!(0);
    machine["Comment"] = json!("fine");
    assert_valid(&machine);
}

#[test]
fn states_have_a_known_type() {
    assert_schema(
        &with(json!({ "End": true })),
        "These fields are required: [Type]",
        "/States/S",
    );
    let [error] = &errors(&with(json!({ "Type": "Sleep", "End": true })))[..] else {
        panic!("one error");
    };
    assert!(
        error.ends_with("Parallel, Map] at /States/S/Type"),
        "{error}"
    );
    assert_schema(
        &with(json!("Pass")),
        "Expected value of type Object",
        "/States/S",
    );
}

/// The fields that each type of state has.
#[test]
fn fields_belong_to_types() {
    let table: &[(&str, Value, &[&str])] = &[
        ("Result", json!(1), &["Pass"]),
        (
            "Parameters",
            json!({}),
            &["Pass", "Task", "Parallel", "Map"],
        ),
        ("ResultSelector", json!({}), &["Task", "Parallel", "Map"]),
        (
            "ResultPath",
            json!("$.r"),
            &["Pass", "Task", "Parallel", "Map"],
        ),
        ("Retry", json!([]), &["Task", "Parallel", "Map"]),
        ("Catch", json!([]), &["Task", "Parallel", "Map"]),
        ("TimeoutSeconds", json!(9), &["Task"]),
        ("HeartbeatSeconds", json!(9), &["Task"]),
        (
            "Assign",
            json!({ "x": 1 }),
            &["Pass", "Task", "Wait", "Parallel", "Map"],
        ),
        (
            "InputPath",
            json!("$"),
            &["Pass", "Task", "Wait", "Succeed", "Parallel", "Map"],
        ),
        ("Cause", json!("c"), &["Fail"]),
        ("Label", json!("l"), &["Map"]),
    ];
    let types = ["Pass", "Task", "Wait", "Succeed", "Fail", "Parallel", "Map"];
    for (field, value, having) in table {
        for kind in types {
            let definition = with(state(kind, json!({ *field: value })));
            if having.contains(&kind) {
                assert_valid(&definition);
            } else {
                let message = format!("Field '{field}' is not supported");
                assert_schema(&definition, &message, "/States/S");
            }
        }
    }
}

#[test]
fn a_state_goes_on_or_ends() {
    let neither = "This object should have only one of the following fields: [Next, End]";
    let both = "There should only be one of the following fields: [Next, End]";
    let mut machine = with(state("Pass", json!({ "Next": "T" })));
    machine["States"]["T"] = state("Succeed", json!({}));
    assert_schema(&machine, both, "/States/S");
    machine["States"]["S"]["End"] = json!(false);
    assert_valid(&machine);
    machine["States"]["T"] = json!({ "Type": "Wait", "Seconds": 1 });
    assert!(errors(&machine).contains(&format!("{SCHEMA}: {neither} at /States/T")));
}

#[test]
fn static_and_dynamic_fields_exclude_each_other() {
    for (kind, fields, names) in [
        (
            "Task",
            json!({ "TimeoutSeconds": 9, "TimeoutSecondsPath": "$.t" }),
            "TimeoutSeconds, TimeoutSecondsPath",
        ),
        (
            "Fail",
            json!({ "Error": "e", "ErrorPath": "$.e" }),
            "Error, ErrorPath",
        ),
        (
            "Map",
            json!({ "MaxConcurrency": 1, "MaxConcurrencyPath": "$.m" }),
            "MaxConcurrency, MaxConcurrencyPath",
        ),
        (
            "Map",
            json!({ "Iterator": machine("J") }),
            "ItemProcessor, Iterator",
        ),
        (
            "Wait",
            json!({ "SecondsPath": "$.s" }),
            "SecondsPath, Seconds, TimestampPath, Timestamp",
        ),
    ] {
        let message = format!("There should only be one of the following fields: [{names}]");
        assert_schema(&with(state(kind, fields)), &message, "/States/S");
    }
}

#[test]
fn numbers_have_bounds() {
    for (kind, field, value, message) in [
        ("Task", "TimeoutSeconds", json!(0), "Minimum value is 1"),
        ("Wait", "Seconds", json!(-1), "Minimum value is 0"),
        (
            "Wait",
            "Seconds",
            json!(100_000_000),
            "Maximum value is 99999999",
        ),
        (
            "Wait",
            "Seconds",
            json!("1"),
            "Expected value of type Integer",
        ),
        (
            "Wait",
            "Seconds",
            json!(1.5),
            "Expected value of type Integer",
        ),
        ("Map", "MaxConcurrency", json!(-1), "Minimum value is 0"),
        (
            "Map",
            "ToleratedFailurePercentage",
            json!(100.5),
            "Maximum value is 100.0",
        ),
        (
            "Task",
            "HeartbeatSeconds",
            json!(10),
            "'HeartbeatSeconds' must be smaller than 'TimeoutSeconds'",
        ),
    ] {
        let timeout = match field {
            "HeartbeatSeconds" => json!({ "TimeoutSeconds": 10, field: value }),
            _ => json!({ field: value }),
        };
        let definition = with(state(kind, timeout));
        assert_schema(&definition, message, &format!("/States/S/{field}"));
    }
}

#[test]
fn retriers_and_catchers_are_checked() {
    let retry = |retrier: Value| with(state("Task", json!({ "Retry": [retrier] })));
    for (field, value, message) in [
        ("MaxAttempts", json!(-1), "Minimum value is 0"),
        (
            "IntervalSeconds",
            json!("1"),
            "Expected value of type Integer",
        ),
        ("BackoffRate", json!(0.5), "Minimum value is 1.0"),
        (
            "MaxDelaySeconds",
            json!(31_622_401),
            "Maximum value is 31622400",
        ),
        (
            "JitterStrategy",
            json!("SOME"),
            "Value should be one of the following: [NONE, FULL]",
        ),
        ("ErrorEquals", json!([]), "Value cannot be empty"),
    ] {
        let mut retrier = json!({ "ErrorEquals": ["States.ALL"] });
        retrier[field] = value;
        assert_schema(
            &retry(retrier),
            message,
            &format!("/States/S/Retry[0]/{field}"),
        );
    }
    assert_schema(
        &with(state("Task", json!({ "Catch": [{}] }))),
        "These fields are required: [Next, ErrorEquals]",
        "/States/S/Catch[0]",
    );
    assert_eq!(
        warnings(&retry(json!({ "ErrorEquals": ["States.TimeOut"] }))),
        [
            "UNKNOWN_ERROR_NAME: 'States.TimeOut' is not a reserved error name, and no Fail state raises it \
          at /States/S/Retry[0]/ErrorEquals[0]"
        ]
    );
}

#[test]
fn an_error_that_a_fail_state_raises_is_known() {
    let parallel = |error: Value| {
        let mut inside = error;
        inside["Type"] = json!("Fail");
        let branch = json!({ "StartAt": "F", "States": { "F": inside } });
        with(state(
            "Parallel",
            json!({
                "Branches": [branch],
                "Retry": [{ "ErrorEquals": ["States.Sold0ut"] }],
            }),
        ))
    };
    let found = findings(&parallel(json!({ "Error": "States.SoldOut" })));
    assert_eq!(
        found[0].hint.as_deref(),
        Some("did you mean `States.SoldOut`?")
    );
    for known in [
        json!({ "Error": "States.Sold0ut" }),
        json!({ "ErrorPath": "$.error" }),
    ] {
        assert_eq!(warnings(&parallel(known)), Vec::<String>::new());
    }
}

#[test]
fn a_path_in_a_field_for_texts_is_a_warning() {
    let rule = json!({ "Variable": "$.a", "StringEquals": "$.b", "Next": "S" });
    let mut machine = with(json!({ "Type": "Choice", "Choices": [rule], "Default": "F" }));
    machine["States"]["F"] = json!({ "Type": "Fail", "Error": "$.error", "Cause": "costs $5" });
    let places: Vec<String> = warnings(&machine);
    assert_eq!(places.len(), 2, "{places:?}");
    assert!(
        places[0].starts_with("NO_PATH: '$.b' looks like a path"),
        "{places:?}"
    );
    assert!(places[1].ends_with(" at /States/F/Error"), "{places:?}");
}

/// Measured by <https://github.com/floci-io/floci/issues/2968> and its pull request.
#[test]
fn a_query_language_is_judged_as_on_aws() {
    let other = |set: &str, field: &str, only: &str| {
        format!(
            "{SCHEMA}: The QueryLanguage is set to '{set}', but field '{field}' is only supported for the '{only}' \
             QueryLanguage at /States/S"
        )
    };
    let outside = |place: &str| {
        format!("{SCHEMA}: Value should be one of the following: [JSONPath, JSONata] at {place}")
    };
    let of_state = |language: Value, fields: Value| {
        let mut state = state("Pass", fields);
        state["QueryLanguage"] = language;
        with(state)
    };
    assert_eq!(
        errors(&of_state(json!("foo"), json!({ "InputPath": "$.a" }))),
        [
            other("JSONata", "InputPath", "JSONPath"),
            outside("/States/S/QueryLanguage")
        ]
    );
    assert_eq!(
        errors(&of_state(json!(5), json!({ "InputPath": "$.a" }))),
        [
            other("JSONata", "InputPath", "JSONPath"),
            format!("{SCHEMA}: Expected value of type [STRING] at /States/S/QueryLanguage")
        ]
    );
    let mut machine = with(state("Pass", json!({ "InputPath": "$.a" })));
    machine["QueryLanguage"] = json!("jsonpath");
    assert_eq!(
        errors(&machine),
        [
            outside("/QueryLanguage"),
            other("JSONata", "InputPath", "JSONPath")
        ]
    );

    // A state that must not set its language is not told what that language does not have, but all else.
    let refused = format!(
        "{SCHEMA}: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/S"
    );
    let mut pass = state("Pass", json!({ "Output": { "v": "{% 1 %}" } }));
    pass["QueryLanguage"] = json!("JSONPath");
    assert_eq!(errors(&with_jsonata(pass)), [refused.as_str()]);
    let mut map = state("Map", json!({ "MaxConcurrency": -1 }));
    map["QueryLanguage"] = json!("JSONPath");
    assert_eq!(
        errors(&with_jsonata(map)),
        [
            refused,
            format!("{SCHEMA}: Minimum value is 0 at /States/S/MaxConcurrency")
        ]
    );
}

#[test]
fn states_all_stands_alone_and_last() {
    let message = "States.ALL must appear alone and at end of list";
    let retry = |retry: Value| with(state("Task", json!({ "Retry": retry })));
    assert_schema(
        &retry(json!([{ "ErrorEquals": ["States.ALL"] }, { "ErrorEquals": ["E"] }])),
        message,
        "/States/S/Retry[0]/ErrorEquals[0]",
    );
    assert_schema(
        &retry(json!([{ "ErrorEquals": ["E", "States.ALL"] }])),
        message,
        "/States/S/Retry[0]/ErrorEquals[1]",
    );
    assert_valid(&retry(
        json!([{ "ErrorEquals": ["E"] }, { "ErrorEquals": ["States.ALL"] }]),
    ));
}

#[test]
fn choice_rules_compare_one_thing() {
    let choice = |rule: Value| {
        let mut machine = with(json!({ "Type": "Choice", "Choices": [rule], "Default": "T" }));
        machine["States"]["T"] = state("Succeed", json!({}));
        machine
    };
    let rule = "/States/S/Choices[0]";
    assert_valid(&choice(json!({ "Next": "T", "Not": { "Or": [
        { "Variable": "$.a", "NumericEquals": 1.5 },
        { "Variable": "$$.Execution.Name", "StringMatches": "a*" },
        { "Variable": "$v", "TimestampEquals": "2026-01-01T00:00:00Z" },
    ] } })));
    assert_schema(
        &choice(json!({ "Variable": "$.a", "IsNull": true })),
        "These fields are required: [Next]",
        rule,
    );
    assert_schema(
        &choice(json!({ "Next": "T" })),
        "The object must have only one of the following fields, [And, Or, Not, Variable, Condition]",
        rule,
    );
    for (fields, start) in [
        (json!({}), "This object should have only one"),
        (
            json!({ "IsNull": true, "IsString": true }),
            "There should only be one",
        ),
    ] {
        let mut fields = fields;
        fields["Variable"] = json!("$.a");
        fields["Next"] = json!("T");
        let [error] = &errors(&choice(fields))[..] else {
            panic!("one error");
        };
        assert!(error.contains(start) && error.ends_with(rule), "{error}");
    }
    for (rule, message, place) in [
        (
            json!({ "StringEquals": 1 }),
            "Expected value of type String",
            "StringEquals",
        ),
        (
            json!({ "NumericLessThan": "1" }),
            "Expected value of type Number",
            "NumericLessThan",
        ),
        (
            json!({ "IsPresent": "true" }),
            "Expected value of type Boolean",
            "IsPresent",
        ),
        (
            json!({ "TimestampEquals": "2026-01-01" }),
            "String does not match RFC3339 timestamp",
            "TimestampEquals",
        ),
    ] {
        let mut rule = rule;
        rule["Variable"] = json!("$.a");
        rule["Next"] = json!("T");
        assert_schema(
            &choice(rule),
            message,
            &format!("/States/S/Choices[0]/{place}"),
        );
    }
    assert_schema(
        &choice(
            json!({ "Next": "T", "And": [{ "Variable": "$.a", "IsNull": true, "Next": "T" }] }),
        ),
        "Field 'Next' is not supported",
        "/States/S/Choices[0]/And[0]",
    );
    let mut without_default = choice(json!({ "Variable": "$.a", "IsNull": true, "Next": "T" }));
    without_default["States"]["S"]
        .as_object_mut()
        .unwrap()
        .remove("Default");
    assert_valid(&without_default);
    assert!(warnings(&without_default)[0].starts_with("NO_DEFAULT: "));
}

#[test]
fn a_map_has_its_parts() {
    let map = |fields: Value| with(state("Map", fields));
    let processor = |config: Value| {
        let mut processor = machine("I");
        processor["ProcessorConfig"] = config;
        map(json!({ "ItemProcessor": processor }))
    };
    let config = "/States/S/ItemProcessor/ProcessorConfig";
    assert_valid(&processor(
        json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }),
    ));
    assert_schema(
        &processor(json!({ "Mode": "DISTRIBUTED" })),
        "These fields are required: [ExecutionType]",
        config,
    );
    assert_schema(
        &processor(json!({ "Mode": "INLINE", "ExecutionType": "STANDARD" })),
        "Field 'ExecutionType' is not supported",
        config,
    );
    assert_schema(
        &processor(json!({ "Mode": "PARALLEL" })),
        "Value should be one of the following: [INLINE, DISTRIBUTED]",
        "/States/S/ItemProcessor/ProcessorConfig/Mode",
    );
    let reader = |config: Value| {
        map(json!({ "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "Parameters": { "Bucket": "b", "Key": "k" },
            "ReaderConfig": config,
        } }))
    };
    let config = "/States/S/ItemReader/ReaderConfig";
    assert_valid(&reader(
        json!({ "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" }),
    ));
    assert_schema(
        &reader(json!({ "InputType": "CSV" })),
        "The field 'CSVHeaderLocation' is required",
        config,
    );
    assert_schema(
        &reader(json!({ "InputType": "CSV", "CSVHeaderLocation": "GIVEN" })),
        "These fields are required: [CSVHeaders]",
        config,
    );
    for (refused, message, place) in [
        (
            json!({ "ManifestType": "S3_INVENTORY", "InputType": "JSONL" }),
            "Field 'InputType' is not supported",
            "",
        ),
        (
            json!({ "ManifestType": "ATHENA_DATA", "InputType": "JSON" }),
            "Value should be one of the following: [CSV, JSONL, PARQUET]",
            "/InputType",
        ),
        (
            json!({ "Transformation": "LOAD_AND_FLATTEN" }),
            "The field 'InputType' is required",
            "",
        ),
        (
            json!({ "InputType": "JSONL", "ItemsPointer": "/a" }),
            "Field 'ItemsPointer' is not supported",
            "",
        ),
        (
            json!({ "InputType": "JSON", "ItemsPointer": "a/b" }),
            "Value is not a valid JSONPointer",
            "/ItemsPointer",
        ),
        (
            json!({ "InputType": "JSONL", "CSVHeaders": ["a"] }),
            "Field 'CSVHeaders' is not supported",
            "",
        ),
        (
            json!({ "InputType": "PARQUET", "CSVHeaderLocation": "FIRST_ROW" }),
            "Field 'CSVHeaderLocation' is not supported",
            "",
        ),
    ] {
        assert_schema(&reader(refused), message, &format!("{config}{place}"));
    }
    for accepted in [
        json!({ "ManifestType": "S3_INVENTORY" }),
        json!({ "ManifestType": "ATHENA_DATA", "InputType": "PARQUET" }),
        json!({ "Transformation": "LOAD_AND_FLATTEN", "InputType": "JSON" }),
        json!({ "InputType": "JSON", "ItemsPointer": "/a/b" }),
        json!({ "InputType": "MANIFEST" }),
    ] {
        assert_valid(&reader(accepted));
    }
    assert_schema(
        &map(json!({ "ItemReader": { "Resource": "arn:aws:states:::s3:putObject" } })),
        "The field 'Resource' does not match any of the allowed values",
        "/States/S/ItemReader/Resource",
    );
    let writer = |writer: Value| map(json!({ "ResultWriter": writer }));
    let put = "arn:aws:states:::s3:putObject";
    let at = "/States/S/ResultWriter";
    // The page says that it "enables you to configure the following options", and requires none of them.
    assert_valid(&writer(json!({ "WriterConfig": { "OutputType": "JSON" } })));
    assert_valid(&writer(
        json!({ "WriterConfig": { "Transformation": "FLATTEN" } }),
    ));
    assert_valid(&writer(
        json!({ "Resource": put, "Parameters": { "Bucket": "b" } }),
    ));
    for (object, missing) in [
        (json!({}), "Resource"),
        (json!({ "Parameters": { "Bucket": "b" } }), "Resource"),
        (json!({ "Resource": put }), "Parameters"),
    ] {
        let message = format!("These fields are required: [{missing}]");
        assert_schema(&writer(object), &message, at);
    }
    assert_schema(
        &writer(json!({ "Resource": "arn:aws:states:::s3:getObject", "Parameters": {} })),
        "The field 'Resource' does not match any of the allowed values",
        "/States/S/ResultWriter/Resource",
    );
    assert_schema(
        &map(json!({ "Parameters": {}, "ItemSelector": {} })),
        "There should only be one of the following fields: [ItemSelector, Parameters]",
        "/States/S",
    );
    assert_schema(
        &map(json!({ "ItemBatcher": { "MaxItemsPerBatch": 1, "MaxItemsPerBatchPath": "$.n" } })),
        "There should only be one of the following fields: [MaxItemsPerBatch, MaxItemsPerBatchPath]",
        "/States/S/ItemBatcher",
    );
}

/// Custom names must not begin with `States.`; what else a handler raises is up to it, so it is never doubted.
#[test]
fn an_error_that_a_handler_may_raise_is_not_doubted() {
    let caught = |name: &str, raised: &str| {
        let mut task = state(
            "Task",
            json!({ "Catch": [{ "ErrorEquals": [name], "Next": "F" }] }),
        );
        task["End"] = json!(true);
        json!({ "StartAt": "S", "States": { "S": task, "F": { "Type": "Fail", "Error": raised } } })
    };
    for name in [
        "PaymentDeclined",
        "Timeout",
        "Lambda.TooManyRequestsException",
        "States",
        "states.all",
    ] {
        assert_eq!(findings(&caught(name, "E")), []);
    }
    // AWS does not refuse this one, so a Fail state may raise it.
    assert_eq!(findings(&caught("States.Custom", "States.Custom")), []);
    assert_eq!(warnings(&caught("States.Custom", "E")).len(), 1);
}
