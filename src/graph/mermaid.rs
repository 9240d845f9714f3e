//! The graph as a Mermaid flowchart, as GitHub draws it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::overlay::Overlay;
use super::palette::Look;
use super::words::{kind, labels};
use super::{EdgeKind, End, Graph, Mark, Paint, Reached};

/// Writes the graph, and what an execution made of it, as Mermaid.
pub fn mermaid(graph: &Graph, paint: Option<&Paint>) -> String {
    written(graph, paint.map(|paint| paint as &dyn Overlay))
}

/// Writes the graph with what tests reached of it.
pub fn mermaid_of_coverage((graph, reached): &(Graph, Reached)) -> String {
    written(graph, Some(reached))
}

/// Writes the graph with marks on what another version has otherwise.
pub fn mermaid_of_change((graph, marks): &(Graph, Vec<Option<Mark>>)) -> String {
    written(graph, Some(marks))
}

/// Nothing, or something.
type Over<'a> = Option<&'a dyn Overlay>;

fn written(graph: &Graph, overlay: Over<'_>) -> String {
    let mut text = "flowchart TD\n".to_owned();
    let ends = |end: End| {
        graph
            .edges
            .iter()
            .any(|edge| [edge.from, edge.to].contains(&end))
    };
    if ends(End::Start) {
        text.push_str("  start((\"Start\"))\n");
    }
    if !graph.machines.is_empty() {
        states(graph, overlay, 0, 1, &mut text);
    }
    if ends(End::End) {
        text.push_str("  finish((\"End\"))\n");
    }
    edges(graph, overlay, &mut text);
    classes(graph, overlay, &mut text);
    text.truncate(text.trim_end().len());
    text
}

fn states(graph: &Graph, overlay: Over<'_>, machine: usize, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    for index in &graph.machines[machine].states {
        let state = &graph.states[*index];
        let lines = [state.name.clone(), kind(state)].into_iter();
        let lines = lines.chain(overlay.map(|over| over.lines(*index)).unwrap_or_default());
        let inner = state.inner.iter();
        let inner: Vec<usize> = inner
            .copied()
            .filter(|inner| !graph.machines[*inner].states.is_empty())
            .collect();
        // Mermaid keeps room for one line above what is inside.
        let label = match inner.as_slice() {
            [] => quoted(lines),
            _ => quoted(std::iter::once(lines.collect::<Vec<_>>().join(" · "))),
        };
        let _ = match (inner.as_slice(), state.kind.as_str()) {
            ([], "Choice") => writeln!(text, "{indent}s{index}{{{{{label}}}}}"),
            ([], "Succeed" | "Fail") => writeln!(text, "{indent}s{index}([{label}])"),
            ([], _) => writeln!(text, "{indent}s{index}[{label}]"),
            _ => writeln!(text, "{indent}subgraph s{index}[{label}]"),
        };
        for (number, machine) in (1..).zip(&inner) {
            if inner.len() == 1 {
                states(graph, overlay, *machine, depth + 1, text);
                continue;
            }
            let _ = writeln!(text, "{indent}  subgraph m{machine}[\"Branch {number}\"]");
            states(graph, overlay, *machine, depth + 2, text);
            let _ = writeln!(text, "{indent}  end");
        }
        if !inner.is_empty() {
            let _ = writeln!(text, "{indent}end");
        }
    }
}

/// Thick if the execution took it, else thin; dotted for a `Catch`.
fn edges(graph: &Graph, overlay: Over<'_>, text: &mut String) {
    for (index, edge) in graph.edges.iter().enumerate() {
        let taken = overlay.map_or(0, |over| over.taken(index));
        let arrow = match edge.kind {
            _ if taken > 0 => "==>",
            EdgeKind::Catch => "-.->",
            _ => "-->",
        };
        let labels = labels(edge, taken);
        let label = if labels.is_empty() {
            String::new()
        } else {
            format!("|{}|", quoted(labels.into_iter()))
        };
        let _ = writeln!(text, "  {} {arrow}{label} {}", id(edge.from), id(edge.to));
    }
}

fn classes(graph: &Graph, overlay: Over<'_>, text: &mut String) {
    let looks = (0..graph.states.len()).filter_map(|state| Some((overlay?.look(state)?, state)));
    let mut states: BTreeMap<(Look, &str), Vec<usize>> = BTreeMap::new();
    for ((word, look), state) in looks {
        states.entry((look, word)).or_default().push(state);
    }
    for ((look, word), states) in states {
        // White on the strokes of the light palette reads well on a light and on a dark page.
        let color = look.light().stroke;
        let of = |inside: bool| {
            let states = states.iter();
            let states = states.filter(|state| graph.states[**state].inner.is_empty() != inside);
            let names = states.map(|state| format!("s{state}"));
            names.collect::<Vec<_>>().join(",")
        };
        let (boxes, frames) = (of(false), of(true));
        if !boxes.is_empty() {
            let _ = writeln!(
                text,
                "  classDef {word} fill:{color},stroke:{color},color:#ffffff"
            );
            let _ = writeln!(text, "  class {boxes} {word}");
        }
        // What is inside of a frame keeps the colours of the page.
        if !frames.is_empty() {
            let _ = writeln!(
                text,
                "  classDef {word}Frame fill:none,stroke:{color},stroke-width:2px"
            );
            let _ = writeln!(text, "  class {frames} {word}Frame");
        }
    }
}

fn id(end: End) -> String {
    match end {
        End::Start => "start".to_owned(),
        End::End => "finish".to_owned(),
        End::State(index) => format!("s{index}"),
    }
}

/// Lines in quotes. All that means something to Mermaid, to Markdown or to HTML is written as a
/// character's number.
fn quoted(lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.map(|line| escaped(line.trim())).collect();
    format!("\"{}\"", lines.join("<br/>"))
}

fn escaped(line: &str) -> String {
    let mut escaped = String::new();
    let marker = list_marker(line);
    for (at, char) in line.char_indices() {
        match char {
            '\n' | '\t' => escaped.push(' '),
            char if char.is_control() => {}
            ' ' | '.' | ',' | ':' | '(' | ')' | '=' | '-' | '/' | '!' | '?'
                if marker != Some(at) =>
            {
                escaped.push(char);
            }
            char if char.is_alphanumeric() || !char.is_ascii() => escaped.push(char),
            char => {
                let _ = write!(escaped, "#{};", u32::from(char));
            }
        }
    }
    escaped
}

/// Where the marker of a list is: `1. Check` and `- Check` would be one.
fn list_marker(line: &str) -> Option<usize> {
    let at = line.find(|char: char| !char.is_ascii_digit())?;
    let marker = if at == 0 { "-" } else { ".)" };
    let rest = line[at..].strip_prefix(|char| marker.contains(char))?;
    rest.starts_with(' ').then_some(at)
}
