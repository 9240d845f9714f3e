//! Coverage in all its forms, of a small workflow.

use jiff::Timestamp;
use serde_json::{Value, json};
use txflow_asl::coverage::Coverage;
use txflow_asl::replay::Replay;
use txflow_asl::{Machine, Payload, StartOptions, TaskEnd, TaskError, run_to_end};

use super::*;
use crate::config::{Definition, DefinitionText};
use crate::graph::{mermaid_of_coverage, svg_of_coverage};

const JSON: &str = r#"{
  "StartAt": "Choose",
  "States": {
    "Choose": {
      "Type": "Choice",
      "Choices": [
        { "Variable": "$.type", "StringEquals": "BUY", "Next": "Buy" },
        { "Variable": "$.type", "StringEquals": "SELL", "Next": "Both" }
      ],
      "Default": "Buy"
    },
    "Buy": {
      "Type": "Task",
      "Resource": "arn:aws:lambda:us-east-1:123456789012:function:buy",
      "Retry": [{ "ErrorEquals": ["Busy"] }],
      "Catch": [
        { "ErrorEquals": ["Broken", "Lost"], "Next": "Failed" },
        { "ErrorEquals": ["States.ALL"], "Next": "Failed" }
      ],
      "End": true
    },
    "Both": {
      "Type": "Parallel",
      "Branches": [
        { "StartAt": "Left", "States": {
          "Left": { "Type": "Pass", "End": true } } },
        { "StartAt": "Right", "States": {
          "Right": { "Type": "Pass", "End": true } } }
      ],
      "End": true
    },
    "Failed": { "Type": "Fail" }
  }
}
"#;

fn definition(path: &str, text: &str, value: Value) -> Definition {
    Definition {
        path: path.into(),
        template: value,
        text: DefinitionText::sample(path, text),
        incomplete: false,
    }
}

fn of_json() -> Definition {
    definition(
        "flows/buy.asl.json",
        JSON,
        serde_json::from_str(JSON).unwrap(),
    )
}

/// Executions with these inputs and the errors of their calls.
fn covered(definition: &Definition, executions: &[(&str, &[&str])]) -> StackCoverage {
    let machine = Machine::from_value(&definition.template).unwrap();
    let replay = Replay::new(&definition.template).unwrap();
    let mut coverage = Coverage::of(&definition.template);
    for (kind, errors) in executions {
        let mut errors = errors.iter();
        let options = StartOptions::new(json!({ "type": kind }));
        let run = run_to_end(
            &machine,
            options,
            txflow_asl::Timestamp::from_millis(0),
            |_| {
                TaskEnd::Done(match errors.next() {
                    None => Ok(Payload::from(json!({}))),
                    Some(error) => Err(TaskError {
                        error: (*error).to_owned(),
                        cause: String::new(),
                    }),
                })
            },
        );
        let events: Vec<Value> = run.events.iter().map(|event| event.to_json()).collect();
        coverage.add(&replay, json!({ "events": events }));
    }
    StackCoverage::new(vec![MachineCoverage::new(None, definition, &coverage)])
}

fn sample() -> StackCoverage {
    covered(&of_json(), &[("BUY", &["Busy"]), ("OTHER", &["Broken"])])
}

#[test]
fn figures_count_each_kind() {
    let coverage = sample();
    let line = "3 of 6 states, 2 of 3 choice rules, 1 of 1 retrier, 1 of 2 catchers, 0 of 2 branches: 50 %";
    assert_eq!(coverage.line(), line);
    let all = coverage.all;
    assert_eq!((all.reached, all.not_reached, all.unknown), (7, 7, 0));
    assert_eq!(
        [50.0, 50.1, 57.0, 58.0, 100.0].map(|percent| all.lacks(percent)),
        [0, 1, 1, 2, 7]
    );
}

