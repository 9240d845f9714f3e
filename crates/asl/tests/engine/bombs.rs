//! Expressions that would exhaust the memory or never end: each ends soon and in little memory, as a failure of its
//! state.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use txflow_asl::jsonata::Expression;
use txflow_asl::{Cancellation, ExecutionKind, Machine, StartOptions, Status, TaskEnd, run_to_end};

use crate::{START, alone, failure, output_of, run};
use definitions::{expressions, intrinsic, jsonata, long_text, paths};

mod definitions;

/// Far more than any of them needs, even unoptimized and next to other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is wrong with how the bomb ends, if anything.
fn complaint(name: &str, state: Value, errors: &[&str]) -> Option<String> {
    let started = Instant::now();
    let ended = run(&alone(state), long_text());
    let took = started.elapsed();
    let error = ended.outcome.error.clone().unwrap_or_default();
    let cause = ended.outcome.cause.clone().unwrap_or_default();
    let as_expected = ended.outcome.status == Status::Failed
        && errors.contains(&error.as_str())
        && cause.len() < 33_000
        && took < PATIENCE;
    let shown: String = cause.chars().take(500).collect();
    (!as_expected).then(|| format!("{name}: {error} after {took:?}: {shown}"))
}

#[test]
fn expressions_that_would_take_all_end_as_failed_evaluations() {
    let complaints: Vec<String> = expressions()
        .into_iter()
        .filter_map(|(name, expression)| {
            complaint(name, jsonata(&expression), &["States.QueryEvaluationError"])
        })
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// A thread of which the caller has taken any part already.
#[test]
fn values_nested_as_deep_as_they_may_be_fit_on_what_is_left_of_a_stack() {
    for step in ["[[$x]]", "{'a': $x}"] {
        for (use_of_it, has_result) in [
            ("$d", true),
            ("$string($d)", true),
            ("$clone($d) = $d", true),
            ("$count($distinct([$d, $clone($d)]))", true),
            ("$count($d.**)", true),
            ("$d ~> |$|{'n': 1}|", true),
            ("$d ~> |**|{'n': $}|", false),
            ("$abs($d)", false),
            ("$sum($d)", false),
            ("$append($d, $d)", true),
        ] {
            let text =
                format!("($d := $reduce([1..990], function($x, $i) {{ {step} }}, 1); {use_of_it})");
            let expression = Expression::parse(&text).unwrap();
            for kilobytes in (300..900).step_by(40) {
                let expression = expression.clone();
                let thread = thread::Builder::new().stack_size(kilobytes << 10);
                let evaluate = move || expression.evaluate_on(&json!({})).is_ok();
                let ok = thread.spawn(evaluate).unwrap().join().unwrap();
                assert_eq!(ok, has_result, "{text}");
            }
        }
    }
}

#[test]
fn paths_that_would_take_all_end_as_runtime_and_intrinsic_failures() {
    let errors = ["States.Runtime", "States.IntrinsicFailure"];
    let complaints: Vec<String> = paths()
        .into_iter()
        .filter_map(|(name, state)| complaint(name, state, &errors))
        .collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn what_is_large_and_within_the_budget_goes_on_working() {
    let evaluated = |expression: &str| output_of(jsonata(expression), long_text());
    assert_eq!(evaluated("$sum([1..800000])"), json!(320_000_400_000_i64));
    assert_eq!(evaluated("$length($pad('x', 200000))"), json!(200_000));
    assert_eq!(
        evaluated("$count($distinct($append([1..2000], [1..2000])))"),
        json!(2_000)
    );
    assert_eq!(
        evaluated("$join($map([1..3], $string), '-')"),
        json!("1-2-3")
    );
    assert_eq!(evaluated("'a' ~> $pad(3, '#')"), json!("a##"));
    let text = "x,".repeat(100_000);
    let input = json!({ "t": text });
    let split = json!({ "Type": "Pass", "Parameters": { "n.$": "States.ArrayLength(States.StringSplit($.t, ','))" }, "End": true });
    assert_eq!(output_of(split, input), json!({ "n": 100_000 }));
}

#[test]
fn what_asks_for_room_means_what_it_meant() {
    let evaluated = |expression: &str| output_of(jsonata(expression), json!({}));
    assert_eq!(
        evaluated("$states.context.State.Name.$pad(-3, '#')"),
        json!("##S")
    );
    assert_eq!(evaluated("($p := $pad(?, 3, '#'); $p('a'))"), json!("a##"));
    // Joins, with variables for their parts.
    assert_eq!(
        evaluated(
            "($loans := [{'who': 'Ann', 'of': 1}, {'who': 'Bob', 'of': 2}, {'who': 'Eve', 'of': 1}];
              $books := [{'id': 1, 'title': 'A'}, {'id': 2, 'title': 'B'}];
              {'l': $loans, 'b': $books}.l@$l.$books@$b[$l.of = $b.id].($l.who & $b.title))"
        ),
        json!(["AnnA", "BobB", "EveA"])
    );
    assert_eq!(evaluated("($join := 'mine'; $join & 1)"), json!("mine1"));
    assert_eq!(
        evaluated("$replace('abc', /b/, function($m) { $uppercase($m.match) })"),
        json!("aBc")
    );
    assert_eq!(
        evaluated("($u := function($m) { 'x' }; $replace('abc', /b/, $u))"),
        json!("axc")
    );
    assert_eq!(
        evaluated("$missing & 1 & [1, 'a'] & null"),
        json!("1[1,\"a\"]null")
    );
    assert_eq!(evaluated("$exists($string($missing))"), json!(false));
    assert_eq!(
        evaluated("$split('a-b', '-') ~> $map($uppercase) ~> $join"),
        json!("AB")
    );
    assert_eq!(
        evaluated("$formatNumber(1234.5, '#,##0.00')"),
        json!("1,234.50")
    );
    assert_eq!(
        evaluated("$fromMillis(0, '[Y0001]-[M01]-[D01]')"),
        json!("1970-01-01")
    );
}

#[test]
fn a_range_has_at_most_1000_items() {
    for call in [
        "States.ArrayRange(-9223372036854775808, 9223372036854775807, 1)",
        "States.ArrayRange(9223372036854775807, -9223372036854775808, -1)",
        "States.ArrayRange(1, 1001, 1)",
    ] {
        let complaint = complaint(call, intrinsic(call), &["States.IntrinsicFailure"]);
        assert_eq!(complaint, None);
    }
    let whole = output_of(intrinsic("States.ArrayRange(1, 1000, 1)"), json!({}));
    assert_eq!(whole["r"].as_array().unwrap().len(), 1_000);
}

#[test]
fn deep_nesting_is_no_stack_overflow() {
    let deep = |open: &str, close: &str| {
        let text = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        let state = json!({ "Type": "Pass", "QueryLanguage": "JSONata", "Output": format!("{{% {text} %}}"), "End": true });
        if let Ok(machine) = Machine::from_value(&alone(state)) {
            run_to_end(&machine, StartOptions::default(), START, |_| TaskEnd::Never);
        }
    };
    deep("[", "]");
    deep("(", ")");
    deep("-", "");
    deep("{'a': ", "}");
    deep("$not(", ")");
    let state = intrinsic(&format!(
        "$[?({}@.a{})]",
        "(".repeat(10_000),
        ")".repeat(10_000)
    ));
    // Parentheses within a filter have no meaning.
    let machine = Machine::from_value(&alone(state)).unwrap();
    run_to_end(&machine, StartOptions::default(), START, |_| TaskEnd::Never);
}

#[test]
fn a_cancelled_evaluation_ends_at_once_and_the_execution_can_be_stopped() {
    let cancellation = Cancellation::default();
    let options = StartOptions {
        cancellation: cancellation.clone(),
        ..StartOptions::default()
    };
    let machine =
        Machine::from_value(&alone(jsonata("($f := function() { $f() }; $f())"))).unwrap();
    let mut execution = txflow_asl::Execution::start(&machine, options, START);
    let step = std::thread::scope(|scope| {
        let advancing = scope.spawn(|| execution.advance(START));
        cancellation.cancel();
        advancing.join().unwrap()
    });
    assert!(step.end.is_none(), "{:?}", step.end);
    execution.stop(None, None);
    let end = execution.advance(START).end.unwrap();
    assert_eq!(end.status, Status::Aborted);
}

#[test]
fn an_express_execution_ends_after_five_minutes() {
    let machine = Machine::from_value(&alone(
        json!({ "Type": "Wait", "Seconds": 301, "End": true }),
    ));
    let machine = machine.unwrap();
    let end = |kind| {
        let options = StartOptions {
            kind,
            ..StartOptions::default()
        };
        run_to_end(&machine, options, START, |_| TaskEnd::Never)
    };
    assert_eq!(
        end(ExecutionKind::Standard).outcome.status,
        Status::Succeeded
    );
    let express = end(ExecutionKind::Express);
    assert_eq!(express.outcome.status, Status::TimedOut);
    assert_eq!(express.outcome.error.as_deref(), Some("States.Timeout"));
    let last = express.events.last().unwrap();
    assert_eq!(last.timestamp.as_millis() - START.as_millis(), 300_000);
}

#[test]
fn times_beyond_the_year_9999_fail_the_state() {
    let wait = |field: &str, value: Value| json!({ "Type": "Wait", field: value, "End": true });
    let input =
        json!({ "s": 1e18 as i64, "t": "99999-01-01T00:00:00Z", "u": "9999-12-31T23:59:59-10:00" });
    for state in [
        wait("SecondsPath", json!("$.s")),
        wait("TimestampPath", json!("$.t")),
        wait("TimestampPath", json!("$.u")),
        wait("Seconds", json!(1e18)),
        wait("Timestamp", json!("9999-12-31T23:59:59-10:00")),
        json!({ "Type": "Task", "Resource": crate::FUNCTION, "TimeoutSecondsPath": "$.s", "End": true }),
        json!({ "Type": "Task", "Resource": crate::FUNCTION, "HeartbeatSecondsPath": "$.s", "End": true }),
    ] {
        let ended = run(&alone(state.clone()), input.clone());
        assert_eq!(failure(&ended).0, "States.Runtime", "{state}");
    }
    for field in ["Seconds", "Timestamp"] {
        let value = if field == "Seconds" {
            "{% 1e18 %}"
        } else {
            "{% '9999-12-31T23:59:59-10:00' %}"
        };
        let state =
            json!({ "Type": "Wait", "QueryLanguage": "JSONata", field: value, "End": true });
        assert_eq!(
            run(&alone(state), json!({})).outcome.status,
            Status::Failed,
            "{field}"
        );
    }
}

#[test]
fn retries_end_when_their_delay_has_grown_beyond_all_time() {
    let state = json!({
        "Type": "Task", "Resource": crate::FUNCTION, "End": true,
        "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 99_999_999, "BackoffRate": 1e300, "MaxAttempts": 99_999_999 }],
    });
    let ended = crate::run_with(&alone(state), json!({}), |_| {
        TaskEnd::Done(Err(txflow_asl::TaskError {
            error: "E".into(),
            cause: String::new(),
        }))
    });
    assert_eq!(failure(&ended).0, "E");
}
