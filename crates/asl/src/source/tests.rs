use serde_json::json;

use super::{Source, parse_json};

fn slice(source: &Source, pointer: &str) -> String {
    source.text()[source.locate(pointer).unwrap().span].to_owned()
}

#[test]
fn json_values_and_keys_are_found_by_pointer() {
    let text = "{\n  \"States\": {\n    \"A/B~\": {\"Resource\": \"${handler}\", \"Retry\": [1, {\"x\": null}]}\n  }\n}";
    let source = Source::from_json(text).unwrap();
    let resource = source.locate("/States/A~1B~0/Resource").unwrap();
    assert_eq!((resource.line, resource.column), (3, 26));
    assert_eq!(&text[resource.span], "\"${handler}\"");
    let key = source.locate_key("/States/A~1B~0/Resource").unwrap();
    assert_eq!((key.line, key.column), (3, 14));
    assert_eq!(slice(&source, "/States/A~1B~0/Retry/1/x"), "null");
    assert_eq!(slice(&source, ""), text);
    assert_eq!(source.locate_key(""), None);
    assert_eq!(source.locate("/States/none"), None);
    assert_eq!(source.locate("no slash"), None);
}

#[test]
fn a_placeholder_is_found_inside_its_string() {
    let source = Source::from_json("{\"a\": \"x ${h} ${i}\", \"b\": \"\\u0024{h}\"}").unwrap();
    let place = source.locate_in("/a", "${i}").unwrap();
    assert_eq!((place.column, &source.text()[place.span]), (15, "${i}"));
    assert_eq!(source.locate_in("/b", "${h}"), source.locate("/b"));
    assert_eq!(source.locate_in("/c", "${h}"), None);
}

#[test]
fn columns_count_characters_and_spans_count_bytes() {
    let source = Source::from_json("{\"é\": \"ü\", \"b\": 2}").unwrap();
    let b = source.locate("/b").unwrap();
    assert_eq!((b.line, b.column), (1, 17));
    assert_eq!(slice(&source, "/b"), "2");
    assert_eq!(slice(&source, "/é"), "\"ü\"");
}

#[test]
fn a_repeated_json_key_is_listed_and_the_last_one_counts() {
    let source = Source::from_json("{\"a\": {\"b\": 1, \"c\": 2, \"b\": 3}}").unwrap();
    assert_eq!(source.value(), &json!({"a": {"b": 3, "c": 2}}));
    let [duplicate] = source.duplicates() else {
        panic!("one duplicate");
    };
    assert_eq!(
        (duplicate.pointer.as_str(), duplicate.key.as_str()),
        ("/a", "b")
    );
    assert_eq!(source.location(duplicate.span.clone()).column, 24);
    assert_eq!(slice(&source, "/a/b"), "3");
}

#[test]
fn an_integer_is_never_rounded() {
    let kept = json!({ "a": u64::MAX, "b": i64::MIN, "c": 1e30, "d": "18446744073709551616" });
    let text = "{\"a\": 18446744073709551615, \"b\": -9223372036854775808, \"c\": 1e30, \"d\": \"18446744073709551616\"}";
    assert_eq!(Source::from_json(text).unwrap().value(), &kept);
    assert_eq!(Source::from_yaml(text).unwrap().value(), &kept);
    let places = [
        Source::from_json("{\"a\": \"\\\"1\",\n \"b\": [18446744073709551616]}"),
        Source::from_yaml("a: 1\nb: [18446744073709551616]"),
        Source::from_yaml("a: 1\nbb: -9223372036854775809"),
    ];
    let lines = places.map(|refused| {
        let error = refused.unwrap_err();
        assert!(error.message.contains("64 bits"), "{error}");
        (error.location.line, error.location.column)
    });
    assert_eq!(lines, [(2, 8), (2, 5), (2, 5)]);
    let input = parse_json("{\"id\": 123456789012345678901234567890}");
    assert_eq!(input.unwrap_err().location.column, 8);
}

#[test]
fn malformed_json_says_what_and_where() {
    let error = Source::from_json("{\n  \"é\": ,\n}").unwrap_err();
    assert_eq!((error.location.line, error.location.column), (2, 8));
    assert_eq!(error.to_string(), "expected value at line 2 column 8");
    for text in [
        "",
        "{",
        "{} x",
        "{'a': 1}",
        "{\"a\": 0x1}",
        "[1,]",
        "// c\n{}",
    ] {
        assert!(Source::from_json(text).is_err(), "{text}");
    }
}

#[test]
fn deep_nesting_is_an_error_in_both_formats() {
    for opening in ["[", "{\"a\":", "- ", "? ", "a: {"] {
        let deep = opening.repeat(100_000);
        assert!(Source::from_json(deep.as_str()).is_err(), "{opening}");
        assert!(Source::from_yaml(deep.as_str()).is_err(), "{opening}");
    }
    let deep = "[".repeat(128);
    for refused in [Source::from_json(&*deep), Source::from_yaml(&*deep)] {
        let error = refused.unwrap_err();
        assert!(error.message.contains("127 levels"), "{error}");
    }
}

