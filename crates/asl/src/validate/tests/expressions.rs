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
