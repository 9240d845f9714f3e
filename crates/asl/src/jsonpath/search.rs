//! What a path finds in a value.
//!
//! The search keeps its own stack, so neither a long path nor a deep value exhausts the thread's. Its order is that of
//! Jayway: what has been found before an item turns out to lack something stays found.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{Found, NotFound, Segment};
use crate::budget::{Budget, Exhausted};

/// Why a search ends.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something is not there. `[*]` skips the item that lacks it.
    Absent(Absent),
    /// The path does not fit the value. Nothing catches this.
    Failed(String),
    Exhausted(Exhausted),
}

#[derive(Debug)]
pub(super) enum Absent {
    /// The last name of the path. The step has been taken.
    NoResults,
    /// A name before the last. The step has been taken.
    MissingProperty,
    /// The names, which only an object has.
    NotAnObject(String),
    Null,
    /// The index. The step has not been taken.
    OutOfBounds(i64),
}

impl From<Exhausted> for Stop {
    fn from(exhausted: Exhausted) -> Self {
        Self::Exhausted(exhausted)
    }
}

/// A step to a value inside another.
#[derive(Clone, Copy)]
enum Step<'s> {
    Name(&'s str),
    Index(i64),
    /// To the same value again, as `$` in the middle of a path does.
    Root,
}

/// What is left to do. The last entry is done first.
enum Work<'v> {
    /// Apply the segments from the one at this position on.
    Visit(usize, Place<'v>),
    /// Apply the segments from the one at this position on to the value and everything below it.
    Scan(usize, Place<'v>),
    /// Apply the filter at this position to the items of a list, from the one with this index on.
    Select(usize, &'v [Value], usize, usize),
    /// Take an index of a list that is not there.
    OutOfBounds(i64, usize),
    /// What is absent in the entries after this one is skipped.
    Skip,
}

/// A value, and how the search got there: by one step, or none, from a value at a depth.
#[derive(Clone, Copy)]
struct Place<'v> {
    value: &'v Value,
    step: Option<Step<'v>>,
    depth: usize,
}

struct Search<'p, 'v> {
    segments: &'p [Segment],
    /// All segments from this position on are definite.
    definite_from: usize,
    root: &'v Value,
    budget: &'p Budget,
    work: Vec<Work<'v>>,
    most_work: usize,
    /// The steps from the root to the value that is visited.
    steps: Vec<Step<'p>>,
    found: Vec<Cow<'v, Value>>,
}

/// What the segments from the one at `start` on find in `value`, in a document with this root.
pub(super) fn find<'v>(
    segments: &[Segment],
    start: usize,
    value: &'v Value,
    root: &'v Value,
    budget: &Budget,
) -> Result<Found<'v>, NotFound> {
    let definite = segments.iter().rev().take_while(|s| s.is_definite());
    let mut search = Search {
        segments,
        definite_from: segments.len() - definite.count(),
        root,
        budget,
        work: Vec::new(),
        most_work: 0,
        steps: Vec::new(),
        found: Vec::new(),
    };
    match search.run(start, value) {
        Ok(()) if search.definite_from > 0 => Ok(Found::Many(search.found)),
        Ok(()) => match search.found.pop() {
            Some(value) => Ok(Found::One(value)),
            None => Err(search.not_found(&Absent::NoResults)),
        },
        Err(Stop::Absent(absent)) => Err(search.not_found(&absent)),
        Err(Stop::Failed(message)) => Err(NotFound::misfit(message)),
        Err(Stop::Exhausted(exhausted)) => Err(exhausted.into()),
    }
}

/// Whether an object of several names is complete if one of them is absent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    Any,
    All,
}

/// The one value that a definite path leads to.
pub(super) fn lookup<'v>(
    segments: &[Segment],
    mut value: &'v Value,
    wanted: Names,
    budget: &Budget,
) -> Result<Cow<'v, Value>, Stop> {
    budget.step(segments.len())?;
    for (i, segment) in segments.iter().enumerate() {
        if let Segment::Names(names) = segment {
            let picked = pick(names, value, i + 1 == segments.len(), budget)?;
            let is_absent = |name: &String| picked.get(name).is_none();
            if wanted == Names::All && names.iter().any(is_absent) {
                return Err(Stop::Absent(Absent::MissingProperty));
            }
            return Ok(Cow::Owned(picked));
        }
        value = step(segment, value)?.1;
    }
    Ok(Cow::Borrowed(value))
}