#[test]
fn yaml_gives_the_same_value_and_positions() {
    let text = "StartAt: Prüfe\nStates:\n  Prüfe:\n    Type: Wait\n    Seconds: 1.5\n    End: true\n    Comment: \"2\"\n";
    let source = Source::from_yaml(text).unwrap();
    assert_eq!(
        source.value(),
        &json!({"StartAt": "Prüfe", "States": {"Prüfe":
            {"Type": "Wait", "Seconds": 1.5, "End": true, "Comment": "2"}}})
    );
    let kind = source.locate("/States/Prüfe/Type").unwrap();
    assert_eq!((kind.line, kind.column), (4, 11));
    assert_eq!(slice(&source, "/States/Prüfe/Type"), "Wait");
    let key = source.locate_key("/States/Prüfe/End").unwrap();
    assert_eq!((key.line, key.column), (6, 5));
    assert_eq!(source.definition_bytes(), source.value().to_string().len());
}

#[test]
fn yaml_aliases_are_expanded_within_bounds() {
    let source = Source::from_yaml("a: &x [1, 2]\nb: *x\n").unwrap();
    assert_eq!(source.value(), &json!({"a": [1, 2], "b": [1, 2]}));

    let mut bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for level in 1..20 {
        let below = format!("*a{}", level - 1);
        let items = vec![below; 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let error = Source::from_yaml(bomb).unwrap_err();
    assert_eq!(
        error.message,
        "the document is too large after its aliases are expanded"
    );
}

#[test]
fn yaml_expands_neither_long_strings_nor_open_collections_without_bounds() {
    let long = "x".repeat(100_000);
    let aliases = vec!["*a"; 1000].join(", ");
    let string = format!("a: &a {long}\nb: [{aliases}]\n");
    // The key of a YAML mapping may have at most 1,024 characters.
    let keys: Vec<String> = (0..100)
        .map(|key| format!("{key}{}: 1", &long[..1000]))
        .collect();
    let key = format!("a: &a {{{}}}\nb: [{aliases}]\n", keys.join(", "));
    // None of these collections is closed before the end of the text.
    let list = vec!["1"; 1000].join(", ");
    let open = format!("a: &a [{list}]\nb: {}", format!("[{aliases}, ").repeat(50));
    // Each of these anchors contains everything below it.
    let nested: String = (0..100)
        .map(|level| format!("{}k: &k{level}\n", " ".repeat(level)))
        .collect();
    let kept = format!(
        "{nested}{}k: [{}]\n",
        " ".repeat(100),
        vec!["1"; 10_000].join(", ")
    );
    for bomb in [string, key, open, kept] {
        let error = Source::from_yaml(bomb).unwrap_err();
        assert_eq!(
            error.message,
            "the document is too large after its aliases are expanded"
        );
    }
}

#[test]
fn what_json_cannot_express_is_an_error_with_its_place() {
    for (text, line, message) in [
        ("a: 1\na: 2\n", 2, "the key `a` is repeated in this mapping"),
        ("a: .nan\n", 1, "JSON cannot represent this number"),
        ("? [1]\n: 2\n", 1, "a key must be a string"),
        (
            "a: 1\n---\nb: 2\n",
            2,
            "a definition must be a single document, but a second one starts here",
        ),
        ("", 1, "the document is empty"),
    ] {
        let error = Source::from_yaml(text).unwrap_err();
        assert_eq!(
            (error.location.line, error.message.as_str()),
            (line, message),
            "{text:?}"
        );
    }
    assert!(Source::from_yaml("a: [1\nb: 2").is_err());
}

#[test]
fn what_editors_take_for_json_is_refused_with_its_place() {
    for (text, message, line, column) in [
        ("{\n  // why\n  \"a\": 1 }", "JSON has no comments", 2, 3),
        ("/* why */ {}", "JSON has no comments", 1, 1),
        (
            "{ \"a\": \"// \\\" text,\", \"b\": [1, 2 ,\n] }",
            "JSON has no comma before `]`",
            1,
            34,
        ),
        ("{ \"a\": {},\n}", "JSON has no comma before `}`", 1, 10),
        ("{ \"a\": 1, // why\n}", "JSON has no comments", 1, 11),
    ] {
        let error = Source::from_json(text).unwrap_err();
        assert_eq!(error.message, message, "{text}");
        let place = (error.location.line, error.location.column);
        assert_eq!(place, (line, column), "{text}");
        assert!(error.hint.is_some());
        assert_eq!(parse_json(text), Err(error));
    }
    // The first mistake counts.
    let error = Source::from_json("{ \"a\" 1, }").unwrap_err();
    assert_eq!(error.hint, None, "{error}");
}

#[test]
fn yaml_merges_mappings_and_own_keys_count() {
    let text = "a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\n\
                one:\n  <<: *a\n  y: 3\n\
                both:\n  z: 4\n  <<: [*b, *a]\n\
                inline:\n  <<: { w: 5 }\n\
                quoted:\n  \"<<\": *a\n";
    let source = Source::from_yaml(text).unwrap();
    let value = source.value();
    assert_eq!(value["one"], json!({ "y": 3, "x": 1 }));
    assert_eq!(value["both"], json!({ "z": 4, "y": 2, "x": 1 }));
    assert_eq!(value["inline"], json!({ "w": 5 }));
    assert_eq!(value["quoted"], json!({ "<<": { "x": 1, "y": 1 } }));
    // What is merged is where it is written.
    assert_eq!(source.locate("/both/y").unwrap().line, 2);
    assert_eq!(slice(&source, "/one/y"), "3");
    for wrong in ["a:\n  <<: 1\n", "a:\n  b: 1\n  <<: [{ c: 1 }, 2]\n"] {
        let error = Source::from_yaml(wrong).unwrap_err();
        assert!(error.message.contains("merges"), "{error}");
        assert_eq!(error.location.column, 3);
    }
}

#[test]
fn strings_are_replaced_and_stay_where_they_are() {
    let source = Source::from_json("{\"a\": [\"x\", {\"x\": \"y\"}], \"b\": 1}").unwrap();
    let mut seen = Vec::new();
    let value = source.map_strings(|pointer, text| {
        seen.push((pointer.to_owned(), text.to_owned()));
        (text == "y").then(|| 2.into())
    });
    assert_eq!(value, json!({ "a": ["x", { "x": 2 }], "b": 1 }));
    assert_eq!(seen[1], ("/a/1/x".to_owned(), "y".to_owned()));
    let replaced = source.with_value(value);
    assert_eq!(replaced.value()["a"][1]["x"], 2);
    assert_eq!(slice(&replaced, "/a/1/x"), "\"y\"");
}

#[test]
fn a_key_with_another_name_stays_where_it_is() {
    let source =
        Source::from_json("{\"${a}\": {\"x\": 1, \"${b}\": 2, \"x\": 3}, \"c\": 4}").unwrap();
    let renamed = source.with_value(json!({ "table": { "x": 3, "index": 2 }, "c": 4 }));
    assert_eq!(slice(&renamed, "/table/index"), "2");
    assert_eq!(slice(&renamed, "/table/x"), "3");
    assert_eq!(slice(&renamed, "/c"), "4");
    assert_eq!(renamed.locate_key("/table").unwrap().column, 2);
    assert_eq!(renamed.locate("/${a}"), None);
    let merged = Source::from_yaml("x: &x\n  ${a}: 1\n  b: 2\ny:\n  b: 3\n  <<: *x\n").unwrap();
    let renamed = merged.with_value(json!({ "x": { "t": 1, "b": 2 }, "y": { "b": 3, "t": 1 } }));
    assert_eq!(renamed.locate_key("/y/t").unwrap().line, 2);
    assert_eq!(slice(&renamed, "/y/b"), "3");
}

#[test]
fn a_tag_that_nobody_evaluates_is_refused() {
    for (text, tag, column) in [("a: !Orders b", "!Orders", 4), ("!Ref a: b", "!Ref", 1)] {
        let error = Source::from_yaml(text).unwrap_err();
        assert_eq!(error.message, format!("the tag `{tag}` is not evaluated"));
        assert_eq!(error.location.column, column, "{text}");
        assert!(error.hint.is_some());
    }
    let typed = Source::from_yaml("a: !!str 1\nb: ! x\nc: !!map { d: !!int 2 }").unwrap();
    assert_eq!(
        typed.value(),
        &json!({ "a": "1", "b": "x", "c": { "d": 2 } })
    );
}

/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>,
/// where each function says its full form and its short form.
#[test]
fn a_short_form_of_cloud_formation_is_its_long_form() {
    let text = "a: !Ref Orders\nb: !Sub \"${B}\"\nc: !GetAtt [B, Arn]\nd: !If\n  - x\n  - !GetAtt B.Arn\n  - &n !Ref 1\ne: *n\n";
    let source = Source::from_yaml(text).unwrap();
    assert_eq!(
        source.value(),
        &json!({
            "a": { "Ref": "Orders" },
            "b": { "Fn::Sub": "${B}" },
            "c": { "Fn::GetAtt": ["B", "Arn"] },
            "d": { "Fn::If": ["x", { "Fn::GetAtt": "B.Arn" }, { "Ref": 1 }] },
            "e": { "Ref": 1 },
        })
    );
    assert_eq!(slice(&source, "/a"), "!Ref Orders");
    assert_eq!(slice(&source, "/b"), "!Sub \"${B}\"");
    assert_eq!(source.locate("/c/Fn::GetAtt/1").unwrap().column, 16);
    assert_eq!(source.locate("/d/Fn::If/1").unwrap().line, 6);
    let deep = format!("{}x{}", "!Ref [".repeat(64), "]".repeat(64));
    let error = Source::from_yaml(deep).unwrap_err();
    assert_eq!(error.message, super::NESTED);
}
