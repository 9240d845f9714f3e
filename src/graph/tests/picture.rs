//! The picture, read back by a parser of XML.

use roxmltree::{Document, Node};
use serde_json::json;

use super::{loops, nested, transactions, wide};
use crate::graph::{Graph, label, svg};

/// Left, top, right and bottom.
type Edges = [f64; 4];

pub(super) fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

fn edges(rect: Node<'_, '_>) -> Edges {
    let (x, y) = (number(rect, "x"), number(rect, "y"));
    [x, y, x + number(rect, "width"), y + number(rect, "height")]
}

fn has_class(node: Node<'_, '_>, class: &str) -> bool {
    let classes = node.attribute("class").unwrap_or_default();
    classes.split(' ').any(|own| own == class)
}

fn all<'a>(document: &'a Document<'a>, class: &str) -> Vec<Node<'a, 'a>> {
    let nodes = document.descendants();
    nodes.filter(|node| has_class(*node, class)).collect()
}

fn inside(inner: Edges, outer: Edges) -> bool {
    inner[0] >= outer[0] && inner[1] >= outer[1] && inner[2] <= outer[2] && inner[3] <= outer[3]
}

fn apart(a: Edges, b: Edges) -> bool {
    a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1]
}

/// The boxes of the states, with their names.
fn boxes(document: &Document<'_>) -> Vec<(String, Edges)> {
    let states = document
        .descendants()
        .filter(|node| has_class(*node, "state"));
    states
        .map(|state| {
            let rect = state
                .children()
                .find(|node| has_class(*node, "box"))
                .unwrap();
            let title = state
                .children()
                .find(|node| node.has_tag_name("title"))
                .unwrap();
            (title.text().unwrap().to_owned(), edges(rect))
        })
        .collect()
}

/// How far all is moved inside of the picture.
fn offset(document: &Document<'_>) -> (f64, f64) {
    let moved = document
        .descendants()
        .find_map(|node| node.attribute("transform")?.strip_prefix("translate("));
    let (x, y) = moved
        .unwrap()
        .trim_end_matches(')')
        .split_once(' ')
        .unwrap();
    (x.parse().unwrap(), y.parse().unwrap())
}

pub(super) fn check(graph: &Graph) {
    let text = svg(graph, None).unwrap();
    let document = Document::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let boxes = boxes(&document);
    assert_eq!(boxes.len(), graph.states.len());
    for (at, (a_name, a)) in boxes.iter().enumerate() {
        for (b_name, b) in &boxes[at + 1..] {
            let nested = inside(*a, *b) || inside(*b, *a);
            assert!(apart(*a, *b) || nested, "{a_name} and {b_name} overlap");
        }
    }
    for (index, state) in graph.states.iter().enumerate() {
        let around = graph.machines[state.machine].inside;
        let own = boxes
            .iter()
            .find(|(title, _)| title.lines().next() == Some(&state.name))
            .unwrap();
        for (title, other) in &boxes {
            let name = title.lines().next().unwrap();
            let mut outer = std::iter::successors(around, |state| {
                graph.machines[graph.states[*state].machine].inside
            });
            if outer.any(|state| graph.states[state].name == name) {
                assert!(
                    inside(own.1, *other),
                    "state {index} is not inside of {name}"
                );
            }
        }
    }
    lines_stay_inside(&document);
    ways_end_at_boxes(graph, &document, &boxes);
}

fn lines_stay_inside(document: &Document<'_>) {
    let picture = document.root_element();
    let (left, top) = offset(document);
    let whole = [
        -left,
        -top,
        number(picture, "width") - left,
        number(picture, "height") - top,
    ];
    for text in document
        .descendants()
        .filter(|node| node.has_tag_name("text"))
    {
        let size = number(text, "font-size");
        let width = label::width(text.text().unwrap_or_default(), size);
        let (x, y) = (number(text, "x"), number(text, "y"));
        let own = [x - width / 2.0, y - size, x + width / 2.0, y];
        assert!(inside(own, whole), "{:?} is cut off", text.text());
        let around = text.parent().unwrap().children();
        let around = around
            .filter(|node| node.has_tag_name("rect"))
            .map(edges)
            .next()
            .unwrap();
        assert!(
            inside(own, around),
            "{:?} stands out of its box",
            text.text()
        );
    }
}

