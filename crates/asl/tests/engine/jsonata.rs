use serde_json::{Value, json};

use crate::{alone, event_types, failure, output, output_of, run, run_with, succeeds};

fn pass(output: Value) -> Value {
    json!({ "Type": "Pass", "QueryLanguage": "JSONata", "Output": output, "End": true })
}

#[test]
fn expressions_stand_anywhere_in_the_output() {
    let state = pass(
        json!({ "sum": "{% $sum($states.input.n) %}", "list": [1, "{% $states.input.n[0] %}"], "text": "$x" }),
    );
    assert_eq!(
        output_of(state, json!({ "n": [1.5, 2] })),
        json!({ "sum": 3.5, "list": [1, 1.5], "text": "$x" })
    );
}

#[test]
fn the_functions_that_aws_adds() {
    let evaluated =
        |expression: &str| output_of(pass(json!(format!("{{% {expression} %}}"))), json!({}));
    assert_eq!(evaluated("$partition([1, 2, 3], 2)"), json!([[1, 2], [3]]));
    // Measured in August 2026: numbers are truncated toward zero.
    assert_eq!(evaluated("$range(-1.7, 2, 1)"), json!([-1, 0, 1, 2]));
    assert_eq!(
        evaluated("$hash('input data', 'MD5')"),
        "812f45842bc6d66ee14572ce20db8e86"
    );
    assert_eq!(evaluated("$parse('{\"a\": [1]}').a"), json!([1]));
    assert_eq!(evaluated("$random(7) = $random(7)"), json!(true));
    assert_eq!(evaluated("$length($uuid())"), json!(36));
    assert_eq!(evaluated("$millis()"), json!(1_767_225_600_000_i64));
    assert_eq!(evaluated("$now('[Y]')"), "2026");
}

/// How an expression fails as the output of a state, without the part of the cause that names it.
fn thrown(expression: &str) -> String {
    let machine = alone(pass(json!(format!("{{% {expression} %}}"))));
    let (error, cause) = failure(&run(&machine, json!({})));
    assert_eq!(error, "States.QueryEvaluationError", "{expression}");
    let (_, thrown) = cause
        .split_once("specified for the field 'Output' ")
        .unwrap();
    thrown.to_owned()
}

const NOTHING: &str = "returned nothing (undefined).";

