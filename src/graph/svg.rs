//! The graph as a picture that needs nothing else: no script, no font, no style sheet.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::card::{self, Card, Line};
use super::layout::{CannotDraw, DOT, Layout, Sizes, layout};
use super::overlay::{Caption, Overlay};
use super::palette::Look;
use super::rail::{Rail, rails};
use super::shape::{Point, Rect, Size};
use super::words::{kind, labels};
use super::xml::{escaped, n, path};
use super::{Edge, EdgeKind, End, Graph, Paint, Reached, style};
use crate::executions::Outcome;

/// Around everything.
const MARGIN: f64 = 24.0;
/// Pictures are at least this wide, so that what stands above one can be read.
const NARROWEST: f64 = 420.0;

/// Draws the graph, and what an execution made of it.
///
/// # Errors
///
/// If the graph cannot be laid out, such as one that is far too large.
pub fn svg(graph: &Graph, paint: Option<&Paint>) -> Result<String, CannotDraw> {
    Ok(drawn(graph, paint.map(|paint| paint as &dyn Overlay), None)?.svg)
}

/// A picture for the inside of a page.
#[derive(Debug, Clone)]
pub struct Drawing {
    pub svg: String,
    /// In pixels, at the size at which it is drawn.
    pub width: f64,
}

/// The same for the inside of a page that has [`super::style_sheet`] for `svg.drawing`. `link` gives the address that a state
/// leads to, by its index.
///
/// # Errors
///
/// As for [`svg`].
pub fn inline_svg(
    graph: &Graph,
    paint: Option<&Paint>,
    link: Link<'_>,
) -> Result<Drawing, CannotDraw> {
    drawn(graph, paint.map(|paint| paint as &dyn Overlay), Some(link))
}

/// The address that a state leads to, if it has one.
type Link<'a> = &'a dyn Fn(usize) -> Option<String>;

/// Draws the graph, and what tests reached of it.
///
/// # Errors
///
/// As for [`svg`].
pub fn svg_of_coverage((graph, reached): &(Graph, Reached)) -> Result<String, CannotDraw> {
    Ok(drawn(graph, Some(reached), None)?.svg)
}

/// The same for the inside of a page, as [`inline_svg`].
///
/// # Errors
///
/// As for [`svg`].
pub fn inline_svg_of_coverage(
    (graph, reached): &(Graph, Reached),
    link: Link<'_>,
) -> Result<Drawing, CannotDraw> {
    drawn(graph, Some(reached), Some(link))
}

fn drawn(
    graph: &Graph,
    over: Option<&dyn Overlay>,
    link: Option<Link<'_>>,
) -> Result<Drawing, CannotDraw> {
    let states = card::of_states(&graph.states, |index| became(over, index));
    let edges = graph.edges.iter().enumerate();
    let labels = edges.map(|(index, edge)| labels(edge, taken(over, index)));
    let labels: Vec<Vec<String>> = labels.collect();
    let rails = rails(graph, &labels);
    let mut edges = edge_cards(graph, &labels);
    for silent in rails.iter().flat_map(|rail| &rail.silent) {
        edges[*silent] = None;
    }
    let size = |card: &Option<Card>| card.as_ref().map_or(Size::default(), |card| card.size);
    let sizes = Sizes {
        states: (0..)
            .zip(&states)
            .map(|(at, card)| widened(graph, &rails, at, card.size))
            .collect(),
        labels: edges.iter().map(size).collect(),
        rails,
    };
    let layout = layout(graph, &sizes)?;
    let mut picture = Picture {
        graph,
        over,
        link,
        layout,
        states,
        edges,
        text: String::new(),
    };
    let width = picture.draw();
    Ok(Drawing {
        svg: picture.text,
        width,
    })
}

/// Labels of edges that leave one state must not be taken for one another.
fn edge_cards(graph: &Graph, labels: &[Vec<String>]) -> Vec<Option<Card>> {
    let mut leaving: BTreeMap<End, Vec<usize>> = BTreeMap::new();
    for (index, edge) in graph.edges.iter().enumerate() {
        leaving.entry(edge.from).or_default().push(index);
    }
    let mut cards: Vec<Option<Card>> = graph.edges.iter().map(|_| None).collect();
    for edges in leaving.into_values() {
        let labels: Vec<&[String]> = edges.iter().map(|edge| &*labels[*edge]).collect();
        for (edge, card) in edges.into_iter().zip(card::of_edges(&labels)) {
            cards[edge] = card;
        }
    }
    cards
}

