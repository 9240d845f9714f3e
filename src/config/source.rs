//! A text file of the user, and the places in it.

use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::Place;

pub(super) struct Source {
    path: PathBuf,
    text: String,
    /// The byte at which each line starts.
    lines: Vec<usize>,
}

impl Source {
    pub fn new(path: PathBuf, text: String) -> Self {
        let after_newlines = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(after_newlines).collect();
        Self { path, text, lines }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).max(1)
    }

    /// The place of a range of bytes, cut off at the end of its first line. Text in a `hidden` range is
    /// shown as asterisks, so that a secret never reaches a screen or a log.
    pub fn place(&self, span: Range<usize>, hidden: &[Range<usize>]) -> Place {
        let line = self.line(span.start);
        let start = self.lines[line - 1];
        let end = self.lines.get(line).copied().unwrap_or(self.text.len());
        let content = self.text[start..end].trim_end_matches(['\n', '\r']);
        let end = start + content.len();
        // A span may begin or end at the end of the line, or in the middle of a character.
        let within = |at: usize| self.text.floor_char_boundary(at.clamp(start, end));
        let (first, last) = (within(span.start), within(span.end));
        let shown = if content.len() <= WIDEST {
            start..end
        } else {
            within(first.saturating_sub(WIDEST / 4))..within(first + WIDEST / 2)
        };
        let hidden: Vec<&Range<usize>> = hidden
            .iter()
            .filter(|range| range.start < shown.end && shown.start < range.end)
            .collect();
        let is_hidden = |at: usize| hidden.iter().any(|range| range.contains(&at));
        let count = |range: Range<usize>| self.text[range].chars().count();
        Place {
            path: self.path.clone(),
            line,
            column: count(start..first) + 1,
            width: count(first..last).max(1),
            cut: count(start..shown.start),
            excerpt: self.text[shown.clone()]
                .char_indices()
                .map(|(at, c)| if is_hidden(shown.start + at) { '*' } else { c })
                .collect(),
        }
    }
}

/// The bytes of a line that an excerpt may show: a minified definition is one line.
const WIDEST: usize = 1000;

/// Why a file cannot be read, without the operating system's numbers if it is only absent.
pub(super) fn unreadable(path: &str, error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("the file `{path}` does not exist"),
        ErrorKind::InvalidData => format!("the file `{path}` is not text in UTF-8"),
        _ => format!("cannot read `{path}`: {error}"),
    }
}

/// The code of a finding about a file that cannot be read.
pub(super) fn code_of(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => "no-file",
        ErrorKind::InvalidData => "not-utf-8",
        _ => "unreadable-file",
    }
}

/// What to do about a file in another encoding.
pub(super) const AS_UTF8: &str =
    "save it in the encoding UTF-8; Windows may have written it in UTF-16";
