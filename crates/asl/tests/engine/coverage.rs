//! What recorded executions reach of a definition.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use txflow_asl::coverage::{Coverage, Part, Reach, Unclear, items};
use txflow_asl::replay::{Obstacle, Replay};
use txflow_asl::{Decision, Payload, StartOptions, TaskEnd, TaskError};

use crate::{FUNCTION, START};

/// One of each kind of item, and of each an alternative.
fn definition() -> Value {
    let task = |more: Value| {
        let mut task = json!({ "Type": "Task", "Resource": FUNCTION, "End": true });
        let fields = more.as_object().unwrap().clone();
        task.as_object_mut().unwrap().extend(fields);
        task
    };
    let machine = |name: &str, state: Value| json!({ "StartAt": name, "States": { name: state } });
    json!({ "StartAt": "Choose", "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [
                { "Variable": "$.go", "StringEquals": "task", "Next": "Call" },
                // Leads to the same state as the one before: `Next` does not tell them apart.
                { "Variable": "$.go", "StringEquals": "call", "Next": "Call" },
                { "Variable": "$.go", "StringEquals": "map", "Next": "Each" },
            ],
            "Default": "Both",
        },
        "Call": task(json!({
            "Retry": [
                { "ErrorEquals": ["Busy"], "MaxAttempts": 1 },
                { "ErrorEquals": ["Never"], "MaxAttempts": 0 },
            ],
            "Catch": [
                { "ErrorEquals": ["Never"], "Next": "Done" },
                { "ErrorEquals": ["States.ALL"], "Next": "Done" },
            ],
        })),
        "Both": {
            "Type": "Parallel",
            "Branches": [machine("Left", task(json!({}))), machine("Right", json!({ "Type": "Succeed" }))],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Done" }],
            "End": true,
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": machine("Item", json!({ "Type": "Succeed" })),
            "End": true,
        },
        "Done": { "Type": "Succeed" },
    } })
}

fn failed(error: &str) -> TaskEnd {
    TaskEnd::Done(Err(TaskError {
        error: error.into(),
        cause: "no".into(),
    }))
}

fn done() -> TaskEnd {
    TaskEnd::Done(Ok(Payload::from(json!({}))))
}

/// An execution whose calls fail with these errors, one after the other; later ones succeed.
fn recorded(definition: &Value, input: Value, errors: &[&str]) -> Value {
    let machine = txflow_asl::Machine::from_value(definition).unwrap();
    let mut errors = errors.iter();
    let run = txflow_asl::run_to_end(&machine, StartOptions::new(input), START, |_| {
        errors.next().map_or_else(done, |error| failed(error))
    });
    let events: Vec<Value> = run.events.iter().map(|event| event.to_json()).collect();
    json!({ "events": events })
}

fn reached(coverage: &Coverage) -> BTreeSet<String> {
    let reached = coverage.items().filter_map(|(item, reach)| match reach {
        Reach::Reached(_) => Some(item.pointer.clone()),
        _ => None,
    });
    reached.collect()
}

/// What one execution reaches, without the first state and without `/States/`.
fn of(input: Value, errors: &[&str]) -> Vec<String> {
    let definition = definition();
    let mut coverage = Coverage::of(&definition);
    let replay = Replay::new(&definition).unwrap();
    coverage.add(&replay, recorded(&definition, input, errors));
    assert!(coverage.reasons().is_empty(), "{:?}", coverage.reasons());
    let mut reached = reached(&coverage);
    assert!(reached.remove("/States/Choose"));
    let shown = reached.into_iter();
    shown
        .map(|pointer| pointer.replacen("/States/", "", 1))
        .collect()
}

#[test]
fn an_execution_reaches_what_it_used_and_nothing_else() {
    let go = |go: &str| json!({ "go": go, "items": [] });
    assert_eq!(of(go("task"), &[]), ["Call", "Choose/Choices/0"]);
    assert_eq!(of(go("call"), &[]), ["Call", "Choose/Choices/1"]);
    assert_eq!(of(go("map"), &[]), ["Choose/Choices/2", "Each"]);
    let items = json!({ "go": "map", "items": [1, 2] });
    assert_eq!(
        of(items, &[]),
        [
            "Choose/Choices/2",
            "Each",
            "Each/ItemProcessor",
            "Each/ItemProcessor/States/Item"
        ]
    );
    assert_eq!(
        of(go("task"), &["Busy"]),
        ["Call", "Call/Retry/0", "Choose/Choices/0"]
    );
    assert_eq!(
        of(go("task"), &["Busy", "Busy"]),
        [
            "Call",
            "Call/Catch/1",
            "Call/Retry/0",
            "Choose/Choices/0",
            "Done"
        ]
    );
    assert_eq!(
        of(go("task"), &["Never"]),
        [
            "Call",
            "Call/Catch/0",
            "Call/Retry/1",
            "Choose/Choices/0",
            "Done"
        ]
    );
    assert_eq!(
        of(go("task"), &["Other"]),
        ["Call", "Call/Catch/1", "Choose/Choices/0", "Done"]
    );
    let both = [
        "Both",
        "Both/Branches/0",
        "Both/Branches/0/States/Left",
        "Both/Branches/1",
        "Both/Branches/1/States/Right",
    ];
    let mut with_default = both.map(str::to_owned).to_vec();
    with_default.push("Choose/Default".into());
    assert_eq!(of(go("else"), &[]), with_default);
    with_default.insert(5, "Both/Catch/0".into());
    with_default.push("Done".into());
    assert_eq!(of(go("else"), &["Broken"]), with_default);
}

