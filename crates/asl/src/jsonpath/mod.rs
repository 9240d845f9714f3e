//! JSONPath as Step Functions evaluates it: the dialect of Jayway JsonPath 2.0.0, with `$` for the input, `$$` for the context
//! object and `$name` for a variable.
//!
//! It is not RFC 9535. `$.a[-1]` finds nothing, `$.a[(@.length-1)]` is the last item, `$.o['a','b']` is an object of both, and
//! many a slip compiles. `tests/oracle` compares it to Jayway itself.

mod assign;
mod brackets;
mod compare;
mod compile;
mod decimal;
mod filter;
mod operator;
mod pattern;
mod refused;
mod search;
mod segments;

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::budget::{Budget, Cancellation, Exhausted};

pub use assign::ResultPathError;
use filter::Filter;

/// A parsed path.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    text: String,
    root: Root,
    segments: Vec<Segment>,
}

/// The root of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// `$`: the value that the field processes.
    Input,
    /// `$$`: the context object.
    Context,
    /// `$name`: a variable.
    Variable(String),
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Segment {
    Name(String),
    /// An object of these properties, which may be none.
    Names(Vec<String>),
    Index(i32),
    /// `(@.length-1)`: a number to add to the length of the list.
    FromEnd(i32),
    Indices(Vec<i32>),
    Slice(i32, i32),
    SliceFrom(i32),
    SliceTo(i32),
    Wildcard,
    Filter(Filter),
    /// `..`: the next segment applies to the value and to everything below it.
    Scan,
    /// `$` in the middle of a path: the value itself.
    Root,
}

impl Segment {
    /// Whether it leads to at most one value.
    pub(crate) fn is_definite(&self) -> bool {
        matches!(
            self,
            Self::Name(_) | Self::Names(_) | Self::Index(_) | Self::FromEnd(_) | Self::Root
        )
    }

    /// Whether it applies to lists only.
    fn is_of_list(&self) -> bool {
        matches!(
            self,
            Self::Index(_)
                | Self::FromEnd(_)
                | Self::Indices(_)
                | Self::Slice(..)
                | Self::SliceFrom(_)
                | Self::SliceTo(_)
        )
    }
}

/// A text that is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at position {position} in `{path}`")]
pub struct SyntaxError {
    pub path: String,
    pub message: String,
    /// A byte offset from the start of the path.
    pub position: usize,
}

impl SyntaxError {
    /// What is wrong with the path and what to do, for someone who sees the path.
    #[must_use]
    pub fn advice(&self) -> String {
        let before = self.path.get(..self.position).unwrap_or(&self.path);
        let character = before.chars().count() + 1;
        format!("{} (character {character} of the path)", self.message)
    }
}

/// What a path finds in a value.
#[derive(Debug, PartialEq)]
pub enum Found<'v> {
    /// A definite path leads to one value.
    One(Cow<'v, Value>),
    /// Any other path leads to a list, which may be empty.
    Many(Vec<Cow<'v, Value>>),
}

impl Found<'_> {
    /// The value, or the list as an array.
    #[must_use]
    pub fn into_value(self) -> Value {
        match self {
            Self::One(value) => value.into_owned(),
            Self::Many(values) => values.into_iter().map(Cow::into_owned).collect(),
        }
    }

    /// Like [`into_value`](Self::into_value), if the copy is within the budget.
    pub(crate) fn into_value_within(self, budget: &Budget) -> Result<Value, NotFound> {
        match &self {
            Self::One(value) => budget.take_value(value)?,
            Self::Many(values) => values
                .iter()
                .try_for_each(|value| budget.take_value(value))?,
        }
        Ok(self.into_value())
    }
}

/// Why a path finds nothing or cannot be applied, in the words of Step Functions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotFound {
    message: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Absent,
    Misfit,
    Exhausted(Exhausted),
}

impl NotFound {
    fn absent(message: String) -> Self {
        let kind = Kind::Absent;
        Self { message, kind }
    }

    fn misfit(message: String) -> Self {
        let kind = Kind::Misfit;
        Self { message, kind }
    }

    pub(crate) fn variable(name: &str) -> Self {
        Self::absent(format!("The variable '${name}' is not set"))
    }

