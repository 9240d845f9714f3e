//! Names and shapes that nobody should choose.

use std::collections::BTreeMap;

use proptest::prelude::*;
use roxmltree::Document;
use serde_json::{Value, json};

use crate::graph::{Graph, dot, mermaid, svg};

const NAMES: [&str; 12] = [
    "A \"quoted\" <name> & more",
    "two\nlines\ttab\u{1b}[31m\u{0}",
    "🙂👩‍👩‍👧 emoji",
    "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
    "1. Check",
    "- List",
    "`code` *bold* _i_ #1;",
    "$$x$$",
    "end",
    "%%{init: {}}%%",
    "日本語の状態の名前はここにあります",
    "\\",
];

/// A machine whose states lead anywhere, even to themselves, or nowhere.
fn machine(depth: u32) -> BoxedStrategy<Value> {
    let inner = if depth == 0 {
        Just(Vec::new()).boxed()
    } else {
        prop::collection::vec(machine(depth - 1), 0..3).boxed()
    };
    let parts = (
        0..7_usize,
        prop::collection::vec(0..NAMES.len(), 0..5),
        inner,
    );
    let states = prop::collection::btree_map(0..NAMES.len(), parts, 0..NAMES.len());
    (0..NAMES.len(), states)
        .prop_map(|(start, states)| {
            let states: BTreeMap<&str, Value> = states
                .into_iter()
                .map(|(name, (kind, targets, inner))| (NAMES[name], state(kind, &targets, inner)))
                .collect();
            json!({ "StartAt": NAMES[start], "States": states })
        })
        .boxed()
}

fn state(kind: usize, targets: &[usize], inner: Vec<Value>) -> Value {
    let kinds = [
        "Task", "Choice", "Parallel", "Map", "Pass", "Succeed", "Fail",
    ];
    let target = |at: usize| targets.get(at).map(|name| NAMES[*name]);
    let rules = targets.iter().map(
        |name| json!({ "Variable": "$.a", "StringEquals": NAMES[*name], "Next": NAMES[*name] }),
    );
    let mut state = json!({ "Type": kinds[kind], "Next": target(0), "End": targets.is_empty() });
    match kinds[kind] {
        "Choice" => state["Choices"] = rules.collect(),
        "Parallel" => state["Branches"] = inner.into(),
        "Map" => state["ItemProcessor"] = inner.into_iter().next().unwrap_or_default(),
        _ => {
            state["Catch"] = json!([{ "ErrorEquals": ["Some.Error"], "Next": target(1) }]);
        }
    }
    state
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_machine_is_drawn_in_every_form(definition in machine(2)) {
        let graph = Graph::of(&definition);
        let svg = svg(&graph, None).unwrap();
        let document = Document::parse(&svg).unwrap();
        let states = document.descendants().filter(|node| {
            node.attribute("class").is_some_and(|class| class.starts_with("state "))
        });
        prop_assert_eq!(states.count(), graph.states.len());
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        let _ = (mermaid(&graph, None), dot(&graph, None));
    }
}

#[test]
fn what_is_no_definition_is_an_empty_picture() {
    for odd in [
        json!(null),
        json!([]),
        json!({"States": {"A": 1, "B": {"Type": 2}}}),
    ] {
        let graph = Graph::of(&odd);
        Document::parse(&svg(&graph, None).unwrap()).unwrap();
        assert!(mermaid(&graph, None).starts_with("flowchart TD"));
    }
}

#[test]
fn five_hundred_states_are_drawn() {
    let states: serde_json::Map<String, Value> = (0..500)
        .map(|at| {
            (
                format!("State {at}"),
                json!({ "Type": "Pass", "Next": format!("State {}", at + 1) }),
            )
        })
        .collect();
    let graph = Graph::of(&json!({ "StartAt": "State 0", "States": states }));
    let text = svg(&graph, None).unwrap();
    assert_eq!(text.matches("class=\"state ").count(), 500);
}

#[test]
fn no_name_can_break_out_of_a_mermaid_label() {
    let states: serde_json::Map<String, Value> = NAMES
        .iter()
        .map(|name| ((*name).to_owned(), json!({ "Type": "Pass", "End": true })))
        .collect();
    let text = mermaid(
        &Graph::of(&json!({ "StartAt": "end", "States": states })),
        None,
    );
    for line in text.lines().filter(|line| line.contains("[\"")) {
        let label = line.split('"').collect::<Vec<_>>();
        assert_eq!(label.len(), 3, "{line}");
        let bare = label[1].replace("<br/>", "");
        let odd = bare
            .chars()
            .find(|char| "<>&\"`*_$%{}[]|\\~^".contains(*char) || char.is_control());
        assert_eq!(odd, None, "{line}");
    }
    assert!(text.contains("\"1#46; Check<br/>Pass\""), "{text}");
    assert!(text.contains("\"#45; List<br/>Pass\""), "{text}");
}
