//! The graph as a Mermaid flowchart, as GitHub draws it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::palette::Look;
use super::words::{became, kind, labels};
use super::{EdgeKind, End, Graph, Mark, Paint};
use crate::executions::Outcome;

/// Writes the graph, and what an execution made of it, as Mermaid.
pub fn mermaid(graph: &Graph, paint: Option<&Paint>) -> String {
    match paint {
        Some(paint) => written(graph, paint),
        None => written(graph, &Plain),
    }
}

/// Writes the graph with marks on what another version has otherwise.
pub fn mermaid_of_change((graph, marks): &(Graph, Vec<Option<Mark>>)) -> String {
    written(graph, marks)
}

/// What is laid over the graph.
trait Overlay {
    /// Below the name of a state.
    fn lines(&self, state: usize) -> Vec<String>;
    /// How often an edge was taken.
    fn taken(&self, edge: usize) -> usize;
    fn look(&self, state: usize) -> Option<Overlaid>;
}

/// The word for a look, and the look.
type Overlaid = (&'static str, Look);

struct Plain;

impl Overlay for Plain {
    fn lines(&self, _: usize) -> Vec<String> {
        Vec::new()
    }

    fn taken(&self, _: usize) -> usize {
        0
    }

    fn look(&self, _: usize) -> Option<Overlaid> {
        None
    }
}

impl Overlay for Paint {
    fn lines(&self, state: usize) -> Vec<String> {
        self.states[state].as_ref().map(became).unwrap_or_default()
    }

    fn taken(&self, edge: usize) -> usize {
        self.edges[edge]
    }

    fn look(&self, state: usize) -> Option<Overlaid> {
        let outcome = self.states[state].as_ref()?.outcome;
        Some((outcome.as_str(), Look::Of(outcome)))
    }
}

impl Overlay for Vec<Option<Mark>> {
    fn lines(&self, state: usize) -> Vec<String> {
        let word = self.look(state).map(|(word, _)| word.to_owned());
        word.into_iter().collect()
    }

    fn taken(&self, _: usize) -> usize {
        0
    }

    fn look(&self, state: usize) -> Option<Overlaid> {
        self[state].map(|mark| match mark {
            Mark::Added => ("added", Look::Of(Outcome::Succeeded)),
            Mark::Changed => ("changed", Look::Of(Outcome::Caught)),
            Mark::Removed => ("removed", Look::Of(Outcome::Failed)),
        })
    }
}

fn written(graph: &Graph, overlay: &impl Overlay) -> String {
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

fn states(graph: &Graph, overlay: &impl Overlay, machine: usize, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    for index in &graph.machines[machine].states {
        let state = &graph.states[*index];
        let lines = [state.name.clone(), kind(state)].into_iter();
        let lines = lines.chain(overlay.lines(*index));
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
fn edges(graph: &Graph, overlay: &impl Overlay, text: &mut String) {
    for (index, edge) in graph.edges.iter().enumerate() {
        let taken = overlay.taken(index);
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

fn classes(graph: &Graph, overlay: &impl Overlay, text: &mut String) {
    let looks = (0..graph.states.len()).filter_map(|state| Some((overlay.look(state)?, state)));
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
