use serde_json::json;

use super::*;

fn matches(pattern: Value, event: Value) -> bool {
    EventPattern::parse(&pattern).unwrap().matches(&event)
}

#[test]
fn conditions_hold_as_eventbridge_has_it() {
    for (condition, yes, no) in [
        (json!("a"), json!("a"), json!("A")),
        (json!(300), json!(300), json!("300")),
        (json!(null), json!(null), json!("")),
        (
            json!({ "prefix": "ord-" }),
            json!("ord-1"),
            json!("x-ord-1"),
        ),
        (
            json!({ "prefix": { "equals-ignore-case": "ORD-" } }),
            json!("Ord-1"),
            json!("rd-1"),
        ),
        (json!({ "suffix": ".png" }), json!("a.png"), json!("a.PNG")),
        (
            json!({ "suffix": { "equals-ignore-case": ".png" } }),
            json!("a.PNG"),
            json!("a.jpg"),
        ),
        (
            json!({ "equals-ignore-case": "Alice" }),
            json!("aLICE"),
            json!("alice2"),
        ),
        (json!({ "anything-but": "a" }), json!("b"), json!("a")),
        (
            json!({ "anything-but": ["a", "b"] }),
            json!("c"),
            json!("b"),
        ),
        (json!({ "anything-but": [1, 2] }), json!(3), json!(2)),
        (
            json!({ "anything-but": { "prefix": "a" } }),
            json!("ba"),
            json!("ab"),
        ),
        (
            json!({ "anything-but": { "suffix": ["x", "y"] } }),
            json!("ab"),
            json!("ay"),
        ),
        (
            json!({ "anything-but": { "wildcard": "*/lib/*" } }),
            json!("/bin/a"),
            json!("/lib/a"),
        ),
        (
            json!({ "anything-but": { "equals-ignore-case": ["A"] } }),
            json!("b"),
            json!("a"),
        ),
        (json!({ "numeric": ["=", 3.5] }), json!(3.5), json!(3)),
        (json!({ "numeric": [">", 0, "<=", 5] }), json!(5), json!(0)),
        (json!({ "numeric": [">=", -1] }), json!(-1), json!(-1.01)),
        (
            json!({ "cidr": "10.0.0.0/24" }),
            json!("10.0.0.255"),
            json!("10.0.1.0"),
        ),
        (
            json!({ "cidr": "0.0.0.0/0" }),
            json!("1.2.3.4"),
            json!("::1"),
        ),
        (
            json!({ "cidr": "2001:db8::/32" }),
            json!("2001:db8::1"),
            json!("2001:db9::1"),
        ),
        (
            json!({ "wildcard": "dir/*.png" }),
            json!("dir/a/b.png"),
            json!("dir/a.png.gz"),
        ),
        (
            json!({ "wildcard": "a\\*b*" }),
            json!("a*bc"),
            json!("axbc"),
        ),
    ] {
        let pattern = json!({ "detail": { "x": [condition] } });
        assert!(
            matches(pattern.clone(), json!({ "detail": { "x": yes } })),
            "{pattern} {yes}"
        );
        assert!(
            !matches(pattern.clone(), json!({ "detail": { "x": no } })),
            "{pattern} {no}"
        );
        // A list matches if one of its items does.
        assert!(
            matches(pattern.clone(), json!({ "detail": { "x": [no, yes] } })),
            "{pattern}"
        );
        assert!(
            !matches(pattern.clone(), json!({ "detail": {} })),
            "{pattern}"
        );
    }
}

#[test]
fn all_fields_must_match_and_one_of_the_values_of_each() {
    let pattern = json!({ "source": ["a", "b"], "detail": { "state": ["on"] } });
    let event =
        |source: &str, state: &str| json!({ "source": source, "detail": { "state": state } });
    assert!(matches(pattern.clone(), event("b", "on")));
    assert!(!matches(pattern.clone(), event("c", "on")));
    assert!(!matches(pattern, event("a", "off")));
}

#[test]
fn a_field_may_be_required_to_be_there_or_not() {
    let exists = |wanted: bool| json!({ "detail": { "x": [{ "exists": wanted }] } });
    for value in [json!(1), json!(null), json!([])] {
        assert!(matches(exists(true), json!({ "detail": { "x": value } })));
        assert!(!matches(exists(false), json!({ "detail": { "x": value } })));
    }
    for event in [json!({}), json!({ "detail": {} }), json!({ "detail": 5 })] {
        assert!(!matches(exists(true), event.clone()));
        assert!(matches(exists(false), event));
    }
    // Only leaves count: this is neither.
    let nested = json!({ "detail": { "x": { "y": 1 } } });
    assert!(!matches(exists(true), nested.clone()));
    assert!(!matches(exists(false), nested));
    let either = json!({ "x": [{ "exists": false }, "a"] });
    assert!(matches(either.clone(), json!({})));
    assert!(matches(either.clone(), json!({ "x": "a" })));
    assert!(!matches(either, json!({ "x": "b" })));
}

