use proptest::prelude::*;
use serde_json::{Map, Value, json};
use txflow_asl::definition::Retrier;
use txflow_asl::intrinsic::Intrinsic;
use txflow_asl::jsonata::Expression;
use txflow_asl::jsonpath::JsonPath;
use txflow_asl::{Machine, StartOptions, Status, TaskEnd, run_to_end};

use crate::{START, alone, output, run, run_with, succeeds};

/// Any JSON, with words of the language among its keys and strings.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "StartAt",
        "States",
        "Type",
        "Pass",
        "Task",
        "Choice",
        "Map",
        "Parallel",
        "Wait",
        "Fail",
        "S",
        "Next",
        "End",
        "$.a[*].b",
        "$$",
        "$x",
        "$..a[?(@.b > 1)]",
        "States.Format('{}', $.a)",
        "{% $states.input %}",
        "a",
        "",
        "Parameters",
        "x.$",
        "InputPath",
        "ItemProcessor",
        "Branches",
        "Choices",
        "Variable",
        "QueryLanguage",
        "JSONata",
    ]);
    let word = word.prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_definition_panics(definition in any_json(), state in any_json()) {
        let _ = Machine::from_value(&definition);
        let _ = Machine::from_value(&alone(state));
    }

    #[test]
    fn no_state_panics_on_any_input(state in any_json(), kind in 0..7_usize, input in any_json()) {
        let kind = ["Pass", "Task", "Choice", "Wait", "Fail", "Map", "Succeed"][kind];
        let mut state = match state { Value::Object(state) => state, _ => Map::new() };
        state.insert("Type".into(), kind.into());
        state.insert("End".into(), true.into());
        state.remove("Next");
        state.entry("Resource").or_insert("arn:aws:states:::lambda:invoke".into());
        if let Ok(machine) = Machine::from_value(&alone(state.into())) {
            let run = run_to_end(&machine, StartOptions::new(input), START, |_| TaskEnd::Never);
            prop_assert!(!run.events.is_empty());
        }
    }

    #[test]
    fn no_text_panics_a_parser(text in ".{0,40}", value in any_json()) {
        if let Ok(path) = JsonPath::parse(&format!("${text}")) {
            let _ = path.find(&value);
        }
        let _ = Intrinsic::parse(&format!("States.Format({text})"));
        let _ = Expression::parse(&text);
    }

    #[test]
    fn what_is_assigned_at_a_path_is_found_there(
        names in prop::collection::vec("[a-z]{1,3}", 1..5), value in any_json(),
    ) {
        let path = JsonPath::parse(&format!("$.{}", names.join("."))).unwrap();
        let mut target = json!({});
        path.assign(&mut target, value.clone()).unwrap();
        prop_assert_eq!(path.find(&target).unwrap().into_value(), value);
    }

    #[test]
    fn a_retry_never_waits_longer_than_the_most(
        interval in 0.0..100_000.0_f64, rate in 1.0..10.0_f64, most in 1.0..100_000.0_f64, attempts in 0..2_000_u64,
    ) {
        let retrier = Retrier {
            error_equals: vec!["States.ALL".into()],
            interval_seconds: interval,
            max_attempts: 99,
            backoff_rate: rate,
            max_delay_seconds: Some(most),
            full_jitter: false,
        };
        let delay = retrier.delay_seconds(attempts);
        prop_assert!((0.0..=most).contains(&delay));
    }

    #[test]
    fn jitter_never_waits_longer_than_without(seed in any::<u64>(), interval in 1..1_000_u64) {
        let machine = Machine::from_value(&alone(json!({
            "Type": "Task", "Resource": crate::FUNCTION, "End": true,
            "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": interval, "MaxAttempts": 1, "JitterStrategy": "FULL" }],
        }))).unwrap();
        let options = StartOptions { seed, ..StartOptions::default() };
        let run = run_to_end(&machine, options, START, |_| crate::fails("Busy"));
        prop_assert!(crate::seconds(&run) <= interval as f64);
    }

    #[test]
    fn a_map_keeps_the_order_of_its_items(
        items in prop::collection::vec(0..1_000_i64, 0..30), concurrency in 0..12_u64, slow in 0..1_000_i64,
    ) {
        let machine = alone(json!({
            "Type": "Map", "MaxConcurrency": concurrency, "End": true,
            "ItemProcessor": { "StartAt": "C", "States": {
                "C": { "Type": "Choice", "Choices": [
                    { "Variable": "$", "NumericLessThan": slow, "Next": "W" },
                ], "Default": "P" },
                "W": { "Type": "Wait", "SecondsPath": "$", "End": true },
                "P": { "Type": "Task", "Resource": crate::FUNCTION, "End": true },
            } },
        }));
        let run = run_with(&machine, json!(items), |task| succeeds(task.parameters.value().clone()));
        prop_assert_eq!(run.outcome.status, Status::Succeeded);
        prop_assert_eq!(output(&run), json!(items));
    }

    #[test]
    fn math_add_rounds_half_up(a in -1_000_000.0..1_000_000.0_f64, b in -1_000_000_i64..1_000_000) {
        let state = json!({ "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.a, $.b)" }, "End": true });
        let found = output(&run(&alone(state), json!({ "a": a, "b": b })));
        prop_assert_eq!(found["n"].as_i64().unwrap(), (a + 0.5).floor() as i64 + b);
    }
}
