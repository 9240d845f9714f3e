use serde_json::{Value, json};

use super::*;

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
fn names_that_nothing_defines_are_found() {
    let found = |text: &str| {
        let state = json!({
            "Output": format!("{{% {text} %}}"),
            "Assign": { "lines": 1 },
        });
        let findings = findings(&with_jsonata(state_of(state)));
        let found = findings.into_iter().map(|finding| {
            let hint = finding.hint.unwrap_or_default();
            format!("{}: {} ({hint})", finding.code, finding.message)
        });
        found.collect::<Vec<_>>()
    };
    for (text, expected) in [
        (
            "$exist($states.input.a)",
            "UNDEFINED_FUNCTION: The function '$exist' does not exist (did you mean `$exists`?)",
        ),
        (
            "$eval('1')",
            "UNDEFINED_FUNCTION: The function '$eval' does not exist ()",
        ),
        (
            "$count($lins)",
            "UNDEFINED_VARIABLE: No state assigns the variable '$lins' (did you mean `$lines`?)",
        ),
        (
            "$map($lines, $uppercse)",
            "UNDEFINED_VARIABLE: No state assigns the variable '$uppercse' (did you mean `$uppercase`?)",
        ),
        (
            "$lines ~> $conut()",
            "UNDEFINED_FUNCTION: The function '$conut' does not exist (did you mean `$count`?)",
        ),
        (
            "$state.input",
            "UNDEFINED_VARIABLE: No state assigns the variable '$state' (did you mean `$states`?)",
        ),
        (
            "$states.inputs.a",
            "UNDEFINED_FIELD: '$states' does not have the field 'inputs' (did you mean `$states.input`?)",
        ),
    ] {
        assert_eq!(found(text), [expected], "{text}");
    }
    for text in [
        "$lines + $count($lines) + $states.context.State.Name",
        "($x := 1; $f := function($y) { $y + $x }; $f(2))",
        "$states.input.list@$l.a#$i.($l & $i)",
        "$states.input.list[a = 1]#$i.$i",
        "$lines()",
        "$parse('1') + $random(1) + $range(1, 2, 1) + $partition($lines, 1) & $hash('a', 'MD5') & $uuid()",
        "$states.input ~> |a|{'b': $}|",
        "$map($lines, function($v, $i, $a) { $v * $i })",
        "$states.*",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn variables_that_nothing_assigns_are_found_in_paths() {
    let found = |kind: &str, mut fields: Value| {
        fields["Assign"] = json!({ "lines": 1 });
        let findings = findings(&with(state(kind, fields)));
        let found = findings.into_iter().map(|finding| {
            let hint = finding.hint.unwrap_or_default();
            format!("{}: {} ({hint})", finding.code, finding.message)
        });
        found.collect::<Vec<_>>()
    };
    let expected = |name: &str, hint: &str| {
        [format!(
            "UNDEFINED_VARIABLE: No state assigns the variable '${name}' ({hint})"
        )]
    };
    let order = expected("order", "did you mean `$.order.id`?");
    for (kind, field, value) in [
        ("Pass", "InputPath", json!("$order.id")),
        ("Pass", "OutputPath", json!("$order.id")),
        (
            "Pass",
            "Parameters",
            json!({ "a": [{ "b.$": "$order.id" }] }),
        ),
        (
            "Pass",
            "Parameters",
            json!({ "b.$": "States.Format('{}', States.Array($order.id))" }),
        ),
        ("Map", "MaxConcurrencyPath", json!("$order.id")),
        ("Map", "ItemsPath", json!("$order.id")),
    ] {
        assert_eq!(
            found(kind, json!({ field: value })),
            order,
            "{field}: {value}"
        );
    }
    for (text, expected) in [
        ("$lins", expected("lins", "did you mean `$lines`?")),
        (
            "$states.input",
            expected(
                "states",
                "`$states` is for states whose `QueryLanguage` is `JSONata`",
            ),
        ),
    ] {
        assert_eq!(
            found("Pass", json!({ "Parameters": { "a.$": text } })),
            expected
        );
    }
    for text in [
        "$lines",
        "$lines[0].a",
        "$.order",
        "$$.Execution.Id",
        "$",
        "States.Array($lines, $.a)",
    ] {
        let nothing = Vec::<String>::new();
        assert_eq!(
            found("Pass", json!({ "Parameters": { "a.$": text } })),
            nothing,
            "{text}"
        );
    }
}

/// A Pass state with these fields.
fn state_of(fields: Value) -> Value {
    state("Pass", fields)
}

#[test]
fn variables_of_all_states_are_defined() {
    let assign = json!({ "deep": 1 });
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "S", "States": {
        "S": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:f", "Next": "C",
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Assign": { "failed": true }, "Next": "C" }] },
        "C": { "Type": "Choice", "Default": "P",
            "Choices": [{ "Condition": "{% true %}", "Assign": { "chosen": 1 }, "Next": "P" }] },
        "P": { "Type": "Parallel", "Next": "E", "Branches": [
            { "StartAt": "B", "States": {
                "B": { "Type": "Pass", "Assign": assign, "Next": "D" },
                "D": { "Type": "Succeed", "Output": "{% [$failed, $chosen, $deep] %}" },
            } },
        ] },
        "E": { "Type": "Succeed", "Output": "{% [$failed, $chosen] %}" },
    } });
    assert_eq!(warnings(&definition), Vec::<String>::new());
}