/// 90 of 100 is not asked for as 91 by a rounding of the machine, and 89.99 is not shown as 90.
#[test]
fn a_percentage_is_never_rounded_up() {
    let figures = |reached, not_reached| Figures {
        reached,
        not_reached,
        unknown: 0,
    };
    assert_eq!(figures(2999, 334).percent(), 89.9);
    assert_eq!(figures(2999, 334).lacks(90.0), 1);
    assert_eq!(figures(9, 1).lacks(90.0), 0);
    assert_eq!(figures(7, 3).lacks(70.0), 0);
}

#[test]
fn what_was_missed_is_at_its_place_with_all_inside_of_it_and_the_worst_comes_first() {
    let coverage = sample();
    let missed = Missed::of(&coverage);
    let shown: Vec<_> = missed
        .iter()
        .map(|missed| (missed.item.line, missed.words()))
        .collect();
    let expected = [
        (22, "state `Both`, with 2 states and 2 branches"),
        (8, "rule 2 of `Choose` (→ `Both`)"),
        (18, "catcher 2 of `Buy` (`States.ALL`)"),
    ];
    assert_eq!(
        shown,
        expected.map(|(line, words)| (line, words.to_owned()))
    );
}

#[test]
fn the_lines_of_a_yaml_definition_are_those_of_its_keys() {
    let text = "StartAt: Buy\nStates:\n  Buy:\n    Type: Task\n    Resource: arn:aws:lambda:us-east-1:123456789012:function:buy\n    \
                Catch:\n      - ErrorEquals: [States.ALL]\n        Next: Done\n    End: true\n  Done:\n    Type: Succeed\n";
    let asl = txflow_asl::source::Source::from_yaml(text).unwrap();
    let definition = definition("buy.asl.yaml", text, asl.value().clone());
    let coverage = covered(&definition, &[("BUY", &[])]);
    let lines = coverage.state_machines[0]
        .items
        .iter()
        .map(|item| (item.line, item.is_reached()));
    assert_eq!(
        lines.collect::<Vec<_>>(),
        [(3, true), (7, false), (10, false)]
    );
}

/// What a reader of tracefiles makes of one: lines, and branches by line.
#[test]
fn a_tracefile_has_the_lines_and_the_branches() {
    let text = lcov(&sample());
    let mut lines = Vec::new();
    let mut branches = Vec::new();
    let mut counts = std::collections::BTreeMap::new();
    let mut records = text.lines();
    assert_eq!(records.next(), Some("TN:"));
    assert_eq!(records.next(), Some("SF:flows/buy.asl.json"));
    assert_eq!(records.next_back(), Some("end_of_record"));
    for record in records {
        let (name, rest) = record.split_once(':').unwrap();
        let numbers: Vec<Option<u64>> = rest.split(',').map(|number| number.parse().ok()).collect();
        match (name, &numbers[..]) {
            ("DA", [Some(line), Some(hits)]) => lines.push((*line, *hits)),
            ("BRDA", [Some(line), Some(_), Some(_), taken]) => branches.push((*line, *taken)),
            ("LF" | "LH" | "BRF" | "BRH", [Some(count)]) => {
                counts.insert(name.to_owned(), *count);
            }
            _ => panic!("{record}"),
        }
    }
    assert_eq!(
        lines,
        [
            (4, 2),
            (7, 1),
            (8, 0),
            (10, 1),
            (12, 2),
            (15, 1),
            (17, 1),
            (18, 0),
            (22, 0),
            (25, 0),
            (26, 0),
            (27, 0),
            (28, 0),
            (32, 1)
        ]
    );
    let times = Some;
    assert_eq!(
        branches,
        [
            (4, times(1)),
            (4, times(0)),
            (4, times(1)),
            (12, times(1)),
            (12, times(1)),
            (12, times(0))
        ]
    );
    let count = |name: &str| counts[name];
    assert_eq!(
        [count("LF"), count("LH"), count("BRF"), count("BRH")],
        [14, 7, 6, 4]
    );
    // Where no execution came, nothing was decided.
    let none = lcov(&covered(&of_json(), &[]));
    assert!(
        none.contains("BRDA:4,0,0,-\n") && none.contains("DA:4,0\n"),
        "{none}"
    );
}

