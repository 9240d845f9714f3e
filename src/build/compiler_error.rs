//! What cargo and rustc say while nobody sees it, and where the errors are.

use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cargo_metadata::CompilerMessage;
use cargo_metadata::diagnostic::DiagnosticLevel;

/// An error of rustc, at its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompilerError {
    pub path: PathBuf,
    pub line: usize,
    /// The first column and the one behind the last, if it is on one line.
    pub columns: Option<(usize, usize)>,
    /// Such as `E0425`.
    pub code: Option<String>,
    pub message: String,
}

impl CompilerError {
    /// `None` if it is none, or has no place. Relative paths begin at the root of the workspace.
    fn of(message: &CompilerMessage, root: &Path) -> Option<Self> {
        let message = &message.message;
        if message.level != DiagnosticLevel::Error {
            return None;
        }
        let span = message.spans.iter().find(|span| span.is_primary)?;
        let one_line = span.line_start == span.line_end;
        Some(Self {
            path: normal(&root.join(&span.file_name)),
            line: span.line_start,
            columns: one_line.then_some((span.column_start, span.column_end)),
            code: message.code.as_ref().map(|code| code.code.clone()),
            message: message.message.clone(),
        })
    }
}

/// Without `..`: what several crates share is one file.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// Everything that was said. Cargo says it on two streams.
#[derive(Default)]
pub(super) struct Said(Mutex<Content>);

#[derive(Default)]
struct Content {
    text: String,
    errors: Vec<CompilerError>,
}

impl Said {
    pub fn line(&self, line: &str) {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        content.text.push_str(line);
        content.text.push('\n');
    }

    /// Each error once: what several handlers have in common is compiled with each of them.
    pub fn message(&self, message: &CompilerMessage, root: &Path) {
        let mut content = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let error = CompilerError::of(message, root);
        if let Some(error) = error
            && !content.errors.contains(&error)
        {
            content.errors.push(error);
        }
    }

    pub fn into_parts(self) -> (String, Vec<CompilerError>) {
        let content = self.0.into_inner();
        let Content { text, errors } = content.unwrap_or_else(PoisonError::into_inner);
        (text, errors)
    }
}
