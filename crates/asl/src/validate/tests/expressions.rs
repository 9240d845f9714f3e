use serde_json::json;

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
            { "StartAt": "B", "States": { "B": { "Type": "Pass", "Assign": assign, "End": true } } },
        ] },
        "E": { "Type": "Succeed", "Output": "{% [$failed, $chosen, $deep] %}" },
    } });
    assert_eq!(warnings(&definition), Vec::<String>::new());
}