/// Measured on AWS with TestState (github.com/floci-io/floci, pull requests 2676, 2687, 2783 and 2790, which tell each
/// answer), apart from the neighbours: what differs from them only by its argument.
#[test]
fn the_functions_that_aws_adds_are_as_exact_as_there() {
    let evaluated =
        |expression: &str| output_of(pass(json!(format!("{{% {expression} %}}"))), json!({}));
    for (expression, expected) in [
        ("$range(4, 4, 1)", json!(4)),
        ("$range(-1.7, 2, 1)", json!([-1, 0, 1, 2])),
        ("$range(0, 6, 2)", json!([0, 2, 4, 6])),
        ("$range(5, 1, -2)", json!([5, 3, 1])),
        ("$count($range(1, 200000, 1))", json!(200_000)),
        ("$partition([1, 2, 3])", json!([[1, 2, 3]])),
        ("$partition([1, 2, 3], 2.9)", json!([[1, 2], [3]])),
        ("$random(42)", json!(0.727_563_680_032_868_1)),
        ("$random(42.9)", json!(0.727_563_680_032_868_1)),
        ("$parse('9223372036854775807')", json!(i64::MAX)),
        ("$parse('1e2')", json!(100)),
        ("1/0", json!("Infinity")),
        ("-1/0", json!("-Infinity")),
        ("1e308 * 10", json!("Infinity")),
        ("[1/0]", json!(["Infinity"])),
        ("{'k': 1/0}", json!({ "k": "Infinity" })),
        ("$parseInteger('abc', '0')", json!("NaN")),
        ("$string(1e20)", json!("100000000000000000000")),
        ("$string(1e21)", json!("1e+21")),
    ] {
        assert_eq!(evaluated(expression), expected, "{expression}");
    }
    for expression in [
        "$range(1, 5, 0)",
        "$range(1, 5, 0.5)",
        "$range(5, 1, 1)",
        "$range(1, 5)",
        "$partition([], 2)",
        "$partition([1], 0)",
        "$partition([1], -0.5)",
        "$partition($missing, 2)",
        "$hash('a')",
        "$parse($missing)",
    ] {
        assert_eq!(thrown(expression), NOTHING, "{expression}");
    }
    let signature = |function: &str, index: usize| {
        format!(
            "T0410: Argument {index} of function \"{function}\" does not match function signature"
        )
    };
    let memory = "Expression evaluation memory limit exceeded: Check for excessive memory usage";
    for (expression, expected) in [
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater".to_owned()),
        ("$partition(1)", "T0412: Argument 1 of function \"partition\" must be an array of undefined".into()),
        ("$partition([1], 1, 1)", signature("partition", 3)),
        ("$range($missing, 1, 1)", signature("range", 1)),
        ("$range(1, 'a', 1)", signature("range", 2)),
        ("$hash('a', 'MD4')", "D3137: Hash algorithm 'MD4' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5".into()),
        ("$hash('a', 'md5')", "D3137: Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5".into()),
        ("$hash(1, 'MD5')", signature("hash", 1)),
        ("$random('a')", signature("random", 1)),
        ("$uuid(1)", signature("uuid", 1)),
        ("$parse(1)", signature("parse", 1)),
        ("$parse('{')", "D3137: Invalid JSON".into()),
        ("$parse('')", "D3137: Invalid JSON".into()),
        ("$parse('1 2')", "D3137: Invalid JSON".into()),
        ("$parse('{\"a\": 1, \"a\": 2}')", "D3137: Invalid JSON".into()),
        ("$formatNumber(1, 'x')", "D3086: The sub-picture must not contain a passive character that is preceded by an active character and that is followed by another active character".into()),
        ("$eval('1+1')", "T1006: Attempted to invoke a non-function".into()),
    ] {
        assert_eq!(thrown(expression), format!("threw an error during evaluation. {expected}"), "{expression}");
    }
    assert_eq!(
        thrown("$range(1, 360146, 1)"),
        format!("threw an error during evaluation: {memory}")
    );
}

/// The same measurements: a depth of 100, and lists of 873,782 numbers.
#[test]
fn evaluations_are_limited_as_on_aws() {
    let evaluated =
        |expression: &str| output_of(pass(json!(format!("{{% {expression} %}}"))), json!({}));
    let terms = |count: usize| vec!["1"; count].join("+");
    let inside = |count: usize| format!("{}1{}", "(".repeat(count), ")".repeat(count));
    let recursive = |count: usize| {
        format!("($f := function($n) {{ $n = 0 ? 0 : 1 + $f($n - 1) }}; $f({count}))")
    };
    assert_eq!(evaluated(&terms(100)), json!(100));
    assert_eq!(evaluated(&inside(99)), json!(1));
    assert_eq!(evaluated(&recursive(31)), json!(31));
    assert_eq!(evaluated("$count([1..873782])"), json!(873_782));
    let deep = "threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function. Consider rewriting as tail-recursive";
    for expression in [terms(101), inside(100), recursive(32)] {
        assert_eq!(thrown(&expression), deep);
    }
    let tail = "($f := function($n, $t) { $n = 0 ? $t : $f($n - 1, $t + $n) }; $f(10000, 0))";
    assert_eq!(evaluated(tail), json!(50_005_000));
    assert_eq!(
        thrown("$count([1..873783])"),
        "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage"
    );
}

