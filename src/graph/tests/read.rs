//! What a definition says.

use serde_json::{Value, json};

use super::{loops, nested, transactions};
use crate::graph::{Edge, EdgeKind, End, Graph};

fn detail(state: Value) -> Option<String> {
    let graph = Graph::of(&json!({ "StartAt": "A", "States": { "A": state } }));
    graph.states[0].detail.clone()
}

fn lambda(name: &str) -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": { "FunctionName": name },
    })
}

#[test]
fn a_task_says_in_a_word_what_it_calls() {
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:orders-dev-worker:7";
    let task = |resource: &str| json!({ "Type": "Task", "Resource": resource });
    for (state, said) in [
        (lambda("${worker}"), "worker"),
        (lambda(arn), "orders-dev-worker"),
        (lambda("{% $function %}"), "$function"),
        (task(arn), "orders-dev-worker"),
        (
            task("arn:aws:states:::dynamodb:getItem"),
            "dynamodb:getItem",
        ),
        (
            task("arn:aws:states:::aws-sdk:organizations:listRoots"),
            "organizations:listRoots",
        ),
        (
            task("arn:aws:states:us-east-1:1:activity:approve"),
            "approve",
        ),
        (json!({ "Type": "Wait", "Seconds": 5 }), "5 s"),
        (
            json!({ "Type": "Wait", "SecondsPath": "$.pause" }),
            "$.pause",
        ),
        (json!({ "Type": "Fail", "Error": "Refused" }), "Refused"),
    ] {
        assert_eq!(detail(state).as_deref(), Some(said));
    }
    assert_eq!(detail(json!({ "Type": "Pass" })), None);
}

#[test]
fn the_functions_of_a_stack_are_shown_as_its_handlers_and_others_as_they_are() {
    let states = json!({
        "A": lambda("arn:aws:lambda:us-east-1:1:function:orders-dev-worker:7"),
        "B": lambda("arn:aws:lambda:us-east-1:1:function:orders-develop-worker"),
    });
    let graph = Graph::of(&json!({ "StartAt": "A", "States": states }));
    let graph = graph.with_handlers_of("orders-dev");
    let details = graph
        .states
        .iter()
        .filter_map(|state| state.detail.as_deref());
    assert_eq!(
        details.collect::<Vec<_>>(),
        ["worker", "orders-develop-worker"]
    );
}

#[test]
fn ways_say_when_they_are_gone() {
    let graph = transactions();
    let labels: Vec<&str> = graph
        .edges
        .iter()
        .flat_map(|edge| &edge.labels)
        .map(String::as_str)
        .collect();
    let expected = [
        r#"$.type = "PURCHASE""#,
        r#"$.type = "REFUND""#,
        "otherwise",
    ];
    assert_eq!(labels, expected);

    let graph = nested();
    let catch = graph.edges.iter().find(|edge| edge.kind == EdgeKind::Catch);
    assert_eq!(catch.unwrap().labels, ["Declined, Busy"]);
}

#[test]
fn rules_that_lead_to_the_same_state_are_one_edge() {
    let rule = |kind: &str| json!({ "Variable": "$.kind", "StringEquals": kind, "Next": "B" });
    let graph = Graph::of(&json!({ "StartAt": "A", "States": {
        "A": { "Type": "Choice", "Choices": [rule("x"), rule("y")], "Default": "B" },
        "B": { "Type": "Succeed" },
    } }));
    let from_a = |edge: &&Edge| edge.from == End::State(0);
    let ways: Vec<_> = graph.edges.iter().filter(from_a).collect();
    assert_eq!(ways.len(), 1);
    let expected = [r#"$.kind = "x""#, r#"$.kind = "y""#, "otherwise"];
    assert_eq!(ways[0].labels, expected);
    // A `Catch` to where `Next` leads is another edge.
    let kinds = loops()
        .edges
        .iter()
        .filter(|edge| edge.from == End::State(1))
        .count();
    assert_eq!(kinds, 3);
}

#[test]
fn machines_inside_of_states_know_where_they_are() {
    let graph = nested();
    let name = |state: usize| graph.states[state].name.as_str();
    let inside: Vec<_> = graph
        .machines
        .iter()
        .map(|machine| machine.inside.map(name))
        .collect();
    assert_eq!(
        inside,
        [None, Some("Prepare"), Some("Prepare"), Some("Each Item")]
    );
    assert_eq!(graph.machines[3].start.map(name), Some("Reserve"));
}
