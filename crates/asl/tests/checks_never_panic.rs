//! The checks work for any text: no panic, no overflow, and every finding has a position.
#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};
use txflow_asl::ExecutionKind;
use txflow_asl::permissions::{Owner, needs, unknown_resources};
use txflow_asl::source::Source;
use txflow_asl::validate::validate;

const OWNER: Owner<'static> = Owner {
    partition: "aws",
    region: "us-east-1",
    account: "1",
    state_machine: "m",
};

/// Checks a definition, and that each finding points into its text.
fn check(source: &Source) {
    for unknown in unknown_resources(&needs(source.value(), &OWNER)) {
        assert!(source.value().pointer(unknown.place).is_some());
        let position = unknown.finding(source).position;
        assert!(source.text().get(position.span).is_some());
    }
    for kind in [ExecutionKind::Standard, ExecutionKind::Express] {
        for finding in validate(source, kind) {
            let position = &finding.position;
            assert!(source.text().get(position.span.clone()).is_some());
            assert!(position.line >= 1 && position.column >= 1);
        }
    }
}

/// Strings that have a meaning in a definition, and some that do not.
fn word() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "$",
        "$.a[0]",
        "$$.Task.Token",
        "$v",
        "$..a[?(@.b > 1)]",
        "States.ALL",
        "States.UUID()",
        "States.Format('{}', $.a)",
        "{% $states.input.a %}",
        "{% a[b] ~> $f(%) %}",
        "{%",
        "${x}",
        "arn:aws:states:::lambda:invoke",
        "arn:aws:states:::sns:publish.waitForTaskToken",
        "arn:aws:states:::aws-sdk:s3:copyObject",
        "arn:aws:states:::aws-sdk:dynamodb:transactWriteItems",
        "arn:aws:states:::ecs:runTask.sync",
        "arn:aws:states:::http:invoke",
        "https://sqs.us-east-1.amazonaws.com/1/q",
        "arn:aws:lambda:us-east-1:1:function:f",
        "2026-01-01T00:00:00Z",
        "JSONata",
        "JSONPath",
        "DISTRIBUTED",
        "EXPRESS",
        "A",
        "B",
        "Pass",
        "Task",
        "Map",
        "Parallel",
        "Choice",
        "Wait",
        "Fail",
        "Succeed",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,12}"]
}

fn key() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "RoleArn",
        "QueueUrl",
        "TransactItems",
        "Put",
        "TableName.$",
        "Bucket",
        "CopySource",
        "TaskDefinition",
        "ApiEndpoint",
        "StartAt",
        "States",
        "Type",
        "Next",
        "End",
        "Default",
        "Choices",
        "And",
        "Not",
        "Variable",
        "Condition",
        "IsNull",
        "NumericEquals",
        "Branches",
        "ItemProcessor",
        "ProcessorConfig",
        "Mode",
        "ExecutionType",
        "Retry",
        "Catch",
        "ErrorEquals",
        "MaxAttempts",
        "Resource",
        "Parameters",
        "Arguments",
        "Output",
        "Assign",
        "ResultPath",
        "ItemReader",
        "ReaderConfig",
        "ItemBatcher",
        "Label",
        "QueryLanguage",
        "TimeoutSeconds",
        "Credentials",
        "Result",
        "A",
        "B",
        "a.$",
        "a",
        "states",
        "~/ü",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "\\PC{0,6}"]
}

/// JSON that partly looks like a definition.
fn definition() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => word().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(8, 96, 8, |inner| {
        prop_oneof![
            4 => btree_map(key(), inner.clone(), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            1 => vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

/// A whole machine with arbitrary states, so that more of the checks are reached.
fn machine() -> impl Strategy<Value = Value> {
    let kinds = [
        "Pass", "Task", "Map", "Parallel", "Choice", "Wait", "Fail", "Succeed",
    ];
    let state = (prop::sample::select(kinds.to_vec()), definition()).prop_map(|(kind, state)| {
        let mut state = match state {
            Value::Object(fields) => fields,
            other => serde_json::Map::from_iter([("Parameters".to_owned(), other)]),
        };
        state.insert("Type".into(), kind.into());
        Value::Object(state)
    });
    let language = prop::sample::select(vec!["JSONata", "JSONPath"]);
    (language, btree_map(key(), state, 1..5)).prop_map(|(language, states)| {
        let start = states.keys().next().cloned();
        let states: serde_json::Map<String, Value> = states.into_iter().collect();
        json!({ "QueryLanguage": language, "StartAt": start, "States": states })
    })
}

/// The same cases on every run; the fuzz targets search for others.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(20_260_101),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_json(value in definition()) {
        check(&Source::from_json(value.to_string()).unwrap());
    }

    #[test]
    fn any_machine(value in machine()) {
        check(&Source::from_json(serde_json::to_string_pretty(&value).unwrap()).unwrap());
    }

    #[test]
    fn any_text(text in "\\PC*") {
        for source in [Source::from_json(text.as_str()), Source::from_yaml(text.as_str())] {
            match source {
                Ok(source) => check(&source),
                Err(error) => prop_assert!(text.get(error.location.span).is_some()),
            }
        }
    }

    /// A definition that is being typed: cut off, or with an extra character.
    #[test]
    fn any_broken_machine(value in machine(), at in any::<prop::sample::Index>(), stroke in "\\PC?") {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let offset = text.floor_char_boundary(at.index(text.len()));
        let (before, after) = text.split_at(offset);
        for text in [before.to_owned(), format!("{before}{stroke}{after}")] {
            for source in [Source::from_json(text.as_str()), Source::from_yaml(text)] {
                source.iter().for_each(check);
            }
        }
    }

    #[test]
    fn every_value_is_found_where_it_stands(value in definition()) {
        let source = Source::from_json(serde_json::to_string_pretty(&value).unwrap()).unwrap();
        assert_places(&source, &value, String::new());
    }
}

fn assert_places(source: &Source, value: &Value, pointer: String) {
    let location = source.locate(&pointer).unwrap();
    let text = &source.text()[location.span];
    assert_eq!(&serde_json::from_str::<Value>(text).unwrap(), value);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
                let key = source.locate_key(&pointer).unwrap();
                let key: String = serde_json::from_str(&source.text()[key.span]).unwrap();
                assert_eq!(&key, name);
                assert_places(source, value, pointer);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                assert_places(source, item, format!("{pointer}/{index}"));
            }
        }
        _ => {}
    }
}

/// Expressions can be nested deeply in flat JSON.
#[test]
fn deep_expressions_are_answered() {
    let deep =
        |open: &str, close: &str| format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
    let expressions = [
        deep("(", ")"),
        deep("[", "]"),
        deep("$f(", ")"),
        deep("1+", ""),
        deep("a.", ""),
        deep("-", ""),
        deep("function(){", "}"),
        deep("true ? ", " : 1"),
    ];
    for expression in expressions {
        let state =
            json!({ "Type": "Pass", "End": true, "Output": format!("{{% {expression} %}}") });
        let machine =
            json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": { "S": state } });
        check(&Source::from_json(machine.to_string()).unwrap());
    }
    for path in [
        deep("States.Array(", ")"),
        format!("$.a{}", deep("[?(@.a", ")]")),
        format!("$.a{}", deep("[?((", "))]")),
        format!("${}", deep(".a", "")),
        format!("${}", deep("..", "")),
    ] {
        let state = json!({ "Type": "Pass", "End": true, "Parameters": { "a.$": path } });
        let machine = json!({ "StartAt": "S", "States": { "S": state } });
        check(&Source::from_json(machine.to_string()).unwrap());
    }
}
