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
fn what_the_evaluator_cannot_handle_fails_the_state() {
    let picture = "{% $toMillis('2026-01-01T00:00:00Z', '[Y0001]-[,M[]10-D01]') %}";
    let (error, _) = failure(&run(&alone(pass(json!(picture))), json!({})));
    assert_eq!(error, "States.QueryEvaluationError");
}

#[test]
fn the_functions_that_aws_adds() {
    let evaluated =
        |expression: &str| output_of(pass(json!(format!("{{% {expression} %}}"))), json!({}));
    assert_eq!(evaluated("$partition([1, 2, 3], 2)"), json!([[1, 2], [3]]));
    assert_eq!(
        evaluated("$range(0, 1, 0.25)"),
        json!([0, 0.25, 0.5, 0.75, 1])
    );
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