    /// Whether something is not there. Otherwise the path does not fit the value, such as an index of an object.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        self.kind == Kind::Absent
    }

    /// Set if the search was ended early, so that its result is unknown.
    pub(crate) fn exhausted(&self) -> Option<Exhausted> {
        match self.kind {
            Kind::Exhausted(exhausted) => Some(exhausted),
            Kind::Absent | Kind::Misfit => None,
        }
    }
}

impl From<Exhausted> for NotFound {
    fn from(exhausted: Exhausted) -> Self {
        Self {
            message: exhausted.to_string(),
            kind: Kind::Exhausted(exhausted),
        }
    }
}

impl JsonPath {
    fn new(text: &str, root: Root, segments: Vec<Segment>) -> Self {
        Self {
            text: text.to_owned(),
            root,
            segments,
        }
    }

    /// # Errors
    /// If the text is not a path in this dialect.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        compile::path(text)
    }

    /// What the path finds, starting from the value of its root.
    ///
    /// # Errors
    /// If the path is definite and finds nothing, does not fit the value, or the search exceeds the budget of an
    /// evaluation.
    pub fn find<'v>(&self, root: &'v Value) -> Result<Found<'v>, NotFound> {
        self.find_within(root, &Budget::new(Cancellation::default()))
    }

    /// Like [`find`](Self::find), as part of an evaluation.
    pub(crate) fn find_within<'v>(
        &self,
        root: &'v Value,
        budget: &Budget,
    ) -> Result<Found<'v>, NotFound> {
        search::find(&self.segments, 0, root, root, budget)
    }

    /// What the path without its first `skip` segments finds in `value`. `None` if it has a filter, which may ask for the
    /// whole document.
    pub(crate) fn find_from(
        &self,
        skip: usize,
        value: &Value,
        budget: &Budget,
    ) -> Option<Result<Value, NotFound>> {
        let is_filter = |segment: &Segment| matches!(segment, Segment::Filter(_));
        if self.segments.iter().any(is_filter) {
            return None;
        }
        let found = search::find(&self.segments, skip, value, value, budget);
        Some(found.and_then(|found| found.into_value_within(budget)))
    }

    /// The path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The path as written, but relative to the context object if it leads into that.
    pub(crate) fn relative(&self) -> &str {
        match self.root {
            Root::Context => self.text.strip_prefix('$').unwrap_or(&self.text),
            Root::Input | Root::Variable(_) => &self.text,
        }
    }

    /// The path to the list, if this one ends with an index.
    pub(crate) fn list_of_last_index(&self) -> Option<Self> {
        match self.segments.split_last()? {
            (Segment::Index(_) | Segment::FromEnd(_), list) if self.is_definite() => {
                Some(Self::new(&self.text, self.root.clone(), list.to_vec()))
            }
            _ => None,
        }
    }

    #[must_use]
    pub fn root(&self) -> &Root {
        &self.root
    }

    /// Whether the path is just its root: `$`, `$$` or `$name`.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// Whether the path leads to at most one value.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.segments.iter().all(Segment::is_definite)
    }

    /// Whether the path can be assigned to: it consists of names and indexes only.
    #[must_use]
    pub fn is_reference_path(&self) -> bool {
        self.segments
            .iter()
            .all(|s| matches!(s, Segment::Name(_) | Segment::Index(0..)))
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Segment {
    /// The canonical form, which messages show: `['a']`, `[0]`, `[*]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "['{name}']"),
            Self::Names(names) => {
                let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
                write!(f, "[{}]", names.join(", "))
            }
            Self::Index(index) => write!(f, "[{index}]"),
            Self::FromEnd(offset) => write!(f, "[@.size(){offset}]"),
            Self::Indices(list) => {
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", list.join(","))
            }
            Self::Slice(from, to) => write!(f, "[{from}:{to}]"),
            Self::SliceFrom(from) => write!(f, "[{from}:]"),
            Self::SliceTo(to) => write!(f, "[:{to}]"),
            Self::Wildcard => write!(f, "[*]"),
            Self::Filter(_) => write!(f, "[?]"),
            Self::Scan => write!(f, ".."),
            Self::Root => write!(f, "$"),
        }
    }
}
