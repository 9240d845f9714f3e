//! Where everything stands: a layered layout of each machine, from the innermost to the workflow.

use dugong::graphlib::{Graph as Layered, GraphOptions};
use dugong::{EdgeLabel, GraphLabel, NodeLabel};

use super::rail::{self, Around, Rail};
use super::route::{Bands, Route, route};
use super::shape::{Bounds, Point, Rect, Size};
use super::{End, Graph};

/// Why there is no picture.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the workflow cannot be drawn: {0}")]
pub struct CannotDraw(pub(crate) String);

/// How much room things need. The lists go by the indices of the graph.
pub(super) struct Sizes {
    /// Of a state, or of the heading of one that has machines inside.
    pub states: Vec<Size>,
    /// Nothing for an edge without a label.
    pub labels: Vec<Size>,
    /// The edges that run along a side.
    pub rails: Vec<Rail>,
}

impl Sizes {
    fn rails_of(&self, machine: usize) -> impl Iterator<Item = &Rail> {
        self.rails
            .iter()
            .filter(move |rail| rail.machine == machine)
    }

    fn on_rail(&self, edge: usize) -> bool {
        self.rails.iter().any(|rail| rail.edges.contains(&edge))
    }
}

/// A graph laid out, its upper left corner at 0.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub size: Size,
    pub states: Vec<Rect>,
    pub machines: Vec<Rect>,
    pub start: Option<Rect>,
    pub end: Option<Rect>,
    pub edges: Vec<Route>,
}

/// The diameter of where the workflow starts and ends.
pub(super) const DOT: f64 = 16.0;
/// Between the border of a state and the machines inside of it.
const PADDING: f64 = 16.0;
/// Between two states side by side.
const BESIDE: f64 = 32.0;
/// Between two states one below the other, half of it above a label and half below.
const BELOW: f64 = 56.0;
/// States times edges. What needs more takes minutes and gigabytes, and nobody could read it.
const LARGEST: usize = 750_000;

/// Lays the graph out.
pub(super) fn layout(graph: &Graph, sizes: &Sizes) -> Result<Layout, CannotDraw> {
    let mut layout = Layout {
        states: vec![Rect::default(); graph.states.len()],
        machines: vec![Rect::default(); graph.machines.len()],
        edges: vec![Route::default(); graph.edges.len()],
        ..Layout::default()
    };
    // A machine stands behind the one that it is inside of.
    for machine in (0..graph.machines.len()).rev() {
        layout.machine(graph, sizes, machine)?;
    }
    for machine in 0..graph.machines.len() {
        layout.put_inside(graph, machine);
    }
    if let Some(first) = layout.machines.first() {
        layout.size = first.size();
    }
    Ok(layout)
}

impl Layout {
    /// Lays one machine out, as if it stood at 0. The machines inside of its states have their
    /// sizes already.
    fn machine(&mut self, graph: &Graph, sizes: &Sizes, machine: usize) -> Result<(), CannotDraw> {
        let states = graph.machines[machine].states.len();
        let rows: Vec<_> = { graph.edges_of(machine) }
            .filter(|(index, _)| !sizes.on_rail(*index))
            .collect();
        let edges = rows.len();
        if states * edges > LARGEST {
            let why = format!("{states} states with {edges} edges between them are too many");
            return Err(CannotDraw(why));
        }
        let mut layered = Layered::new(GraphOptions {
            multigraph: true,
            ..GraphOptions::default()
        });
        for index in &graph.machines[machine].states {
            let size = self.size_of(graph, sizes, *index);
            self.states[*index] = Rect::around(Point::default(), size);
            layered.set_node(id(End::State(*index)), node(size));
        }
        let mut busiest = 0;
        for (index, edge) in rows {
            for end in [edge.from, edge.to] {
                if !matches!(end, End::State(_)) {
                    layered.set_node(id(end), node(Size::square(DOT)));
                }
            }
            let Size { width, height } = sizes.labels[index];
            let label = EdgeLabel {
                width,
                height,
                weight: 1.0,
                ..EdgeLabel::default()
            };
            let (from, to) = (id(edge.from), id(edge.to));
            layered.set_edge_named(from.clone(), to, Some(index.to_string()), Some(label));
            busiest = busiest.max(layered.out_edges(&from, None).len());
        }
        for rail in sizes.rails_of(machine) {
            if let Some(above) = rail::anchor(graph, &sizes.rails, rail) {
                let (from, to) = (id(End::State(above)), id(End::State(rail.to)));
                let label = EdgeLabel {
                    weight: 1.0,
                    ..EdgeLabel::default()
                };
                layered.set_edge_named(from, to, Some("anchor"), Some(label));
            }
        }
        // Edges that fan out far need height, or they run into one another.
        let below = BELOW + 4.0 * busiest.saturating_sub(3).min(20) as f64;
        layered.set_graph(GraphLabel {
            nodesep: BESIDE,
            edgesep: 16.0,
            ranksep: below,
            ..GraphLabel::default()
        });
        dugong::layout(&mut layered).map_err(|error| CannotDraw(error.to_string()))?;
        self.take(graph, sizes, machine, &layered);
        Ok(())
    }

