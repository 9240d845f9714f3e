//! JSONPath as Step Functions evaluates it: the Jayway dialect, with `$` for the input, `$$` for the context object and
//! `$name` for a variable.

mod assign;
mod eval;
mod filter;
mod parse;

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
    Names(Vec<String>),
    Index(i64),
    Indices(Vec<i64>),
    Slice(Option<i64>, Option<i64>),
    Wildcard,
    Filter(Filter),
    /// `..`: the next segment applies to the value and to everything below it.
    Descend,
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

/// What a path finds in a value.
#[derive(Debug, PartialEq)]
pub enum Found<'v> {
    /// A definite path leads to one value.
    One(&'v Value),
    /// Any other path leads to a list, which may be empty.
    Many(Vec<&'v Value>),
}

impl Found<'_> {
    /// The value, or the list as an array.
    #[must_use]
    pub fn into_value(self) -> Value {
        match self {
            Self::One(value) => value.clone(),
            Self::Many(values) => Value::Array(values.into_iter().cloned().collect()),
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

/// Why a definite path finds nothing, in the words of Step Functions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotFound {
    message: String,
    exhausted: Option<Exhausted>,
}

impl NotFound {
    fn new(message: String) -> Self {
        Self {
            message,
            exhausted: None,
        }
    }

    pub(crate) fn variable(name: &str) -> Self {
        Self::new(format!("The variable '${name}' is not set"))
    }

    /// Set if the search was ended early, so that its result is unknown.
    pub(crate) fn exhausted(&self) -> Option<Exhausted> {
        self.exhausted
    }
}

impl From<Exhausted> for NotFound {
    fn from(exhausted: Exhausted) -> Self {
        Self {
            message: exhausted.to_string(),
            exhausted: Some(exhausted),
        }
    }
}

impl JsonPath {
    /// # Errors
    /// If the text is not a path in this dialect.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        parse::parse(text)
    }

    /// What the path finds, starting from the value of its root.
    ///
    /// # Errors
    /// If the path is definite and finds nothing, or the search exceeds the budget of an evaluation.
    pub fn find<'v>(&self, root: &'v Value) -> Result<Found<'v>, NotFound> {
        self.find_within(root, &Budget::new(Cancellation::default()))
    }

    /// Like [`find`](Self::find), as part of an evaluation.
    pub(crate) fn find_within<'v>(
        &self,
        root: &'v Value,
        budget: &Budget,
    ) -> Result<Found<'v>, NotFound> {
        eval::find(&self.segments, root, budget)
    }

    /// What the path without its first `skip` segments finds in `value`.
    pub(crate) fn find_from(
        &self,
        skip: usize,
        value: &Value,
        budget: &Budget,
    ) -> Result<Value, NotFound> {
        let rest = self.segments.get(skip..).unwrap_or_default();
        eval::find(rest, value, budget)?.into_value_within(budget)
    }

    /// The path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
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
        eval::is_definite(&self.segments)
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

/// `['a'][0][*]`: the canonical form that messages show.
pub(crate) fn write_segments(segments: &[Segment], out: &mut String) {
    use fmt::Write as _;
    for segment in segments {
        // Writing to a `String` cannot fail.
        let _ = match segment {
            Segment::Name(name) => write!(out, "['{name}']"),
            Segment::Names(names) => write!(out, "['{}']", names.join("','")),
            Segment::Index(index) => write!(out, "[{index}]"),
            Segment::Indices(list) => {
                let list: Vec<String> = list.iter().map(ToString::to_string).collect();
                write!(out, "[{}]", list.join(","))
            }
            Segment::Slice(from, to) => {
                let part = |n: &Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
                write!(out, "[{}:{}]", part(from), part(to))
            }
            Segment::Wildcard => write!(out, "[*]"),
            Segment::Filter(_) => write!(out, "[?]"),
            Segment::Descend => write!(out, ".."),
        };
    }
}
