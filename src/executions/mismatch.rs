//! An expectation that was not met.

use std::fmt;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// One expectation that was not met.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Mismatch {
    pub what: Expectation,
    /// The line in deploy.toml that expects it.
    pub line: usize,
    /// A sentence, or a diff: lines with `-` are expected and missing, lines with `+` are there instead.
    pub detail: String,
    #[serde(skip)]
    pub is_diff: bool,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(with = "String")]
pub enum Expectation {
    Status,
    Path,
    Output,
    Error,
    Cause,
    MaxDuration,
    /// Of a state.
    Retries(String),
    /// Of a service or a function, such as `dynamodb:putItem`.
    Calls(String),
    /// Of the holder of a task token, to a state.
    Answer(String),
    /// Of a table.
    Items(String),
    /// Of a queue.
    Messages(String),
}

/// By its key in `expect`, such as `output`.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status => "status",
            Self::Path => "path",
            Self::Output => "output",
            Self::Error => "error",
            Self::Cause => "cause",
            Self::MaxDuration => "max-duration",
            Self::Retries(state) => return write!(f, "retries of `{state}`"),
            Self::Calls(what) => return write!(f, "calls of `{what}`"),
            Self::Answer(state) => return write!(f, "answer to `{state}`"),
            Self::Items(table) => return write!(f, "items of `{table}`"),
            Self::Messages(queue) => return write!(f, "messages of `{queue}`"),
        })
    }
}

impl Serialize for Expectation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

pub(super) const NO_HISTORY: &str = "AWS gives no history of an EXPRESS execution";

pub(super) fn sentence(what: Expectation, line: usize, detail: impl Into<String>) -> Mismatch {
    Mismatch {
        what,
        line,
        detail: detail.into(),
        is_diff: false,
    }
}

pub(super) fn of_lines(what: Expectation, line: usize, detail: String) -> Mismatch {
    Mismatch {
        is_diff: true,
        ..sentence(what, line, detail)
    }
}
