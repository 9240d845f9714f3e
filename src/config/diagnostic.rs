//! A finding in one of the user's files, with its place.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::{Advice, Exit};
use crate::world::plain;

/// A finding in `deploy.toml` or in the definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Such as `unknown-key`; stable, for `--json` and annotations.
    pub code: String,
    pub message: String,
    pub place: Option<Place>,
    pub hint: Option<String>,
}

/// Everything that is wrong with the user's files, in the order of the files. Contains at least one error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

/// Each finding has its own hint.
impl Advice for Diagnostics {
    fn kind(&self) -> String {
        "invalid-files".to_owned()
    }

    fn exit(&self) -> Exit {
        Exit::Usage
    }

    fn hint(&self) -> Option<String> {
        None
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    Error,
    Warning,
}

/// Where a finding is: the file as the user named it, and the line and column of its first
/// character, both from 1.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, JsonSchema)]
pub struct Place {
    #[serde(rename = "file")]
    pub path: PathBuf,
    pub line: usize,
    pub column: usize,
    /// How many characters to underline, at least one.
    pub width: usize,
    /// The source line, for the excerpt. Secrets in it are masked, and a very long line is cut to the
    /// part around the place.
    pub excerpt: String,
    /// How many characters of the line come before the excerpt.
    #[serde(skip)]
    pub cut: usize,
}

/// Such as `deploy.toml:3:1`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

impl Diagnostics {
    pub fn errors(&self) -> usize {
        let is_error = |d: &&Diagnostic| d.severity == Severity::Error;
        self.0.iter().filter(is_error).count()
    }
}

/// The findings in plain text, for a log or a test; a terminal gets [`Diagnostic::render`].
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n\n")?;
            }
            f.write_str(&plain(&diagnostic.render()))?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
