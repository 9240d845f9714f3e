//! What can be wrong with a placeholder.

/// Where a text is, which decides what it may name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Definition,
    /// A text of `deploy.toml`. The ARN of a function's version is not known there: the function may depend on it.
    Text,
    /// A value itself: none contains another, so that each can be read on its own.
    Value,
}

/// A placeholder that stands for nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// All of what looks like a placeholder.
    Malformed(String),
    Unknown(String),
    /// A name that cannot be used here, and what it stands for.
    Misplaced(String, &'static str),
    /// The name of a list, which has no place in a text.
    List(String),
}
