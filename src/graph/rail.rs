//! Edges along the side of a machine. A `Catch` that many states have would lead through all rows between, each edge in a
//! place of its own; so these edges leave the layered layout, and run down one line beside it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::route::{Bands, Path, Route};
use super::shape::{Bounds, Point, Rect, Size};
use super::{Edge, EdgeKind, End, Graph, style};

/// The edges of a machine that catch what fails in several states, and lead to the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rail {
    pub machine: usize,
    /// The state that they lead to.
    pub to: usize,
    /// By their indices.
    pub edges: Vec<usize>,
    /// One of several whose labels are the same. Its label stands for all of them.
    pub spokesman: Option<usize>,
    /// The others.
    pub silent: BTreeSet<usize>,
}

/// How many edges make a rail.
const COMMON: usize = 3;
/// Between two rails, and between a rail and what is beside it.
const APART: f64 = 14.0;
/// Of the corners.
const RADIUS: f64 = 8.0;
/// Below or above a row, where there is nothing but edges.
const INTO_GAP: f64 = 10.0;

/// The rails of a graph, whose edges have these labels.
pub(super) fn rails(graph: &Graph, labels: &[Vec<String>]) -> Vec<Rail> {
    let mut common: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (index, edge) in graph.edges.iter().enumerate() {
        if let End::State(to) = edge.to
            && edge.kind == EdgeKind::Catch
            && edge.from != edge.to
        {
            common.entry((edge.machine, to)).or_default().push(index);
        }
    }
    common.retain(|_, edges| edges.len() >= COMMON);
    let rails = common.into_iter().map(|((machine, to), edges)| {
        let alike = alike(&edges, labels);
        let (spokesman, silent) = match alike.split_first() {
            Some((first, others @ [_, ..])) => (Some(*first), others.iter().copied().collect()),
            _ => (None, BTreeSet::new()),
        };
        Rail {
            machine,
            to,
            edges,
            spokesman,
            silent,
        }
    });
    rails.collect()
}

/// The largest group of edges with the same label.
fn alike(edges: &[usize], labels: &[Vec<String>]) -> Vec<usize> {
    let mut groups: BTreeMap<&[String], Vec<usize>> = BTreeMap::new();
    for edge in edges {
        groups.entry(&labels[*edge]).or_default().push(*edge);
    }
    let largest = groups.into_values().max_by_key(Vec::len);
    largest.unwrap_or_default()
}

/// The state that stands in for all from which a rail leads, so that its end has a place below them: the one that is
/// farthest from the start. `None` if another edge leads there.
pub(super) fn anchor(graph: &Graph, rails: &[Rail], rail: &Rail) -> Option<usize> {
    let on_rail: BTreeSet<usize> = rails.iter().flat_map(|rail| &rail.edges).copied().collect();
    let mut next: BTreeMap<End, Vec<End>> = BTreeMap::new();
    for (index, edge) in graph.edges_of(rail.machine) {
        if on_rail.contains(&index) {
            continue;
        }
        if edge.to == End::State(rail.to) && edge.from != edge.to {
            return None;
        }
        next.entry(edge.from).or_default().push(edge.to);
    }
    let start = End::State(graph.machines[rail.machine].start?);
    let mut steps = BTreeMap::from([(start, 0)]);
    let mut reached = VecDeque::from([start]);
    while let Some(at) = reached.pop_front() {
        let step = steps[&at] + 1;
        for to in next.get(&at).into_iter().flatten() {
            if let std::collections::btree_map::Entry::Vacant(new) = steps.entry(*to) {
                new.insert(step);
                reached.push_back(*to);
            }
        }
    }
    let from = rail.edges.iter().map(|edge| graph.edges[*edge].from);
    let farthest = from.max_by_key(|from| steps.get(from).copied().unwrap_or(0));
    match farthest? {
        End::State(state) => Some(state),
        End::Start | End::End => None,
    }
}

/// What the rails of a machine run around.
pub(super) struct Around<'a> {
    pub graph: &'a Graph,
    /// Of all states, by their indices.
    pub states: &'a [Rect],
    /// All that a line must not cross: the machine's states, and the labels of other edges.
    pub obstacles: Vec<Rect>,
    pub bands: &'a Bands,
    /// Of all edges, by their indices. Nothing for one without a label.
    pub labels: &'a [Size],
    /// Of all that is in place.
    pub bounds: Rect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// How an edge leaves its state or reaches it: at the height `y`, straight from the side of the box or through a gap.
#[derive(Debug, Clone, Copy)]
struct Access {
    y: f64,
    /// Where it touches the box.
    at: Point,
}

impl Access {
    /// From the box to the height at which it runs sideways.
    fn points(self) -> [Point; 2] {
        let Point { x, .. } = self.at;
        [self.at, Point { x, y: self.y }]
    }
}

