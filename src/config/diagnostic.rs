//! A finding in one of the user's files, with its place.

use std::path::PathBuf;

/// A finding in `deploy.toml` or in the definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Such as `unknown-key`; stable, for `--json` and annotations.
    pub code: String,
    pub message: String,
    pub place: Option<Place>,
    pub hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
}

/// Where a finding is: the file as the user named it, and the line and column of its first
/// character, both from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    pub line: usize,
    pub column: usize,
    /// How many characters to underline, at least one.
    pub width: usize,
    /// The source line, for the excerpt.
    pub excerpt: String,
}