/// One step of a definite path.
fn step<'s, 'v>(segment: &'s Segment, value: &'v Value) -> Result<(Step<'s>, &'v Value), Stop> {
    let absent = |absent| Err(Stop::Absent(absent));
    match (segment, value) {
        (Segment::Root, value) => Ok((Step::Root, value)),
        (Segment::Name(name), Value::Object(map)) => match map.get(name) {
            Some(value) => Ok((Step::Name(name), value)),
            None => absent(Absent::NoResults),
        },
        (Segment::Name(_), _) => absent(Absent::NotAnObject(segment.to_string())),
        (_, Value::Null) => absent(Absent::Null),
        (Segment::Index(index), Value::Array(items)) => item(items, i64::from(*index)),
        (Segment::FromEnd(offset), Value::Array(items)) => {
            item(items, length(items) + i64::from(*offset))
        }
        (segment, value) => Err(not_a_list(segment, value)),
    }
}

fn item(items: &[Value], index: i64) -> Result<(Step<'static>, &Value), Stop> {
    let value = usize::try_from(index).ok().and_then(|at| items.get(at));
    let value = value.ok_or(Stop::Absent(Absent::OutOfBounds(index)))?;
    Ok((Step::Index(index), value))
}

/// An object of some properties of another. Those that are absent are left out.
fn pick(names: &[String], value: &Value, last: bool, budget: &Budget) -> Result<Value, Stop> {
    let Value::Object(map) = value else {
        let names = Segment::Names(names.to_vec()).to_string();
        return Err(Stop::Absent(Absent::NotAnObject(names)));
    };
    if !last {
        return Err(Stop::Failed(format!(
            "Multi properties can only be used as path leafs: {}",
            Segment::Names(names.to_vec())
        )));
    }
    let mut picked = Map::new();
    for name in names {
        if let Some(value) = map.get(name) {
            budget.take_value(value)?;
            picked.insert(name.clone(), value.clone());
        }
    }
    Ok(Value::Object(picked))
}

fn not_a_list(segment: &Segment, value: &Value) -> Stop {
    Stop::Failed(match segment {
        Segment::Filter(_) => {
            format!("Filter: [?] can not be applied to primitives. Current context is: {value}")
        }
        segment => {
            format!("Filter: {segment} can only be applied to arrays. Current context is: {value}")
        }
    })
}

fn length(items: &[Value]) -> i64 {
    i64::try_from(items.len()).unwrap_or(i64::MAX)
}