#[test]
fn an_integer_of_64_bits_is_handed_on_as_it_is() {
    let state = pass(json!(
        "{% { 'id': $states.input.id, 'next': $states.input.id + 1 } %}"
    ));
    let output = output_of(state, json!({ "id": i64::MAX }));
    assert_eq!(output["id"], json!(i64::MAX));
    assert_eq!(output["next"], json!(9_223_372_036_854_775_808.0));
}

/// A regular expression that tries without end.
#[test]
fn a_pattern_that_never_ends_is_ended() {
    let started = std::time::Instant::now();
    let thrown = thrown("$match($pad('', 60, 'a') & 'b', /^(a+)+$/)");
    assert!(thrown.contains("timeout"), "{thrown}");
    assert!(started.elapsed() < std::time::Duration::from_secs(60));
}

#[test]
fn an_expression_without_a_result_fails_with_its_place() {
    let machine = alone(pass(
        json!({ "a": [1, { "b": "{% $states.input.missing %}" }] }),
    ));
    let run = run(&machine, json!({}));
    let cause = "An error occurred while executing the state 'S' (entered at the event id #2). The JSONata expression '$states.input.missing' specified for the field 'Output/a[1]/b' returned nothing (undefined).";
    assert_eq!(
        failure(&run),
        ("States.QueryEvaluationError".into(), cause.into())
    );
    assert_eq!(event_types(&run)[2], "EvaluationFailed");
}

#[test]
fn eval_is_not_there() {
    let machine = alone(pass(json!("{% $eval('1 + 1') %}")));
    assert_eq!(
        failure(&run(&machine, json!({}))).0,
        "States.QueryEvaluationError"
    );
}

#[test]
fn an_expression_that_never_ends_is_ended() {
    let machine = alone(pass(json!(
        "{% ($f := function($n) { $n + $f($n) }; $f(1)) %}"
    )));
    assert_eq!(
        failure(&run(&machine, json!({}))).0,
        "States.QueryEvaluationError"
    );
}

#[test]
fn a_task_and_its_catch() {
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": {
        "S": {
            "Type": "Task",
            "Resource": crate::FUNCTION,
            "Arguments": { "id": "{% $states.input.id %}" },
            "Assign": { "receipt": "{% $states.result.receipt %}" },
            "Output": "{% $states.input.id + $states.result.more %}",
            "Next": "T",
        },
        "T": { "Type": "Succeed", "Output": "{% $receipt & ' ' & $states.input %}" },
    } });
    let run = run_with(&machine, json!({ "id": 3 }), |task| {
        assert_eq!(task.parameters.value(), &json!({ "id": 3 }));
        succeeds(json!({ "receipt": "R", "more": 4 }))
    });
    assert_eq!(output(&run), "R 7");
}

#[test]
fn a_choice_has_conditions_and_outputs() {
    let machine = json!({ "QueryLanguage": "JSONata", "StartAt": "C", "States": {
        "C": {
            "Type": "Choice",
            "Choices": [{ "Condition": "{% $states.input.n > 1 %}", "Output": "large", "Next": "Z" }],
            "Default": "Z",
        },
        "Z": { "Type": "Succeed" },
    } });
    assert_eq!(output(&run(&machine, json!({ "n": 2 }))), "large");
    assert_eq!(output(&run(&machine, json!({ "n": 1 }))), json!({ "n": 1 }));
    let (error, cause) = failure(&run(
        &alone(json!({
            "Type": "Choice",
            "QueryLanguage": "JSONata",
            "Choices": [{ "Condition": "{% 5 %}", "Next": "S" }],
        })),
        json!({}),
    ));
    assert_eq!(error, "States.QueryEvaluationError");
    assert!(cause.contains("'Choices[0]/Condition' returned an unexpected result type. Expected 'boolean', but was 'number'"), "{cause}");
}

#[test]
fn states_of_both_languages_work_in_one_machine() {
    let machine = json!({ "StartAt": "A", "States": {
        "A": { "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)" }, "Next": "B" },
        "B": { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.n * 10 %}", "End": true },
    } });
    assert_eq!(output(&run(&machine, json!({ "n": 1 }))), json!(20));
}

