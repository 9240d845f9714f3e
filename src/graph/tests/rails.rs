//! Edges that many states have run down one side, and cross no state.

use roxmltree::Document;
use serde_json::{Map, Value, json};

use super::picture::{check, crossings, number};
use crate::graph::{Graph, svg};

fn task(next: Option<&str>, errors: &str) -> Value {
    let mut task = json!({
        "Type": "Task",
        "Resource": "${worker}",
        "Catch": [{ "ErrorEquals": [errors], "Next": "Failed" }],
    });
    match next {
        Some(next) => task["Next"] = json!(next),
        None => task["End"] = json!(true),
    }
    task
}

/// A chain of tasks which all catch the same, if `errors` says so.
fn chain(tasks: usize, errors: fn(usize) -> String) -> Graph {
    let mut states = Map::new();
    for at in 0..tasks {
        let next = (at + 1 < tasks).then(|| format!("Step {}", at + 1));
        states.insert(format!("Step {at}"), task(next.as_deref(), &errors(at)));
    }
    states.insert("Failed".to_owned(), json!({ "Type": "Fail" }));
    Graph::of(&json!({ "StartAt": "Step 0", "States": states }))
}

/// Ways side by side, of which none can reach the side but the last, in a `Parallel` state as well.
fn branching() -> Graph {
    let ways = |prefix: &str| {
        let named = |name: &str| format!("{prefix}{name}");
        let caught = |next: Option<&str>| {
            let mut task = task(next.map(named).as_deref(), "States.ALL");
            task["Catch"][0]["Next"] = json!(named("Failed"));
            task
        };
        let ways = ["North", "East", "South", "West"];
        let rule = |way| json!({ "Variable": "$.way", "StringEquals": way, "Next": named(way) });
        let choose = json!({
            "Type": "Choice", "Choices": ways.map(rule), "Default": named("Failed"),
        });
        let mut states = Map::from_iter([(named("Choose"), choose)]);
        states.extend(ways.map(|way| (named(way), caught(Some("Arrive")))));
        states.insert(named("Arrive"), caught(None));
        states.insert(named("Failed"), json!({ "Type": "Fail" }));
        states
    };
    let inner =
        |prefix: &str| json!({ "StartAt": format!("{prefix}Choose"), "States": ways(prefix) });
    let mut states = ways("");
    let around = json!({
        "Type": "Parallel", "Branches": [inner("A "), inner("B ")], "Next": "Choose",
    });
    states.insert("Around".to_owned(), around);
    Graph::of(&json!({ "StartAt": "Around", "States": states }))
}

/// What every task catches leads back to the first.
fn back() -> Graph {
    let again = |next: &str| {
        json!({ "Type": "Task", "Resource": "${worker}", "Next": next,
            "Catch": [{ "ErrorEquals": ["Busy"], "Next": "First" }, { "ErrorEquals": ["States.ALL"], "Next": "Failed" }] })
    };
    Graph::of(&json!({ "StartAt": "First", "States": {
        "First": again("Second"), "Second": again("Third"), "Third": again("Fourth"), "Fourth": again("Done"),
        "Done": { "Type": "Succeed" }, "Failed": { "Type": "Fail" },
    } }))
}

fn width(graph: &Graph) -> f64 {
    let text = svg(graph, None).unwrap();
    number(Document::parse(&text).unwrap().root_element(), "width")
}

fn same(_: usize) -> String {
    "States.ALL".to_owned()
}

#[test]
fn a_catch_that_every_task_has_makes_a_picture_no_wider_however_many_there_are() {
    let few = width(&chain(3, same));
    assert!(few < 600.0, "{few}");
    for tasks in [20, 300] {
        assert_eq!(width(&chain(tasks, same)), few);
    }
}

#[test]
fn edges_at_the_side_end_at_their_states_and_cross_none() {
    let graphs = [
        chain(5, same),
        chain(5, |at| format!("Error.Number{at}")),
        chain(6, |at| format!("Error.Number{}", at / 2)),
        branching(),
        back(),
    ];
    for graph in graphs {
        check(&graph);
        assert_eq!(crossings(&graph), [""; 0]);
    }
}

#[test]
fn what_all_of_them_catch_stands_there_once_and_what_one_catches_beside_it() {
    let shown = |graph: &Graph, label: &str| {
        let text = svg(graph, None).unwrap();
        let document = Document::parse(&text).unwrap();
        let texts = document
            .descendants()
            .filter(|node| node.has_tag_name("text"));
        texts.filter(|node| node.text() == Some(label)).count()
    };
    assert_eq!(shown(&chain(20, same), "States.ALL"), 1);
    let mixed = chain(5, |at| {
        if at == 2 {
            "Declined".to_owned()
        } else {
            same(at)
        }
    });
    assert_eq!(shown(&mixed, "States.ALL"), 1);
    assert_eq!(shown(&mixed, "Declined"), 1);
    let each = chain(4, |at| format!("Error{at}"));
    assert_eq!(
        (0..4)
            .map(|at| shown(&each, &format!("Error{at}")))
            .sum::<usize>(),
        4
    );
}

#[test]
fn labels_of_a_choice_that_are_cut_are_not_the_same() {
    let long = "$.order.customer.address.country.name.in.full.as.it.is.written.on.the.invoice.of.the.first.order";
    let rule = |n: u32| json!({ "Variable": long, "NumericEquals": n, "Next": format!("Way {n}") });
    let way = json!({ "Type": "Succeed" });
    let graph = Graph::of(&json!({ "StartAt": "Pick", "States": {
        "Pick": { "Type": "Choice", "Choices": [rule(1), rule(2)] }, "Way 1": way, "Way 2": way,
    } }));
    let text = svg(&graph, None).unwrap();
    assert!(
        text.contains("= 1</text>") && text.contains("= 2</text>"),
        "{text}"
    );
}