#[test]
fn several_executions_add_up_to_all() {
    let definition = definition();
    let replay = Replay::new(&definition).unwrap();
    let mut coverage = Coverage::of(&definition);
    assert!(
        coverage
            .items()
            .all(|(_, reach)| reach == Reach::NotReached)
    );
    for (go, errors) in [
        ("task", &["Busy", "Busy"][..]),
        ("call", &["Never"]),
        ("map", &[]),
        ("else", &["Broken"]),
    ] {
        let input = json!({ "go": go, "items": [1, 2, 3] });
        coverage.add(&replay, recorded(&definition, input, errors));
    }
    let missing: Vec<_> = { coverage.items() }
        .filter(|(_, reach)| !matches!(reach, Reach::Reached(_)))
        .collect();
    assert_eq!(missing, []);
    let times = |pointer: &str| {
        let mut items = coverage.items();
        items.find(|(item, _)| item.pointer == pointer).unwrap().1
    };
    assert_eq!(times("/States/Choose"), Reach::Reached(4));
    assert_eq!(times("/States/Call/Retry/0"), Reach::Reached(2));
    assert_eq!(times("/States/Each/ItemProcessor"), Reach::Reached(3));
    // Twice entered, twice caught.
    assert_eq!((coverage.left("Call"), coverage.left("Choose")), (0, 4));
}

/// JSONata decides and catches in other fields.
#[test]
fn rules_and_catchers_of_jsonata_are_told_apart() {
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Choose", "States": {
        "Choose": { "Type": "Choice", "Choices": [
            { "Condition": "{% $states.input.amount > 10 %}", "Next": "Call" },
            { "Condition": "{% $states.input.amount > 5 %}", "Next": "Call" },
        ], "Default": "Call" },
        "Call": {
            "Type": "Task", "Resource": FUNCTION, "End": true,
            "Catch": [
                { "ErrorEquals": ["One"], "Next": "Caught" },
                { "ErrorEquals": ["Two"], "Next": "Caught", "Output": "{% $states.errorOutput.Error %}" },
            ],
        },
        "Caught": { "Type": "Succeed" },
    } });
    let replay = Replay::new(&definition).unwrap();
    let mut coverage = Coverage::of(&definition);
    coverage.add(
        &replay,
        recorded(&definition, json!({ "amount": 6 }), &["Two"]),
    );
    let reached = reached(&coverage);
    let expected = [
        "/States/Call",
        "/States/Call/Catch/1",
        "/States/Caught",
        "/States/Choose",
        "/States/Choose/Choices/1",
    ];
    assert_eq!(reached, expected.map(str::to_owned).into());
}

/// A history that was cut off still says which states were entered.
#[test]
fn what_a_history_does_not_tell_is_not_known_rather_than_not_reached() {
    let definition = definition();
    let replay = Replay::new(&definition).unwrap();
    let mut coverage = Coverage::of(&definition);
    let mut recording = recorded(&definition, json!({ "go": "task" }), &[]);
    let entered = &mut recording["events"][1]["stateEnteredEventDetails"];
    entered["inputDetails"] = json!({ "truncated": true });
    coverage.add(&replay, recording);
    let reach = |state: &str, part: Part| {
        let mut items = coverage.items();
        items
            .find(|(item, _)| item.state == state && item.part == part)
            .unwrap()
            .1
    };
    assert_eq!(reach("Choose", Part::State), Reach::Reached(1));
    let rule = Part::Decision(Decision::Rule(1));
    assert_eq!(reach("Choose", rule), Reach::Unknown);
    assert_eq!(
        reach("Call", Part::Decision(Decision::Catcher(0))),
        Reach::Unknown
    );
    // Nothing came here, so nothing in it was reached.
    assert_eq!(
        reach("Both", Part::Decision(Decision::Catcher(0))),
        Reach::NotReached
    );
    assert_eq!(reach("Both", Part::Branch(0)), Reach::NotReached);
    let why = Unclear::NotReplayable(Obstacle::Truncated);
    assert_eq!(coverage.reasons().clone(), [(why, 1)].into());
}

#[test]
fn an_execution_of_another_definition_is_not_known() {
    let definition = definition();
    let mut changed = definition.clone();
    changed["States"]["Choose"]["Choices"][0]["Next"] = "Both".into();
    let mut coverage = Coverage::of(&definition);
    let recording = recorded(&changed, json!({ "go": "task" }), &[]);
    coverage.add(&Replay::new(&definition).unwrap(), recording);
    assert_eq!(coverage.reasons().clone(), [(Unclear::Diverged, 1)].into());
}

#[test]
fn what_does_not_have_the_shape_of_a_definition_has_no_items() {
    assert_eq!(items(&json!([])), []);
    let odd = json!({ "States": { "Odd": { "Type": "Choice", "Choices": 3 }, "No": 1 } });
    let pointers: Vec<_> = { items(&odd).into_iter() }
        .map(|item| item.pointer)
        .collect();
    assert_eq!(pointers, ["/States/Odd", "/States/No"]);
}

/// Of the express executions of a distributed Map nothing can be read.
#[test]
fn what_runs_unread_inside_of_a_map_is_not_known() {
    let definition = definition();
    let mut coverage = Coverage::of(&definition);
    coverage.add_unread(Some("Each"));
    let unknown: Vec<_> = { coverage.items() }
        .filter(|(_, reach)| *reach == Reach::Unknown)
        .map(|(item, _)| item.pointer.as_str())
        .collect();
    let inside = [
        "/States/Each/ItemProcessor",
        "/States/Each/ItemProcessor/States/Item",
    ];
    assert_eq!(unknown, inside);
    coverage.add_unread(None);
    assert!(coverage.items().all(|(_, reach)| reach == Reach::Unknown));
    assert_eq!(coverage.reasons().clone(), [(Unclear::Unread, 2)].into());
}
