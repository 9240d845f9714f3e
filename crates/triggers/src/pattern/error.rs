//! What is wrong with a pattern, and where.

use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// From the pattern to the value at fault.
    pub path: Vec<Segment>,
    /// Whether it is the name of the last segment that is at fault.
    pub at_name: bool,
    pub message: String,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    Key(String),
    Index(usize),
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}