impl Around<'_> {
    /// The routes of all edges of these rails.
    pub fn routes(&self, rails: &[&Rail]) -> Vec<(usize, Route)> {
        let mut routes = Vec::new();
        for side in [Side::Left, Side::Right] {
            let here = rails.iter().filter(|rail| self.side(rail) == side);
            self.beside(side, &here.copied().collect::<Vec<_>>(), &mut routes);
        }
        routes
    }

    /// The side on which nothing is between the rail and the state that it leads to.
    fn side(&self, rail: &Rail) -> Side {
        let to = self.states[rail.to];
        let is_open = |side| self.is_open(to, to.middle().y, side);
        match is_open(Side::Left) && !is_open(Side::Right) {
            true => Side::Left,
            false => Side::Right,
        }
    }

    fn beside(&self, side: Side, rails: &[&Rail], routes: &mut Vec<(usize, Route)>) {
        let sign = if side == Side::Right { 1.0 } else { -1.0 };
        let border = match side {
            Side::Right => self.bounds.right(),
            Side::Left => self.bounds.x,
        };
        let mut exits: BTreeMap<usize, Access> = BTreeMap::new();
        for (number, rail) in rails.iter().enumerate() {
            for edge in &rail.edges {
                exits.insert(*edge, self.exit(*edge, number, rails.len(), side));
            }
        }
        // Labels that only one edge has stand on its way to the rail.
        let mut columns = Columns::default();
        let mut own: Vec<usize> = rails
            .iter()
            .flat_map(|rail| self.own_labels(rail))
            .collect();
        own.sort_by(|a, b| exits[a].y.total_cmp(&exits[b].y));
        let places: BTreeMap<usize, usize> = { own.iter() }
            .map(|edge| (*edge, columns.take(exits[edge].y, self.labels[*edge])))
            .collect();
        let mut x = border;
        let mut middles = Vec::new();
        for width in &columns.widths {
            middles.push(x + sign * (APART + width / 2.0));
            x += sign * (APART + width);
        }
        for rail in rails {
            let said = rail.spokesman.map_or(0.0, |edge| self.labels[edge].width);
            x += sign * (APART + said / 2.0);
            let entry = self.entry(rail, side);
            let at = self.shared_label(rail, x, &exits, entry);
            for edge in &rail.edges {
                let exit = exits[edge];
                let label = match places.get(edge) {
                    Some(column) => Point {
                        x: middles[*column],
                        y: exit.y,
                    },
                    None => at,
                };
                let path = Path::along(&way(exit, x, entry));
                let dashes = dashes(exit, x, entry);
                let route = Route {
                    path,
                    label,
                    dashes,
                };
                routes.push((*edge, route));
            }
            x += sign * said / 2.0;
        }
    }

    /// The edges of a rail whose labels stand beside them.
    fn own_labels(&self, rail: &Rail) -> impl Iterator<Item = usize> {
        let edges = rail.edges.iter().copied();
        edges.filter(|edge| {
            let spoken_for = rail.spokesman == Some(*edge) || rail.silent.contains(edge);
            !spoken_for && self.labels[*edge] != Size::default()
        })
    }

    /// Where the longest part of the rail has its middle.
    fn shared_label(
        &self,
        rail: &Rail,
        x: f64,
        exits: &BTreeMap<usize, Access>,
        entry: Access,
    ) -> Point {
        let mut stops: Vec<f64> = rail.edges.iter().map(|edge| exits[edge].y).collect();
        stops.push(entry.y);
        stops.sort_by(f64::total_cmp);
        let parts = stops.windows(2).map(|part| (part[0], part[1]));
        let longest = parts.max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
        let (top, bottom) = longest.unwrap_or((entry.y, entry.y));
        Point {
            x,
            y: (top + bottom) / 2.0,
        }
    }

    /// The way out of a state: from its side if nothing is in the way, else through the gap below its row.
    fn exit(&self, edge: usize, rail: usize, rails: usize, side: Side) -> Access {
        let End::State(from) = self.graph.edges[edge].from else {
            return self.touch(Rect::default(), 0.0, side);
        };
        let rect = self.states[from];
        let middle = rect.middle();
        let apart = (rail as f64 - (rails as f64 - 1.0) / 2.0) * 12.0;
        let y = middle.y + apart.clamp(-rect.height / 3.0, rect.height / 3.0);
        if self.is_open(rect, y, side) {
            return self.touch(rect, y, side);
        }
        let y = middle.y + self.bands.reach(middle.y) + INTO_GAP + 4.0 * (rail % 4) as f64;
        let at = Point {
            x: corner(rect, side),
            y: rect.bottom(),
        };
        Access { y, at }
    }

    /// The way into the state at the end of a rail: at its side, or through the gap above its row.
    fn entry(&self, rail: &Rail, side: Side) -> Access {
        let rect = self.states[rail.to];
        let middle = rect.middle();
        // What leaves this state leaves it at its middle.
        let leaves = |edge: &Edge| edge.kind == EdgeKind::Catch && edge.from == End::State(rail.to);
        let y = match self.graph.edges.iter().any(leaves) {
            true => middle.y - rect.height / 3.0,
            false => middle.y,
        };
        if self.is_open(rect, y, side) {
            return self.touch(rect, y, side);
        }
        let at = Point {
            x: corner(rect, side),
            y: rect.y,
        };
        // Room for the arrow.
        let y = middle.y - self.bands.reach(middle.y) - 2.0 * INTO_GAP;
        Access { y, at }
    }

    fn touch(&self, rect: Rect, y: f64, side: Side) -> Access {
        let x = match side {
            Side::Right => rect.right(),
            Side::Left => rect.x,
        };
        Access {
            y,
            at: Point { x, y },
        }
    }

    /// Whether nothing is beside a box at this height.
    fn is_open(&self, rect: Rect, y: f64, side: Side) -> bool {
        const CLOSE: f64 = 4.0;
        let mut beside = self.obstacles.iter().filter(|other| match side {
            Side::Right => other.right() > rect.right(),
            Side::Left => other.x < rect.x,
        });
        !beside.any(|other| other.y - CLOSE <= y && y <= other.bottom() + CLOSE)
    }
}