/// Room for each edge to touch a box on its own, as long as they are not too many. Those of a rail touch its side.
fn widened(graph: &Graph, rails: &[Rail], state: usize, size: Size) -> Size {
    let on_rail = |edge: &usize| rails.iter().any(|rail| rail.edges.contains(edge));
    let count = |end: fn(&Edge) -> End| {
        let edges = graph.edges.iter().enumerate();
        let edges = edges.filter(|(_, edge)| end(edge) == End::State(state));
        edges.filter(|(index, _)| !on_rail(index)).count()
    };
    let busiest = count(|edge| edge.from).max(count(|edge| edge.to)).min(30);
    Size {
        width: size.width.max(busiest as f64 * 14.0),
        ..size
    }
}

struct Picture<'a> {
    graph: &'a Graph,
    over: Option<&'a dyn Overlay>,
    /// If it is inside of a page.
    link: Option<Link<'a>>,
    layout: Layout,
    states: Vec<Card>,
    edges: Vec<Option<Card>>,
    text: String,
}

impl Picture<'_> {
    /// Returns how wide it became.
    fn draw(&mut self) -> f64 {
        let caption = self.over.map(|over| {
            let widest = self.layout.size.width.max(NARROWEST);
            let caption = over.caption();
            let card = card::of_caption(&caption, widest);
            (caption, card)
        });
        let above = caption
            .as_ref()
            .map_or(Size::default(), |(_, card)| card.size);
        let inside = self.layout.size.width.max(above.width);
        let width = (inside + 2.0 * MARGIN).ceil();
        let gap = if caption.is_some() { 16.0 } else { 0.0 };
        let height = (self.layout.size.height + above.height + gap + 2.0 * MARGIN).ceil();
        self.open(width, height);
        if let Some((caption, card)) = caption {
            let class = Look::Of(caption.outcome).class();
            let _ = writeln!(self.text, "<g class=\"caption {class}\">");
            self.lines(
                &card.lines,
                Point {
                    x: MARGIN,
                    y: MARGIN,
                },
                "start",
            );
            self.text.push_str("</g>\n");
        }
        let x = (width - self.layout.size.width) / 2.0;
        let y = MARGIN + above.height + gap;
        let _ = writeln!(self.text, "<g transform=\"translate({} {})\">", n(x), n(y));
        // What is inside of a state lies above it, and edges above boxes.
        for machine in 0..self.graph.machines.len() {
            self.machine(machine);
        }
        self.dots();
        // An edge that was taken must not be hidden by one that was not.
        let count = |index: &usize| taken(self.over, *index);
        let mut edges: Vec<usize> = (0..self.graph.edges.len()).collect();
        edges.sort_by_key(count);
        for index in &edges {
            self.edge(*index);
        }
        for index in &edges {
            self.label(*index);
        }
        self.text.push_str("</g>\n</svg>");
        width
    }

    fn open(&mut self, width: f64, height: f64) {
        let title = match self.over.map(Overlay::caption) {
            Some(Caption {
                of, name, status, ..
            }) => format!("{of} {name}: {status}"),
            None => "State machine".to_owned(),
        };
        // What leads somewhere is no single image.
        let (kind, style) = match self.link {
            Some(_) => ("class=\"drawing\" role=\"group\"", String::new()),
            None => (
                "role=\"img\"",
                format!("<style>\n{}</style>\n", style::sheet()),
            ),
        };
        let _ = write!(
            self.text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             {kind} aria-labelledby=\"title desc\">\n\
             <title id=\"title\">{}</title>\n<desc id=\"desc\">{}</desc>\n{style}<defs>\n",
            escaped(&title),
            escaped(&self.description()),
            w = n(width),
            h = n(height),
        );
        for look in style::ARROWS {
            let class = look.class();
            let _ = writeln!(
                self.text,
                "<marker id=\"arrow-{class}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerUnits=\"userSpaceOnUse\" \
                 markerWidth=\"10\" markerHeight=\"10\" orient=\"auto\"><path class=\"arrow {class}\" d=\"M0 0L10 5L0 10L2.5 5Z\"/></marker>"
            );
        }
        let _ = writeln!(
            self.text,
            "</defs>\n<rect class=\"ground\" x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
            n(width - 1.0),
            n(height - 1.0)
        );
    }

    /// For those who do not see the picture.
    fn description(&self) -> String {
        let mut said = self.graph.comment.clone().into_iter().collect::<Vec<_>>();
        said.extend(self.over.and_then(|over| over.caption().detail));
        for (index, state) in self.graph.states.iter().enumerate() {
            let mut line = format!("{} ({})", state.name, kind(state));
            if self.over.is_some() {
                let became = match became(self.over, index).as_slice() {
                    [] => "not entered".to_owned(),
                    lines => lines.join(", "),
                };
                line = format!("{line}: {became}");
            }
            said.push(line);
        }
        said.join(". ")
    }

    /// The states of a machine, and the frame around it if it is one of several.
    fn machine(&mut self, machine: usize) {
        let around = self.graph.machines[machine].inside;
        if around.is_some_and(|around| self.graph.states[around].inner.len() > 1) {
            let Rect {
                x,
                y,
                width,
                height,
            } = self.layout.machines[machine];
            let _ = writeln!(
                self.text,
                "<rect class=\"frame\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
                n(x - 8.0),
                n(y - 8.0),
                n(width + 16.0),
                n(height + 16.0)
            );
        }
        for index in self.graph.machines[machine].states.clone() {
            self.state(index);
        }
    }

    fn state(&mut self, index: usize) {
        let state = &self.graph.states[index];
        let rect = self.layout.states[index];
        let look = self.over.and_then(|over| over.look(index));
        let look = look.map(|(_, look)| look);
        let group = if state.inner.is_empty() { "" } else { " group" };
        let title = std::iter::once(state.name.clone())
            .chain([kind(state)])
            .chain(became(self.over, index));
        let link = self.link.and_then(|link| link(index));
        if let Some(url) = &link {
            let _ = write!(self.text, "<a href=\"{}\">", escaped(url));
        }
        let _ = writeln!(
            self.text,
            "<g class=\"state {}{group}\">\n<title>{}</title>\n<rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>",
            look.unwrap_or_else(|| Look::of(self.over.is_some(), None))
                .class(),
            escaped(&title.collect::<Vec<_>>().join("\n")),
            n(rect.x),
            n(rect.y),
            n(rect.width),
            n(rect.height),
        );
        if let Some(Look::Of(outcome)) = look {
            self.mark(
                outcome,
                Point {
                    x: rect.right(),
                    y: rect.y,
                },
            );
        }
        let lines = std::mem::take(&mut self.states[index].lines);
        let top = Point {
            x: rect.middle().x,
            y: rect.y,
        };
        self.lines(&lines, top, "middle");
        self.text.push_str("</g>");
        if link.is_some() {
            self.text.push_str("</a>");
        }
        self.text.push('\n');
    }

    /// A sign at the corner of a box.
    fn mark(&mut self, outcome: Outcome, at: Point) {
        let sign = match outcome {
            Outcome::Succeeded => "M-4 0L-1 3L4 -3",
            Outcome::Failed => "M-3 -3L3 3M3 -3L-3 3",
            Outcome::Caught => "M0 -4L0 1M0 3L0 4",
            Outcome::Running => "M-3.5 0L-2.5 0M-.5 0L.5 0M2.5 0L3.5 0",
            Outcome::Aborted => "M-3.5 0L3.5 0",
        };
        let (x, y) = (n(at.x - 4.0), n(at.y + 4.0));
        let _ = writeln!(
            self.text,
            "<circle class=\"mark\" cx=\"{x}\" cy=\"{y}\" r=\"8\"/><path class=\"sign\" transform=\"translate({x} {y})\" d=\"{sign}\"/>"
        );
    }

    /// Where the workflow starts and ends.
    fn dots(&mut self) {
        for (end, rect) in [(End::Start, self.layout.start), (End::End, self.layout.end)] {
            let Some(rect) = rect else {
                continue;
            };
            let edges = self.graph.edges.iter().enumerate();
            let reached = edges
                .filter(|(index, edge)| {
                    [edge.from, edge.to].contains(&end) && taken(self.over, *index) > 0
                })
                .count();
            let outcome = (reached > 0).then_some(Outcome::Succeeded);
            let class = Look::of(self.over.is_some(), outcome).class();
            let (x, y) = (n(rect.middle().x), n(rect.middle().y));
            let name = if end == End::Start { "Start" } else { "End" };
            let _ = write!(self.text, "<g class=\"{class}\"><title>{name}</title>");
            let _ = match end {
                End::Start => write!(
                    self.text,
                    "<circle class=\"mark\" cx=\"{x}\" cy=\"{y}\" r=\"{}\"/>",
                    DOT / 2.0
                ),
                _ => write!(
                    self.text,
                    "<circle class=\"end {class}\" fill=\"none\" cx=\"{x}\" cy=\"{y}\" r=\"{}\"/><circle class=\"mark\" cx=\"{x}\" cy=\"{y}\" r=\"{}\"/>",
                    DOT / 2.0 - 1.25,
                    DOT / 4.0
                ),
            };
            self.text.push_str("</g>\n");
        }
    }

    fn edge(&mut self, index: usize) {
        let edge = &self.graph.edges[index];
        let class = self.edge_class(edge, index);
        let catch = if edge.kind == EdgeKind::Catch {
            " catch"
        } else {
            ""
        };
        let route = &self.layout.edges[index];
        let dashes = match route.dashes {
            0.0 => String::new(),
            dashes => format!(" stroke-dashoffset=\"{}\"", n(dashes)),
        };
        let _ = writeln!(
            self.text,
            "<path class=\"edge {class}{catch}\" marker-end=\"url(#arrow-{class})\"{dashes} d=\"{}\"><title>{}</title></path>",
            path(&route.path),
            escaped(&self.edge_title(edge, index)),
        );
    }

    fn label(&mut self, index: usize) {
        let Some(card) = &mut self.edges[index] else {
            return;
        };
        let rect = Rect::around(self.layout.edges[index].label, card.size);
        let lines = std::mem::take(&mut card.lines);
        let edge = &self.graph.edges[index];
        let _ = writeln!(
            self.text,
            "<g class=\"at {}\">\n<title>{}</title>\n<rect class=\"ground\" stroke-width=\"0\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>",
            self.edge_class(edge, index),
            escaped(&labels(edge, taken(self.over, index)).join("\n")),
            n(rect.x),
            n(rect.y),
            n(rect.width),
            n(rect.height),
        );
        let top = Point {
            x: rect.middle().x,
            y: rect.y,
        };
        self.lines(&lines, top, "middle");
        self.text.push_str("</g>\n");
    }

    fn lines(&mut self, lines: &[Line], top: Point, anchor: &str) {
        for line in lines {
            let _ = writeln!(
                self.text,
                "<text class=\"{}\" x=\"{}\" y=\"{}\" font-size=\"{}\" text-anchor=\"{anchor}\">{}</text>",
                line.class,
                n(top.x),
                n(top.y + line.y),
                line.font_size,
                escaped(&line.text)
            );
        }
    }

    fn edge_class(&self, edge: &Edge, index: usize) -> &'static str {
        let outcome = match edge.kind {
            EdgeKind::Catch => Outcome::Caught,
            _ => Outcome::Succeeded,
        };
        let outcome = Some(outcome).filter(|_| taken(self.over, index) > 0);
        Look::of(self.over.is_some(), outcome).class()
    }

    fn edge_title(&self, edge: &Edge, index: usize) -> String {
        let name = |end| match end {
            End::Start => "Start",
            End::End => "End",
            End::State(state) => self.graph.states[state].name.as_str(),
        };
        let ends = format!("{} → {}", name(edge.from), name(edge.to));
        let labels = labels(edge, taken(self.over, index));
        std::iter::once(ends)
            .chain(labels)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// What stands below the name of a state.
fn became(over: Option<&dyn Overlay>, state: usize) -> Vec<String> {
    over.map(|over| over.lines(state)).unwrap_or_default()
}

fn taken(over: Option<&dyn Overlay>, edge: usize) -> usize {
    over.map_or(0, |over| over.taken(edge))
}
