//! The routes of the edges: upright past the states, and curved in the gaps between their rows.

use std::collections::BTreeMap;

use dugong::EdgeLabel;

use super::shape::{Point, Rect};

/// Where an edge runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Route {
    pub path: Path,
    /// The middle of its label.
    pub label: Point,
    /// Where its dashes begin, so that those of edges which run along one line are in step.
    pub dashes: f64,
}

/// Cubic Bézier curves, one behind the other.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Path {
    pub start: Point,
    /// Two control points and the end of each curve.
    pub curves: Vec<[Point; 3]>,
}

/// The rows of a layout: how far each reaches above and below its middle.
pub(super) struct Bands(BTreeMap<i64, f64>);

/// An edge by its index, as the layout has it, with the boxes at its ends.
pub(super) type Laid<'a> = (usize, &'a EdgeLabel, Rect, Rect);

/// One end of an edge: the place of the edge in the list, and whether it begins there.
type Port = (usize, bool);

/// A side of a box: its middle, and whether it is the lower one.
type Side = (i64, i64, bool);

/// An edge that touches a side.
struct Touch {
    /// Where it comes from or goes to.
    near: f64,
    port: Port,
    rect: Rect,
}

/// Between two edges that touch the same side of a box, at most.
const SPREAD: f64 = 28.0;
/// And at the least.
const CLOSEST: f64 = 8.0;

/// The route of each edge.
pub(super) fn route(edges: &[Laid<'_>], bands: &Bands) -> Vec<(usize, Route)> {
    let ports = ports(edges);
    let routes = edges
        .iter()
        .enumerate()
        .map(|(at, (index, label, from, to))| {
            let label_at = label_middle(label);
            let path = match (ports.get(&(at, true)), ports.get(&(at, false))) {
                (Some(start), Some(end)) if from != to => {
                    between(label, bands, (*start, *from), (*end, *to))
                }
                _ => around(*from, label_at.x - label.width / 2.0),
            };
            (
                *index,
                Route {
                    path,
                    label: label_at,
                    dashes: 0.0,
                },
            )
        });
    routes.collect()
}

impl Bands {
    pub fn of(rects: impl Iterator<Item = Rect>) -> Self {
        let mut bands = Self(BTreeMap::new());
        for rect in rects {
            bands.add(rect.middle().y, rect.height / 2.0);
        }
        bands
    }

    pub fn add(&mut self, middle: f64, reach: f64) {
        let known = self.0.entry(key(middle)).or_default();
        *known = known.max(reach);
    }

    pub fn reach(&self, y: f64) -> f64 {
        let near = self.0.range(key(y) - 1..=key(y) + 1);
        near.map(|(_, reach)| *reach).fold(0.0, f64::max)
    }
}

impl Path {
    /// All points that it is made of. It stays between them.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        std::iter::once(self.start).chain(self.curves.iter().flatten().copied())
    }

    /// Goes on to a point below or above: upright if it can, else in a curve that is upright at
    /// both ends.
    fn go(&mut self, to: Point) {
        let at = self.curves.last().map_or(self.start, |[.., end]| *end);
        let straight = |[first, second, end]: &[Point; 3]| first.x == end.x && second.x == end.x;
        if to.x == at.x
            && let Some(last) = self.curves.last_mut().filter(|last| straight(last))
        {
            // The curve before came along the same line.
            *last = [last[0], to, to];
        } else if to != at {
            let y = (at.y + to.y) / 2.0;
            self.curves
                .push([Point { x: at.x, y }, Point { x: to.x, y }, to]);
        }
    }

    pub fn shift(&mut self, by: Point) {
        self.start.shift(by);
        self.curves
            .iter_mut()
            .flatten()
            .for_each(|point| point.shift(by));
    }
}

fn key(y: f64) -> i64 {
    (y * 2.0).round() as i64
}

/// Spreads the edges that touch a side of a box over it, in the order in which they come.
fn ports(edges: &[Laid<'_>]) -> BTreeMap<Port, Point> {
    let mut sides: BTreeMap<Side, Vec<Touch>> = BTreeMap::new();
    for (at, (_, label, from, to)) in edges.iter().enumerate() {
        let (Some(first), Some(last)) = (inner(label).first(), inner(label).last()) else {
            continue;
        };
        if from == to {
            continue;
        }
        for (near, rect, begins) in [(first, *from, true), (last, *to, false)] {
            let Point { x, y } = rect.middle();
            let side = (key(x), key(y), near.y > y);
            let port = (at, begins);
            let touch = Touch {
                near: near.x,
                port,
                rect,
            };
            sides.entry(side).or_default().push(touch);
        }
    }
    let mut ports = BTreeMap::new();
    for ((_, _, below), mut touching) in sides {
        touching.sort_by(|a, b| a.near.total_cmp(&b.near));
        let last = touching.len().saturating_sub(1) as f64;
        for (at, Touch { port, rect, .. }) in touching.into_iter().enumerate() {
            let apart = (rect.width * 0.7 / last.max(1.0)).min(SPREAD);
            // Arrows that cannot be told apart look better as one.
            let apart = if apart < CLOSEST { 0.0 } else { apart };
            let x = rect.middle().x + (at as f64 - last / 2.0) * apart;
            let y = if below { rect.bottom() } else { rect.y };
            ports.insert(port, Point { x, y });
        }
    }
    ports
}

/// The points of an edge without those at the boxes.
fn inner(label: &EdgeLabel) -> &[dugong::Point] {
    let last = label.points.len().saturating_sub(1);
    label.points.get(1..last).unwrap_or_default()
}

fn label_middle(label: &EdgeLabel) -> Point {
    let middle = label.points.get(label.points.len() / 2);
    Point {
        x: label.x.or(middle.map(|point| point.x)).unwrap_or_default(),
        y: label.y.or(middle.map(|point| point.y)).unwrap_or_default(),
    }
}

/// From one box to another. Sideways it goes only in the gaps, so it meets no state of a row.
fn between(label: &EdgeLabel, bands: &Bands, from: (Point, Rect), to: (Point, Rect)) -> Path {
    let (start, end) = (from.0, to.0);
    let down = if start.y > from.1.middle().y {
        1.0
    } else {
        -1.0
    };
    let out = from.1.middle().y + down * bands.reach(from.1.middle().y);
    let down_to = if end.y > to.1.middle().y { 1.0 } else { -1.0 };
    let into = to.1.middle().y + down_to * bands.reach(to.1.middle().y);
    let mut stops = vec![Point { x: start.x, y: out }];
    for point in inner(label) {
        let reach = bands.reach(point.y);
        stops.push(Point {
            x: point.x,
            y: point.y - down * reach,
        });
        stops.push(Point {
            x: point.x,
            y: point.y + down * reach,
        });
    }
    stops.push(Point { x: end.x, y: into });
    stops.push(end);
    let mut path = Path {
        start,
        curves: Vec::new(),
    };
    for stop in stops {
        path.go(stop);
    }
    path
}

/// Out of the right side of a box and back into it, as far as its label allows.
fn around(rect: Rect, label: f64) -> Path {
    let Point { y, .. } = rect.middle();
    let apart = (rect.height / 4.0).min(14.0);
    // A curve reaches three quarters of the way to its control points.
    let x = rect.right() + (label - 4.0 - rect.right()).max(12.0) / 0.75;
    let point = |x, y| Point { x, y };
    Path {
        start: point(rect.right(), y - apart),
        curves: vec![[
            point(x, y - apart * 2.0),
            point(x, y + apart * 2.0),
            point(rect.right(), y + apart),
        ]],
    }
}