    /// Takes over the places that the layered layout has given.
    fn take(&mut self, graph: &Graph, sizes: &Sizes, machine: usize, layered: &LayeredGraph) {
        let rect = |end: End| {
            let node = layered.node(&id(end))?;
            let middle = Point {
                x: node.x?,
                y: node.y?,
            };
            Some(Rect::around(
                middle,
                Size {
                    width: node.width,
                    height: node.height,
                },
            ))
        };
        let mut bounds = Bounds::default();
        for index in &graph.machines[machine].states {
            let rect = rect(End::State(*index)).unwrap_or_default();
            self.states[*index] = rect;
            bounds.add(rect);
        }
        if machine == 0 {
            (self.start, self.end) = (rect(End::Start), rect(End::End));
            [self.start, self.end]
                .into_iter()
                .flatten()
                .for_each(|dot| bounds.add(dot));
        }
        let rects = graph.machines[machine]
            .states
            .iter()
            .map(|index| self.states[*index]);
        let mut bands = Bands::of(rects.chain(self.start).chain(self.end));
        let mut laid = Vec::new();
        for (index, edge) in graph.edges_of(machine) {
            let name = index.to_string();
            let label = layered.edge(&id(edge.from), &id(edge.to), Some(&name));
            let ends = rect(edge.from).zip(rect(edge.to));
            if let (Some(label), Some((from, to))) = (label, ends) {
                bands.add(
                    label.y.unwrap_or_default(),
                    sizes.labels[index].height / 2.0,
                );
                laid.push((index, label, from, to));
            }
        }
        for (index, route) in route(&laid, &bands) {
            rail::widen(&mut bounds, index, &route, &sizes.labels);
            self.edges[index] = route;
        }
        let rails: Vec<&Rail> = sizes.rails_of(machine).collect();
        if !rails.is_empty() {
            let states = { graph.machines[machine].states.iter() }.map(|index| self.states[*index]);
            let labels = laid.iter().filter_map(|(index, ..)| {
                let size = Some(sizes.labels[*index]).filter(|size| *size != Size::default())?;
                Some(Rect::around(self.edges[*index].label, size))
            });
            let dots = self
                .start
                .into_iter()
                .chain(self.end)
                .filter(|_| machine == 0);
            let around = Around {
                graph,
                states: &self.states,
                obstacles: states.chain(labels).chain(dots).collect(),
                bands: &bands,
                labels: &sizes.labels,
                bounds: bounds.0.unwrap_or_default(),
            };
            for (index, route) in around.routes(&rails) {
                rail::widen(&mut bounds, index, &route, &sizes.labels);
                self.edges[index] = route;
            }
        }
        let Rect { x, y, .. } = bounds.0.unwrap_or_default();
        self.machines[machine] = bounds.0.unwrap_or_default();
        self.shift(graph, machine, Point { x: -x, y: -y });
    }

    /// The room of a state with the machines inside of it side by side below its heading.
    fn size_of(&self, graph: &Graph, sizes: &Sizes, state: usize) -> Size {
        let heading = sizes.states[state];
        let inner = graph.states[state]
            .inner
            .iter()
            .map(|inner| self.machines[*inner]);
        let mut inside = Size::default();
        for Rect { width, height, .. } in inner {
            inside.width += width + 3.0 * PADDING;
            inside.height = inside.height.max(height + 2.0 * PADDING);
        }
        if inside == Size::default() {
            return heading;
        }
        Size {
            width: heading.width.max(inside.width + PADDING),
            height: heading.height + inside.height + PADDING,
        }
    }

    /// Moves a machine that was laid out at 0 to where it belongs in the state around it, which is
    /// at its place already.
    fn put_inside(&mut self, graph: &Graph, machine: usize) {
        let Some(around) = graph.machines[machine].inside else {
            return;
        };
        let siblings = &graph.states[around].inner;
        let rect = self.states[around];
        let room = |machine: &usize| self.machines[*machine].width + 2.0 * PADDING;
        let all: f64 =
            siblings.iter().map(room).sum::<f64>() + PADDING * (siblings.len() as f64 - 1.0);
        let before = siblings.iter().take_while(|sibling| **sibling != machine);
        let before: f64 = before.map(|sibling| room(sibling) + PADDING).sum();
        let tallest = siblings
            .iter()
            .map(|sibling| self.machines[*sibling].height);
        let tallest = tallest.fold(0.0, f64::max);
        let left = rect.x + (rect.width - all) / 2.0 + before + PADDING;
        let top = rect.y + rect.height - PADDING - PADDING - tallest;
        self.shift(graph, machine, Point { x: left, y: top });
    }

    fn shift(&mut self, graph: &Graph, machine: usize, by: Point) {
        self.machines[machine].shift(by);
        for state in &graph.machines[machine].states {
            self.states[*state].shift(by);
        }
        for (index, _) in graph.edges_of(machine) {
            self.edges[index].path.shift(by);
            self.edges[index].label.shift(by);
        }
        if machine == 0 {
            for dot in [&mut self.start, &mut self.end].into_iter().flatten() {
                dot.shift(by);
            }
        }
    }
}

type LayeredGraph = Layered<NodeLabel, EdgeLabel, GraphLabel>;

fn id(end: End) -> String {
    match end {
        End::Start => "start".to_owned(),
        End::End => "end".to_owned(),
        End::State(index) => index.to_string(),
    }
}

fn node(size: Size) -> NodeLabel {
    NodeLabel {
        width: size.width,
        height: size.height,
        ..NodeLabel::default()
    }
}
