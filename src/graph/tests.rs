//! Definitions and executions in, pictures out: nothing overlaps, nothing is cut off, nothing is lost.

mod agreement;
mod changes;
mod odd;
mod painted;
mod picture;
mod rails;
mod read;

use serde_json::{Value, json};

use super::Graph;

/// The repository's own workflow.
fn transactions() -> Graph {
    let text = include_str!("../../definition.asl.json");
    Graph::of(&serde_json::from_str(text).unwrap())
}

fn task(next: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": { "FunctionName": "${worker}" },
        "Next": next,
        "Catch": [{ "ErrorEquals": ["Declined", "Busy"], "Next": "Refuse" }],
    })
}

/// A `Map` in a branch of a `Parallel` state, a loop and a catch of everything.
fn nested() -> Graph {
    let item = json!({ "StartAt": "Reserve", "States": {
        "Reserve": { "Type": "Pass", "Next": "Pack" },
        "Pack": { "Type": "Pass", "End": true },
    } });
    let branch = json!({ "StartAt": "Each Item", "States": {
        "Each Item": { "Type": "Map", "ItemProcessor": item, "End": true },
    } });
    let other =
        json!({ "StartAt": "Charge", "States": { "Charge": { "Type": "Pass", "End": true } } });
    Graph::of(&json!({ "StartAt": "Check", "States": {
        "Check": task("Prepare"),
        "Prepare": {
            "Type": "Parallel",
            "Branches": [other, branch],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Refuse" }],
            "Next": "Ship",
        },
        "Ship": task("Delivered?"),
        "Delivered?": {
            "Type": "Choice",
            "Choices": [{ "Variable": "$.delivered", "BooleanEquals": true, "Next": "Done" }],
            "Default": "Wait",
        },
        "Wait": { "Type": "Wait", "Seconds": 60, "Next": "Ship" },
        "Done": { "Type": "Succeed" },
        "Refuse": { "Type": "Fail", "Error": "Refused" },
    } }))
}

/// A `Choice` with as many ways as given.
fn wide(ways: usize) -> Graph {
    let mut states = serde_json::Map::new();
    let rules: Vec<Value> = (0..ways)
        .map(|way| json!({ "Variable": "$.kind", "StringEquals": format!("a kind of order, {way}"), "Next": format!("Way {way}") }))
        .collect();
    states.insert("Pick".into(), json!({ "Type": "Choice", "Choices": rules }));
    for way in 0..ways {
        states.insert(
            format!("Way {way}"),
            json!({ "Type": "Pass", "Next": "Join" }),
        );
    }
    states.insert("Join".into(), json!({ "Type": "Succeed" }));
    Graph::of(&json!({ "StartAt": "Pick", "States": states }))
}

/// A chain in which each state may begin again, and two lead to the same place.
fn loops() -> Graph {
    let again = |next: &str| {
        json!({
            "Type": "Task",
            "Resource": "${worker}",
            "Next": next,
            "Catch": [
                { "ErrorEquals": ["Busy"], "Next": "First" },
                { "ErrorEquals": ["States.ALL"], "Next": next },
            ],
        })
    };
    Graph::of(&json!({ "StartAt": "First", "States": {
        "First": again("Second"),
        "Second": again("Third"),
        "Third": again("Second"),
    } }))
}