#[test]
fn cobertura_has_the_same_figures_in_its_elements() {
    let now = Timestamp::from_millisecond(1_767_225_600_000).unwrap();
    let text = cobertura("shop<&>dev", &sample(), now);
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let xml = roxmltree::Document::parse_with_options(&text, options).unwrap();
    let root = xml.root_element();
    for (name, value) in [
        ("line-rate", "0.5000"),
        ("branch-rate", "0.6667"),
        ("lines-covered", "7"),
        ("lines-valid", "14"),
        ("branches-covered", "4"),
        ("branches-valid", "6"),
        ("complexity", "0"),
        ("timestamp", "1767225600000"),
    ] {
        assert_eq!(root.attribute(name), Some(value), "{name}");
    }
    let one = |name: &str| {
        xml.descendants()
            .find(|node| node.has_tag_name(name))
            .unwrap()
    };
    assert_eq!(one("source").text(), Some("."));
    assert_eq!(one("package").attribute("name"), Some("shop<&>dev"));
    assert_eq!(
        one("class").attribute("filename"),
        Some("flows/buy.asl.json")
    );
    let children = |node: roxmltree::Node<'_, '_>| {
        let children = node.children().filter(roxmltree::Node::is_element);
        children
            .map(|child| child.tag_name().name().to_owned())
            .collect::<Vec<_>>()
    };
    // In the order of the DTD.
    assert_eq!(children(root), ["sources", "packages"]);
    assert_eq!(children(one("class")), ["methods", "lines"]);
    let lines: Vec<_> = xml
        .descendants()
        .filter(|node| node.has_tag_name("line"))
        .collect();
    assert_eq!(lines.len(), 14);
    let choose = lines
        .iter()
        .find(|line| line.attribute("number") == Some("4"))
        .unwrap();
    assert_eq!(choose.attribute("branch"), Some("true"));
    assert_eq!(choose.attribute("condition-coverage"), Some("66% (2/3)"));
    let buy = lines
        .iter()
        .find(|line| line.attribute("number") == Some("12"))
        .unwrap();
    let conditions = buy
        .descendants()
        .filter(|node| node.has_tag_name("condition"));
    let conditions: Vec<_> = conditions
        .map(|condition| condition.attribute("coverage").unwrap())
        .collect();
    assert_eq!(conditions, ["100%", "50%"]);
}

#[test]
fn two_state_machines_of_one_file_are_one_record() {
    let once = sample().state_machines;
    let twice = StackCoverage::new([once.clone(), once].concat());
    let text = lcov(&twice);
    assert_eq!(text.matches("SF:").count(), 1);
    assert!(text.contains("BRF:12\nBRH:8\n"), "{text}");
}

#[test]
fn the_graph_says_in_words_what_was_reached() {
    let coverage = sample();
    let graph = painted("shop", &of_json().template, &coverage.state_machines[0]);
    let svg = svg_of_coverage(&graph).unwrap();
    for words in [
        "Coverage of shop: 3 of 6 states",
        "Choose (Choice): reached 2×, missed: rule 2",
        "Both (Parallel): not reached",
        "Failed (Fail): reached once",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
    let mermaid = mermaid_of_coverage(&graph);
    assert!(
        mermaid.contains("classDef missed") && mermaid.contains("classDef partly"),
        "{mermaid}"
    );
    let (graph, reached) = graph;
    let taken = |from: &str, to: &str| {
        let edges = graph.edges.iter().zip(&reached.edges);
        let name = |end| match end {
            crate::graph::End::State(state) => graph.states[state].name.as_str(),
            crate::graph::End::Start => "start",
            crate::graph::End::End => "end",
        };
        let mut edges = edges.filter(|(edge, _)| (name(edge.from), name(edge.to)) == (from, to));
        *edges.next().unwrap().1
    };
    assert_eq!(taken("start", "Choose"), 2);
    // A rule and the default.
    assert_eq!(taken("Choose", "Buy"), 2);
    assert_eq!(taken("Choose", "Both"), 0);
    assert_eq!(taken("Buy", "end"), 1);
    assert_eq!(taken("Buy", "Failed"), 1);
    assert_eq!(taken("Both", "end"), 0);
}