impl<'p, 'v: 'p> Search<'p, 'v> {
    fn run(&mut self, start: usize, value: &'v Value) -> Result<(), Stop> {
        let place = Place {
            value,
            step: None,
            depth: 0,
        };
        self.push(Work::Visit(start, place))?;
        while let Some(work) = self.work.pop() {
            match self.work_off(work) {
                Err(Stop::Absent(absent)) => {
                    if !self.skip() {
                        return Err(Stop::Absent(absent));
                    }
                }
                done => done?,
            }
        }
        Ok(())
    }

    /// Drops what is left of the item that lacks something; `false` if it is not an item of `[*]`.
    fn skip(&mut self) -> bool {
        loop {
            match self.work.pop() {
                Some(Work::Skip) => return true,
                Some(_) => {}
                None => return false,
            }
        }
    }

    fn work_off(&mut self, work: Work<'v>) -> Result<(), Stop> {
        self.budget.step(1)?;
        match work {
            Work::Visit(at, place) => {
                self.go_to(place);
                self.visit(at, place.value)
            }
            Work::Scan(at, place) => {
                self.go_to(place);
                self.scan(at, place.value)
            }
            Work::Select(at, items, from, depth) => {
                self.steps.truncate(depth);
                self.select(at, items, from)
            }
            Work::OutOfBounds(index, depth) => {
                self.steps.truncate(depth);
                Err(Stop::Absent(Absent::OutOfBounds(index)))
            }
            Work::Skip => Ok(()),
        }
    }

    fn go_to(&mut self, place: Place<'v>) {
        self.steps.truncate(place.depth);
        self.steps.extend(place.step);
    }

    fn visit(&mut self, mut at: usize, mut value: &'v Value) -> Result<(), Stop> {
        while let Some(segment) = self.segments.get(at) {
            let last = at + 1 == self.segments.len();
            match (segment, value) {
                (Segment::Name(_) | Segment::Index(_) | Segment::FromEnd(_) | Segment::Root, _) => {
                    self.budget.step(1)?;
                    match step(segment, value) {
                        Ok((step, next)) => {
                            self.steps.push(step);
                            value = next;
                        }
                        Err(Stop::Absent(Absent::NoResults)) => return self.missing(at, last),
                        Err(stop) => return Err(stop),
                    }
                }
                (Segment::Names(names), value) => {
                    let picked = pick(names, value, last, self.budget)?;
                    return self.add(Cow::Owned(picked));
                }
                (Segment::Wildcard, value) => {
                    let visit = |place| Work::Visit(at + 1, place);
                    return self.each(value, Children::SkipIncomplete, visit);
                }
                (Segment::Filter(filter), Value::Object(_)) => {
                    if !filter.keeps(value, self.root, self.budget)? {
                        return Ok(());
                    }
                }
                (Segment::Filter(_), Value::Array(items)) => return self.select(at, items, 0),
                (Segment::Filter(_), _) => return Err(not_a_list(segment, value)),
                (Segment::Scan, value) => {
                    let place = self.here(value, None);
                    return self.push(Work::Scan(at + 1, place));
                }
                (_, Value::Null) => return Err(Stop::Absent(Absent::Null)),
                (Segment::Indices(list), Value::Array(items)) => {
                    let list = list.iter().map(|index| i64::from(*index));
                    return self.items(at + 1, items, list.rev());
                }
                (segment, Value::Array(items)) => {
                    let (from, to) = bounds(segment, length(items));
                    // Before the first item there is nothing, and the search ends there.
                    let to = if from < 0 { to.min(from + 1) } else { to };
                    return self.items(at + 1, items, (from..to).rev());
                }
                (segment, value) => return Err(not_a_list(segment, value)),
            }
            at += 1;
        }
        self.add(Cow::Borrowed(value))
    }

    /// A name that an object does not have.
    fn missing(&mut self, at: usize, last: bool) -> Result<(), Stop> {
        if let Some(Segment::Name(name)) = self.segments.get(at) {
            self.steps.push(Step::Name(name));
        }
        if last {
            Err(Stop::Absent(Absent::NoResults))
        } else if at.saturating_sub(1) >= self.definite_from {
            Err(Stop::Absent(Absent::MissingProperty))
        } else {
            Ok(())
        }
    }

    /// Applies the segments from the one at `at` on to the items with these indexes, which are given in reverse.
    fn items(
        &mut self,
        at: usize,
        items: &'v [Value],
        indexes: impl Iterator<Item = i64>,
    ) -> Result<(), Stop> {
        for index in indexes {
            let work = match item(items, index) {
                Ok((step, value)) => Work::Visit(at, self.here(value, Some(step))),
                Err(_) => Work::OutOfBounds(index, self.steps.len()),
            };
            self.push(work)?;
        }
        Ok(())
    }

    /// Does `work` with each value inside this one.
    fn each(
        &mut self,
        value: &'v Value,
        kind: Children,
        work: impl Fn(Place<'v>) -> Work<'v>,
    ) -> Result<(), Stop> {
        match value {
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate().rev() {
                    if kind == Children::SkipIncomplete {
                        self.push(Work::Skip)?;
                    }
                    let place = self.here(value, Some(Step::item(index)));
                    self.push(work(place))?;
                }
            }
            Value::Object(map) => {
                for (name, value) in map.iter().rev() {
                    let place = self.here(value, Some(Step::Name(name)));
                    self.push(work(place))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Selects the next item, and comes back for the rest.
    fn select(&mut self, at: usize, items: &'v [Value], from: usize) -> Result<(), Stop> {
        let Some(Segment::Filter(filter)) = self.segments.get(at) else {
            return Ok(());
        };
        for (index, value) in items.iter().enumerate().skip(from) {
            if filter.keeps(value, self.root, self.budget)? {
                self.push(Work::Select(at, items, index + 1, self.steps.len()))?;
                let place = self.here(value, Some(Step::item(index)));
                return self.push(Work::Visit(at + 1, place));
            }
        }
        Ok(())
    }

    /// Applies the segments from the one at `at` on to the value if it has what the first of them wants, and to all below
    /// it.
    fn scan(&mut self, at: usize, value: &'v Value) -> Result<(), Stop> {
        self.each(value, Children::All, |place| Work::Scan(at, place))?;
        let Some(segment) = self.segments.get(at) else {
            return Ok(());
        };
        let matches = match (segment, value) {
            (_, Value::Array(_) | Value::Object(_)) if *segment == Segment::Wildcard => true,
            (Segment::Filter(filter), Value::Array(_) | Value::Object(_)) => {
                filter.keeps(value, self.root, self.budget)?
            }
            (Segment::Name(name), Value::Object(map)) => map.contains_key(name),
            (Segment::Names(names), Value::Object(map)) => {
                names.iter().all(|name| map.contains_key(name))
            }
            (segment, Value::Array(_)) => segment.is_of_list(),
            _ => false,
        };
        let last = at + 1 == self.segments.len();
        match value {
            _ if !matches => Ok(()),
            // What comes after the segment applies to all items, whichever the segment selects.
            Value::Array(_) if !last => {
                self.each(value, Children::All, |place| Work::Visit(at + 1, place))
            }
            value => {
                let place = self.here(value, None);
                self.push(Work::Visit(at, place))
            }
        }
    }

    /// A value inside the one that is visited, or that value itself.
    fn here(&self, value: &'v Value, step: Option<Step<'v>>) -> Place<'v> {
        let depth = self.steps.len();
        Place { value, step, depth }
    }

    fn push(&mut self, work: Work<'v>) -> Result<(), Stop> {
        self.work.push(work);
        if self.work.len() > self.most_work {
            self.most_work = self.work.len();
            self.budget.take(size_of::<Work<'_>>())?;
        }
        Ok(())
    }

    fn add(&mut self, value: Cow<'v, Value>) -> Result<(), Stop> {
        self.budget.take(size_of::<Cow<'_, Value>>())?;
        self.found.push(value);
        Ok(())
    }

    /// Says what is absent, in the words of Step Functions.
    fn not_found(&self, absent: &Absent) -> NotFound {
        let mut path = "$".to_owned();
        for step in &self.steps {
            // Writing to a `String` cannot fail.
            let _ = match step {
                Step::Name(name) => write!(path, "['{name}']"),
                Step::Index(index) => write!(path, "[{index}]"),
                Step::Root => {
                    path.truncate(1);
                    Ok(())
                }
            };
        }
        NotFound::absent(match absent {
            Absent::NoResults => format!("No results for path: {path}"),
            Absent::MissingProperty => format!("Missing property in path {path}"),
            Absent::NotAnObject(names) => format!("Property {names} not found in path {path}"),
            Absent::Null => format!("The path {path} is null"),
            Absent::OutOfBounds(index) => {
                format!("Index out of bounds when evaluating path {path}[{index}]")
            }
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Children {
    All,
    /// An item of a list that lacks something is skipped; a property of an object is not.
    SkipIncomplete,
}

/// The first index of a slice, and the one after the last.
fn bounds(segment: &Segment, length: i64) -> (i64, i64) {
    let from_end = |index: i32| match i64::from(index) {
        index @ ..0 => length + index,
        index => index,
    };
    match segment {
        Segment::SliceFrom(from) => (from_end(*from).max(0), length),
        Segment::SliceTo(to) => (0, from_end(*to).min(length)),
        Segment::Slice(from, to) if length > 0 => (i64::from(*from), i64::from(*to).min(length)),
        _ => (0, 0),
    }
}

impl Step<'_> {
    fn item(index: usize) -> Self {
        Self::Index(i64::try_from(index).unwrap_or(i64::MAX))
    }
}