fn ways_end_at_boxes(graph: &Graph, document: &Document<'_>, boxes: &[(String, Edges)]) {
    let ways = all(document, "edge");
    assert_eq!(ways.len(), graph.edges.len());
    for way in ways {
        let title = way.first_element_child().unwrap().text().unwrap();
        let names = title.lines().next().unwrap().split(" → ");
        let path = way.attribute("d").unwrap().replace(['M', 'C'], " ");
        let numbers: Vec<f64> = path
            .split_whitespace()
            .map(|number| number.parse().unwrap())
            .collect();
        let (first, last) = (&numbers[..2], &numbers[numbers.len() - 2..]);
        for (name, end) in names.zip([first, last]) {
            let Some((_, edges)) = boxes
                .iter()
                .find(|(title, _)| title.lines().next() == Some(name))
            else {
                assert!(["Start", "End"].contains(&name), "{name}");
                continue;
            };
            let [left, top, right, bottom] = *edges;
            let (x, y) = (end[0], end[1]);
            let near = |a: f64, b: f64| (a - b).abs() < 0.3;
            let at_row = (near(y, top) || near(y, bottom)) && x >= left && x <= right;
            let at_side = (near(x, right) || near(x, left)) && y >= top && y <= bottom;
            assert!(
                at_row || at_side,
                "{title} ends at {end:?}, which is not {name}: {edges:?}"
            );
        }
    }
}

/// The straight lines of edges that lead through states which are neither at their ends nor around them.
pub(super) fn crossings(graph: &Graph) -> Vec<String> {
    let text = svg(graph, None).unwrap();
    let document = Document::parse(&text).unwrap();
    let boxes = boxes(&document);
    let mut found = Vec::new();
    for way in all(&document, "edge") {
        let title = way.first_element_child().unwrap().text().unwrap();
        let path = way.attribute("d").unwrap().replace(['M', 'C'], " ");
        let numbers: Vec<f64> = path
            .split_whitespace()
            .map(|n| n.parse().unwrap())
            .collect();
        // The start, and the end of each curve.
        let ends = numbers.chunks(2).enumerate().filter(|(at, _)| at % 3 == 0);
        let ends: Vec<&[f64]> = ends.map(|(_, end)| end).collect();
        let (first, last) = (ends[0], ends[ends.len() - 1]);
        let touches = |[left, top, right, bottom]: Edges, end: &[f64]| {
            let (x, y) = (end[0], end[1]);
            x >= left - 0.5 && x <= right + 0.5 && y >= top - 0.5 && y <= bottom + 0.5
        };
        for line in ends.windows(2) {
            let (a, b) = (line[0], line[1]);
            if (a[0] - b[0]).abs() > 0.2 && (a[1] - b[1]).abs() > 0.2 {
                continue;
            }
            let thin = [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[0].max(b[0]),
                a[1].max(b[1]),
            ];
            for (state, rect) in &boxes {
                let [left, top, right, bottom] = *rect;
                let within = [left + 1.0, top + 1.0, right - 1.0, bottom - 1.0];
                let own = touches(*rect, first) || touches(*rect, last);
                if !own && !apart(thin, within) {
                    found.push(format!("{title} crosses {state}"));
                }
            }
        }
    }
    found
}

#[test]
fn states_do_not_overlap_ways_end_at_them_and_no_text_is_cut_off() {
    for graph in [transactions(), nested(), loops(), wide(12), wide(1)] {
        check(&graph);
    }
}

#[test]
fn a_picture_needs_nothing_from_outside_and_no_script() {
    let text = svg(&nested(), None).unwrap();
    for word in [
        "<script",
        "href",
        "@import",
        "@font-face",
        "url(http",
        "onload",
    ] {
        assert!(!text.contains(word), "{word}");
    }
    assert!(text.contains("@media (prefers-color-scheme:dark)"));
    assert!(text.contains("role=\"img\""));
}

#[test]
fn a_picture_says_what_it_shows_to_those_who_do_not_see_it() {
    let text = svg(&transactions(), None).unwrap();
    let document = Document::parse(&text).unwrap();
    let desc = document
        .descendants()
        .find(|node| node.has_tag_name("desc"));
    let desc = desc.and_then(|desc| desc.text()).unwrap();
    assert!(desc.contains("Takes a purchase or a refund to its receipt"));
    assert!(desc.contains("Purchase Handler (Task · purchase-handler)"));
}

#[test]
fn long_names_that_differ_only_in_their_ends_are_told_apart() {
    let name = |end: usize| {
        format!(
            "Check the availability of each item in the warehouse that is nearest to the customer, take {end}"
        )
    };
    let mut states = serde_json::Map::new();
    for end in 1..=3 {
        states.insert(name(end), json!({ "Type": "Pass", "Next": name(end + 1) }));
    }
    states.insert(name(4), json!({ "Type": "Succeed" }));
    let graph = Graph::of(&json!({ "StartAt": name(1), "States": states }));
    let text = svg(&graph, None).unwrap();
    let document = Document::parse(&text).unwrap();
    let shown = all(&document, "state").into_iter().map(|state| {
        let lines = state.children().filter(|node| has_class(*node, "name"));
        lines.filter_map(|line| line.text()).collect::<String>()
    });
    let shown: std::collections::BTreeSet<String> = shown.collect();
    assert_eq!(shown.len(), 4, "{shown:?}");
}

#[test]
fn what_is_far_too_large_is_an_error_and_not_a_wait() {
    let error = svg(&wide(2_000), None).unwrap_err().to_string();
    assert!(error.contains("2002 states with 4002 edges"), "{error}");
}