#[test]
fn alternatives_apply_beside_the_other_fields() {
    let pattern = json!({
        "source": ["a"],
        "detail": { "$or": [{ "x": [1] }, { "y": { "z": [{ "numeric": [">", 5] }] } }] },
    });
    let event = |source: &str, detail: Value| json!({ "source": source, "detail": detail });
    assert!(matches(pattern.clone(), event("a", json!({ "x": 1 }))));
    assert!(matches(
        pattern.clone(),
        event("a", json!({ "y": { "z": 6 } }))
    ));
    assert!(!matches(
        pattern.clone(),
        event("a", json!({ "y": { "z": 5 } }))
    ));
    assert!(!matches(pattern, event("b", json!({ "x": 1 }))));
}

#[test]
fn one_object_of_a_list_matches_as_a_whole() {
    let pattern = json!({ "items": { "a": [1], "b": [2] } });
    assert!(matches(
        pattern.clone(),
        json!({ "items": [{ "a": 0 }, { "a": 1, "b": 2 }] })
    ));
    assert!(!matches(
        pattern,
        json!({ "items": [{ "a": 1, "b": 0 }, { "a": 0, "b": 2 }] })
    ));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (pattern, place, message, hint) in [
        (json!([]), "", "an event pattern is an object", "source"),
        (json!({}), "", "must not be empty", "name a field"),
        (
            json!({ "source": "a" }),
            "source",
            "must be an array",
            "write `source = [\"a\"]`",
        ),
        (
            json!({ "source": [] }),
            "source",
            "an empty array",
            "leave the field out",
        ),
        (
            json!({ "source": [["a"]] }),
            "source.[0]",
            "an array in an array",
            "one array",
        ),
        (
            json!({ "detail": { "x": ["a", { "prefx": "b" }] } }),
            "detail.x.[1].prefx",
            "no operator `prefx`",
            "did you mean `prefix`?",
        ),
        (
            json!({ "x": [{ "prefix": "a", "suffix": "b" }] }),
            "x.[0]",
            "exactly one",
            "operators",
        ),
        (
            json!({ "x": [{ "prefix": 1 }] }),
            "x.[0].prefix",
            "takes a string",
            "such as",
        ),
        (
            json!({ "x": [{ "exists": "yes" }] }),
            "x.[0].exists",
            "`true` or `false`",
            "",
        ),
        (
            json!({ "x": [{ "numeric": [">"] }] }),
            "x.[0].numeric",
            "one or two",
            "such as",
        ),
        (
            json!({ "x": [{ "numeric": ["=>", 1] }] }),
            "x.[0].numeric.[0]",
            "\"=>\"",
            ">=",
        ),
        (
            json!({ "x": [{ "numeric": [">", "1"] }] }),
            "x.[0].numeric.[1]",
            "not a number",
            "",
        ),
        (
            json!({ "x": [{ "numeric": [">", 5, "<", 5] }] }),
            "x.[0].numeric",
            "no number",
            "",
        ),
        (
            json!({ "x": [{ "cidr": "10.0.0.0/33" }] }),
            "x.[0].cidr",
            "range of addresses",
            "",
        ),
        (
            json!({ "x": [{ "wildcard": "a**" }] }),
            "x.[0].wildcard",
            "`**`",
            "",
        ),
        (
            json!({ "x": [{ "anything-but": ["a", 1] }] }),
            "x.[0].anything-but",
            "not both",
            "",
        ),
        (
            json!({ "x": [{ "anything-but": { "prefi": "a" } }] }),
            "x.[0].anything-but.prefi",
            "no operator `prefi`",
            "did you mean `prefix`?",
        ),
        (json!({ "$or": [{ "x": [1] }] }), "$or", "at least two", ""),
        (
            json!({ "$or": { "x": [1] } }),
            "$or",
            "an array of patterns",
            "",
        ),
    ] {
        let errors = EventPattern::parse(&pattern).unwrap_err();
        let [error] = errors.as_slice() else {
            panic!("{pattern}: {errors:?}");
        };
        let path: Vec<String> = error.path.iter().map(ToString::to_string).collect();
        assert_eq!(path.join("."), place, "{pattern}");
        assert!(
            error.message.contains(message),
            "{pattern}: {}",
            error.message
        );
        let said = error.hint.clone().unwrap_or_default();
        assert!(said.contains(hint), "{pattern}: {said}");
    }
}

#[test]
fn all_that_is_wrong_is_told() {
    let pattern = json!({ "source": "a", "detail": { "x": [{ "prefx": "b" }], "y": [] } });
    assert_eq!(EventPattern::parse(&pattern).unwrap_err().len(), 3);
}