/// Documented: a reference to `$states.result` is refused at creation if there is none, as one to `$states.errorOutput` is.
#[test]
fn a_result_exists_only_in_what_follows_the_work() {
    let result = json!("{% $states.result.a %}");
    let message = "UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$states.result' is only supported in 'Output' and 'Assign' of a Task, Parallel or Map state.";
    let refused = |state: Value| {
        let errors = errors(&with_jsonata(state.clone()));
        assert_eq!(errors.len(), 1, "{state}: {errors:?}");
        assert!(errors[0].starts_with(message), "{errors:?}");
    };
    let state = |kind: &str, fields: Value| state(kind, fields);
    for kind in ["Task", "Parallel", "Map"] {
        assert_valid(&with_jsonata(state(
            kind,
            json!({ "Output": { "o": result }, "Assign": { "x": result } }),
        )));
    }
    for kind in ["Pass", "Wait"] {
        refused(state(kind, json!({ "Output": result })));
        refused(state(kind, json!({ "Assign": { "x": result } })));
    }
    refused(state("Succeed", json!({ "Output": result })));
    refused(state("Task", json!({ "Arguments": result })));
    refused(state("Task", json!({ "TimeoutSeconds": result })));
    refused(state("Map", json!({ "Items": result })));
    refused(state("Map", json!({ "ItemSelector": { "a": result } })));
    let mut caught = state("Task", json!({}));
    caught["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": "S", "Output": result }]);
    refused(caught);
}

/// Documented: states inside of a Parallel or Map see the variables around them, those of a distributed Map do not, and nobody sees
/// what is inside.
#[test]
fn a_variable_is_seen_in_its_scope() {
    let machine = |inner: &str, outer: &str, distributed: bool| {
        let mut processor = json!({ "StartAt": "I", "States": {
            "I": { "Type": "Pass", "Assign": { "inner": 1 }, "Output": format!("{{% {inner} %}}"), "End": true } } });
        if distributed {
            processor["ProcessorConfig"] =
                json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
        }
        json!({ "QueryLanguage": "JSONata", "StartAt": "P", "States": {
            "P": { "Type": "Pass", "Assign": { "outer": 1 }, "Next": "M" },
            "M": { "Type": "Map", "Items": [1], "ItemProcessor": processor, "Output": format!("{{% {outer} %}}"), "End": true },
        } })
    };
    let unseen = |name: &str| {
        format!("The variable '${name}' is assigned in a scope that this state does not see")
    };
    let told = |definition: Value| -> Vec<String> {
        findings(&definition)
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    };
    assert_eq!(
        told(machine("[$inner, $outer]", "$outer", false)),
        Vec::<String>::new()
    );
    assert_eq!(
        told(machine("$inner", "$outer", true)),
        Vec::<String>::new()
    );
    assert_eq!(told(machine("$outer", "$outer", true)), [unseen("outer")]);
    assert_eq!(told(machine("$outer", "$inner", false)), [unseen("inner")]);
}