/// Near the corner of a box, where other edges seldom touch it.
fn corner(rect: Rect, side: Side) -> f64 {
    let inset = (rect.width / 8.0).min(14.0);
    match side {
        Side::Right => rect.right() - inset,
        Side::Left => rect.x + inset,
    }
}

/// Out of a state, along the rail at `x`, and into the state at its end.
fn way(exit: Access, x: f64, entry: Access) -> Vec<Point> {
    let on_rail = [exit.y, entry.y].map(|y| Point { x, y });
    let [to, before] = entry.points();
    let points = exit.points().into_iter().chain(on_rail);
    let mut points: Vec<Point> = points.chain([before, to]).collect();
    points.dedup();
    points
}

/// Where dashes must begin for one to begin at the height 0, if the rail went on to there. All corners are alike, so they
/// need not be counted.
fn dashes(exit: Access, x: f64, entry: Access) -> f64 {
    let [at, beside] = exit.points();
    let before = at.distance(beside) + (x - beside.x).abs();
    let down = if entry.y >= exit.y { 1.0 } else { -1.0 };
    let phase = (down * exit.y - before).rem_euclid(style::DASHES);
    phase - style::DASHES
}

/// Labels side by side if they would be one over the other.
#[derive(Default)]
struct Columns {
    widths: Vec<f64>,
    /// How far down each is taken.
    bottoms: Vec<f64>,
}

impl Columns {
    /// The column of a label whose middle is at `y`. Labels come from the top down.
    fn take(&mut self, y: f64, size: Size) -> usize {
        let (top, bottom) = (y - size.height / 2.0, y + size.height / 2.0);
        let free = self.bottoms.iter().position(|taken| *taken <= top);
        let column = free.unwrap_or(self.widths.len());
        if free.is_none() {
            self.widths.push(0.0);
            self.bottoms.push(0.0);
        }
        self.widths[column] = self.widths[column].max(size.width);
        self.bottoms[column] = bottom;
        column
    }
}

impl Path {
    /// Along straight lines, with round corners.
    pub fn along(points: &[Point]) -> Path {
        let mut path = Path {
            start: points.first().copied().unwrap_or_default(),
            curves: Vec::new(),
        };
        for corner in points.windows(3) {
            let [before, at, after] = [corner[0], corner[1], corner[2]];
            let near = RADIUS
                .min(before.distance(at) / 2.0)
                .min(at.distance(after) / 2.0);
            let (begin, end) = (at.toward(before, near), at.toward(after, near));
            path.line(begin);
            let (first, second) = (at.toward(before, near / 2.0), at.toward(after, near / 2.0));
            path.curves.push([first, second, end]);
        }
        path.line(points.last().copied().unwrap_or_default());
        path
    }

    fn line(&mut self, to: Point) {
        let from = self.curves.last().map_or(self.start, |[.., end]| *end);
        let third = from.distance(to) / 3.0;
        self.curves
            .push([from.toward(to, third), to.toward(from, third), to]);
    }
}

/// What is around the labels and the lines of these routes, beside what is there.
pub(super) fn widen(bounds: &mut Bounds, edge: usize, route: &Route, labels: &[Size]) {
    bounds.add(Rect::around(route.label, labels[edge]));
    for point in route.path.points() {
        bounds.add(Rect::around(point, Size::default()));
    }
}
