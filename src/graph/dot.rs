//! The graph in the language of Graphviz.

use std::fmt::Write as _;

use super::palette::{Colors, Look};
use super::words::{became, kind, labels};
use super::{EdgeKind, End, Graph, Paint};
use crate::executions::Outcome;

/// Writes the graph, and what an execution made of it, as DOT.
pub fn dot(graph: &Graph, paint: Option<&Paint>) -> String {
    let Colors { fill, stroke, .. } = Look::Plain.light();
    let mut text = format!(
        "digraph workflow {{\n  compound=true\n  fontname=\"Helvetica\"\n  \
         node [shape=box style=\"rounded,filled\" fillcolor=\"{fill}\" color=\"{stroke}\" fontname=\"Helvetica\"]\n  \
         edge [color=\"{stroke}\" fontname=\"Helvetica\" fontsize=11]\n"
    );
    let ends = |end: End| {
        graph
            .edges
            .iter()
            .any(|edge| [edge.from, edge.to].contains(&end))
    };
    for (end, shape) in [(End::Start, "circle"), (End::End, "doublecircle")] {
        if ends(end) {
            let _ = writeln!(
                text,
                "  {} [label=\"\" shape={shape} width=0.2 fillcolor=\"{stroke}\"]",
                id(end)
            );
        }
    }
    if !graph.machines.is_empty() {
        states(graph, paint, 0, 1, &mut text);
    }
    for (index, edge) in graph.edges.iter().enumerate() {
        let taken = paint.map_or(0, |paint| paint.edges[index]);
        let mut attributes = Vec::new();
        let labels = labels(edge, taken);
        if !labels.is_empty() {
            attributes.push(format!("label={}", quoted(labels.into_iter())));
        }
        if taken > 0 {
            let outcome = match edge.kind {
                EdgeKind::Catch => Outcome::Caught,
                _ => Outcome::Succeeded,
            };
            let color = Look::Of(outcome).light().stroke;
            attributes.push(format!("color=\"{color}\" penwidth=2"));
        }
        if edge.kind == EdgeKind::Catch {
            attributes.push("style=dashed".to_owned());
        }
        // An edge of Graphviz joins nodes and is cut off at the border of the cluster.
        let from = port(graph, edge.from, Side::Last, &mut attributes);
        let to = port(graph, edge.to, Side::First, &mut attributes);
        let _ = writeln!(text, "  {from} -> {to} [{}]", attributes.join(" "));
    }
    text.push('}');
    text
}

fn states(graph: &Graph, paint: Option<&Paint>, machine: usize, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    for index in &graph.machines[machine].states {
        let state = &graph.states[*index];
        let painted = paint.and_then(|paint| paint.states[*index].as_ref());
        let lines = [state.name.clone(), kind(state)].into_iter();
        let label = quoted(lines.chain(painted.map(became).into_iter().flatten()));
        let look = Look::of(paint.is_some(), painted.map(|painted| painted.outcome));
        let Colors {
            fill,
            stroke,
            text: font,
        } = look.light();
        let color = match look {
            Look::Plain => String::new(),
            Look::Skipped => {
                format!(" fillcolor=\"{fill}\" color=\"{stroke}\" fontcolor=\"{font}\"")
            }
            Look::Of(_) => format!(" fillcolor=\"{fill}\" color=\"{stroke}\""),
        };
        if state
            .inner
            .iter()
            .all(|inner| graph.machines[*inner].states.is_empty())
        {
            let _ = writeln!(text, "{indent}s{index} [label={label}{color}]");
            continue;
        }
        let _ = writeln!(text, "{indent}subgraph cluster_s{index} {{");
        let _ = writeln!(text, "{indent}  graph [label={label} style=rounded{color}]");
        for inner in &state.inner {
            let _ = writeln!(text, "{indent}  subgraph cluster_m{inner} {{");
            let style = if state.inner.len() > 1 {
                "dashed"
            } else {
                "invis"
            };
            let _ = writeln!(
                text,
                "{indent}    graph [label=\"\" style={style} color=\"{}\"]",
                Look::Plain.light().stroke
            );
            states(graph, paint, *inner, depth + 2, text);
            let _ = writeln!(text, "{indent}  }}");
        }
        let _ = writeln!(text, "{indent}}}");
    }
}

#[derive(Clone, Copy)]
enum Side {
    First,
    Last,
}

/// The node at which an edge begins or ends: of a state with states inside, the first or last one.
fn port(graph: &Graph, end: End, side: Side, attributes: &mut Vec<String>) -> String {
    let End::State(outer) = end else {
        return id(end);
    };
    let mut state = outer;
    loop {
        let inner = graph.states[state].inner.iter();
        let mut states = inner.flat_map(|inner| &graph.machines[*inner].states);
        let next = match side {
            Side::First => states.next(),
            Side::Last => states.next_back(),
        };
        let Some(next) = next else {
            break;
        };
        state = *next;
    }
    if state != outer {
        let attribute = match side {
            Side::First => "lhead",
            Side::Last => "ltail",
        };
        attributes.push(format!("{attribute}=cluster_s{outer}"));
    }
    format!("s{state}")
}

fn id(end: End) -> String {
    match end {
        End::Start => "start".to_owned(),
        End::End => "end".to_owned(),
        End::State(index) => format!("s{index}"),
    }
}

fn quoted(lines: impl Iterator<Item = String>) -> String {
    let lines = lines.map(|line| {
        let line: String = line
            .chars()
            .map(|char| if char.is_control() { ' ' } else { char })
            .collect();
        line.replace('\\', "\\\\").replace('"', "\\\"")
    });
    format!("\"{}\"", lines.collect::<Vec<_>>().join("\\n"))
}
