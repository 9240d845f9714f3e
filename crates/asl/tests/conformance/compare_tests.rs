//! Tests of the comparison: it accepts what was normalised, and nothing else.

use serde_json::{Value, json};

use crate::compare::Wildcards;

fn wildcards() -> Wildcards {
    Wildcards::of(&json!({
        "regex": [{ "regex": "arn:aws:iam::1:role/r", "replacement": "role_arn" }],
        "jsonpath": [{ "jsonpath": "$..RequestId", "replacement": "RequestId" }],
    }))
}

#[track_caller]
fn same(recorded: Value, found: Value) {
    if let Err(difference) = wildcards().compare(&recorded, &found) {
        panic!("{difference:?}");
    }
}

#[track_caller]
fn differs(recorded: Value, found: Value, place: &str) {
    let difference = wildcards().compare(&recorded, &found).unwrap_err();
    assert_eq!(difference.place, place);
}

#[test]
fn what_was_normalised_fits() {
    same(json!({ "a": 1 }), json!("{\"a\": 1.0}"));
    same(json!("arn:<partition>:x:<name:1>"), json!("arn:aws:x:y"));
    same(json!({ "at": "date" }), json!({ "at": 1_767_225_600.5 }));
    same(
        json!("at \"date\"."),
        json!("at \"2026-01-01T00:00:00.5Z\"."),
    );
    same(
        json!("the role_arn's"),
        json!("the arn:aws:iam::9:role/x's"),
    );
    same(json!({ "Id": "RequestId" }), json!({ "Id": ["x"] }));
}

#[test]
fn what_is_different_is_told_with_its_place() {
    differs(json!({ "a": [1, 2] }), json!({ "a": [1, 3] }), "/a[1]");
    differs(json!({ "a": 1 }), json!({ "a": 1, "b": 2 }), "/b");
    differs(json!({ "a": 1, "b": 2 }), json!({ "a": 1 }), "/b");
    differs(json!({ "a": 1 }), json!({ "a": "1" }), "/a");
    differs(json!({ "a": [1] }), json!({ "a": "[1]" }), "/a");
    differs(json!("a date"), json!("a day"), "");
    differs(json!("x <name> y"), json!("x z"), "");
    differs(json!("an id"), json!("RequestId"), "");
    differs(json!(null), json!(false), "");
}

#[test]
fn events_side_by_side_come_in_any_order() {
    let event = |id: u64, kind: &str, name: &str| json!({ "id": id, "type": kind, "previousEventId": id - 1, "name": name });
    let inside = |kind: &str, name: &str| json!({ "id": [0], "type": kind, "previousEventId": 0, "name": name });
    let recorded = [
        event(1, "ParallelStateEntered", "p"),
        event(2, "ParallelStateStarted", ""),
        inside("PassStateEntered", "a"),
        inside("PassStateEntered", "b"),
        event(6, "ParallelStateExited", "p"),
    ];
    let found = |first: &str, second: &str| {
        [
            event(1, "ParallelStateEntered", "p"),
            event(2, "ParallelStateStarted", ""),
            event(3, "PassStateEntered", first),
            event(4, "PassStateEntered", second),
            event(5, "ParallelStateSucceeded", ""),
            event(6, "ParallelStateExited", "p"),
        ]
    };
    let compare = |found: &[Value], unordered| {
        let compared = wildcards().history(&recorded, found, unordered);
        compared.map_err(|difference| difference.place)
    };
    assert_eq!(compare(&found("a", "b"), true), Ok(()));
    assert_eq!(compare(&found("b", "a"), true), Ok(()));
    let place = Err("events in branches".to_owned());
    assert_eq!(compare(&found("a", "c"), true), place);
    assert_eq!(compare(&found("a", "a"), true), place);
    assert!(compare(&found("a", "b"), false).is_err());
    assert_eq!(
        compare(&found("a", "b")[..5], true),
        Err("events[2]".to_owned())
    );
}
