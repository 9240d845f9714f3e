use serde_json::json;

use super::super::{Graph, GraphChange, Mark, mermaid_of_change};

fn machine(inner: serde_json::Value, last: &str) -> serde_json::Value {
    json!({ "StartAt": "each", "States": {
        "each": { "Type": "Map", "Next": last, "ItemProcessor": {
            "StartAt": "one", "States": { "one": inner } } },
        last: { "Type": "Succeed" },
    } })
}

#[test]
fn each_state_that_differs_is_marked_and_what_is_around_it_is_not() {
    let old = machine(json!({ "Type": "Pass", "End": true }), "done");
    let new = machine(json!({ "Type": "Pass", "Result": 1, "End": true }), "ended");
    let change = GraphChange::of(&old, &new);
    let marks = |(graph, marks): &(Graph, Vec<Option<Mark>>)| {
        let states = graph.states.iter().zip(marks);
        let states = states.map(|(state, mark)| (state.name.clone(), *mark));
        states.collect::<std::collections::BTreeMap<_, _>>()
    };
    let named = |states: [(&str, Option<Mark>); 3]| {
        states.map(|(name, mark)| (name.to_owned(), mark)).into()
    };
    assert_eq!(
        marks(&change.old),
        named([
            ("done", Some(Mark::Removed)),
            ("each", Some(Mark::Changed)),
            ("one", Some(Mark::Changed))
        ])
    );
    assert_eq!(
        marks(&change.new),
        named([
            ("each", Some(Mark::Changed)),
            ("ended", Some(Mark::Added)),
            ("one", Some(Mark::Changed))
        ])
    );
    let text = mermaid_of_change(&change.new);
    assert!(
        text.contains("s1([\"ended<br/>Succeed<br/>added\"])"),
        "{text}"
    );
    assert!(text.contains("class s1 added"), "{text}");
}