#[test]
fn an_expression_that_is_nested_deep_is_refused_or_read() {
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("{'a':", "}")] {
        let text = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        let _ = txflow_asl::jsonata::Expression::parse(&text);
    }
}

#[test]
fn a_failure_inside_of_an_iteration_is_told_once() {
    let machine = alone(json!({
        "Type": "Map", "QueryLanguage": "JSONata", "End": true,
        "ItemProcessor": { "StartAt": "I", "States": { "I": pass(json!("{% $missing %}")) } },
    }));
    let run = run(&machine, json!([1]));
    let (_, cause) = failure(&run);
    assert_eq!(cause.matches("An error occurred").count(), 1, "{cause}");
    assert!(cause.contains("'I'"), "{cause}");
    let types = event_types(&run);
    let told = types.iter().filter(|name| *name == "EvaluationFailed");
    assert_eq!(told.count(), 1, "{types:?}");
}

/// Documented: each of these fields takes an expression that evaluates to an integer in the range that the field has as a
/// number, or to a percentage. AWS's words are known for those that a path leads to; they are the same here, as far as they
/// name no path.
#[test]
fn a_number_that_an_expression_gives_is_within_its_range() {
    let processor = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    let mut distributed = processor.clone();
    distributed["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let seconds = |number: &str| {
        format!("returned a value that is not an integer between 0 and 99999999: {number}")
    };
    let integer = |field: &str, number: &str| {
        format!("Expected non-negative integer for {field}, got '{number}' instead.")
    };
    for (field, number, ends) in [
        ("Seconds", "-1", seconds("-1")),
        ("Seconds", "1.5", seconds("1.5")),
        ("Seconds", "100000000", seconds("100000000")),
        ("TimeoutSeconds", "-1", seconds("-1")),
        ("HeartbeatSeconds", "0.5", seconds("0.5")),
        ("MaxConcurrency", "-1", integer("MaxConcurrency", "-1")),
        ("MaxConcurrency", "1.5", integer("MaxConcurrency", "1.5")),
        (
            "ToleratedFailureCount",
            "-1",
            "ToleratedFailureCount cannot be negative.".to_owned(),
        ),
        (
            "ToleratedFailureCount",
            "1.5",
            integer("ToleratedFailureCount", "1.5"),
        ),
        (
            "ToleratedFailurePercentage",
            "-1",
            "ToleratedFailurePercentage must be between 0 and 100.".to_owned(),
        ),
        (
            "ToleratedFailurePercentage",
            "100.5",
            "ToleratedFailurePercentage must be between 0 and 100.".to_owned(),
        ),
        ("ToleratedFailurePercentage", "99.5", String::new()),
        ("Seconds", "0", String::new()),
        ("MaxConcurrency", "0", String::new()),
    ] {
        let mut state = match field {
            "Seconds" => json!({ "Type": "Wait" }),
            "MaxConcurrency" => json!({ "Type": "Map", "Items": [1], "ItemProcessor": processor }),
            "ToleratedFailureCount" | "ToleratedFailurePercentage" => {
                json!({ "Type": "Map", "Items": [1], "ItemProcessor": distributed })
            }
            _ => json!({ "Type": "Task", "Resource": crate::FUNCTION }),
        };
        state["QueryLanguage"] = json!("JSONata");
        state["End"] = json!(true);
        state[field] = json!(format!("{{% {number} %}}"));
        let run = run(&alone(state), json!({}));
        if ends.is_empty() {
            output(&run);
            continue;
        }
        let (error, cause) = failure(&run);
        assert_eq!(error, "States.QueryEvaluationError", "{field} {number}");
        assert!(cause.ends_with(&ends), "{field} {number}: {cause}");
        let failed = run
            .events
            .iter()
            .find(|event| event.type_name() == "EvaluationFailed");
        assert_eq!(crate::details(failed.unwrap())["location"], field);
    }
}
