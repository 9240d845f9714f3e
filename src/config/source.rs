//! A text file of the user, and the places in it.

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

    /// The place of a range of bytes, cut off at the end of its first line. What lies in a
    /// `hidden` range shows as asterisks, so that a secret never reaches a screen or a log.
    pub fn place(&self, span: Range<usize>, hidden: &[Range<usize>]) -> Place {
        let line = self.line(span.start);
        let start = self.lines[line - 1];
        let end = self.lines.get(line).copied().unwrap_or(self.text.len());
        let content = self.text[start..end].trim_end_matches(['\n', '\r']);
        let is_hidden = |at: usize| hidden.iter().any(|range| range.contains(&at));
        let excerpt = content
            .char_indices()
            .map(|(at, c)| if is_hidden(start + at) { '*' } else { c })
            .collect();
        let count = |range: Range<usize>| {
            let inside = content.char_indices();
            inside
                .filter(|(at, _)| range.contains(&(start + at)))
                .count()
        };
        Place {
            path: self.path.clone(),
            line,
            column: count(start..span.start) + 1,
            width: count(span).max(1),
            excerpt,
        }
    }
}
