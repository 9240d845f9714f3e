//! What was found in one file, before it is told.

use std::ops::Range;

use super::source::Source;
use super::{Diagnostic, Severity};

/// The findings of one file. Places are worked out at the end, when it is known which parts of
/// the file are secrets.
#[derive(Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    hidden: Vec<Range<usize>>,
}

#[derive(PartialEq)]
struct Finding {
    severity: Severity,
    code: &'static str,
    message: String,
    span: Option<Range<usize>>,
    hint: Option<String>,
}

impl Findings {
    /// A finding that is there already is not added again: the base settings are read once for
    /// each stage, and a default once for each function.
    fn add(&mut self, finding: Finding) {
        if !self.found.contains(&finding) {
            self.found.push(finding);
        }
    }

    pub fn error(
        &mut self,
        code: &'static str,
        span: impl Into<Option<Range<usize>>>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.add(Finding {
            severity: Severity::Error,
            code,
            message: message.into(),
            span: span.into(),
            hint: hint.into(),
        });
    }

    pub fn warning(
        &mut self,
        code: &'static str,
        span: impl Into<Option<Range<usize>>>,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        self.add(Finding {
            severity: Severity::Warning,
            code,
            message: message.into(),
            span: span.into(),
            hint: hint.into(),
        });
    }

    /// Keeps a part of the file out of every excerpt.
    pub fn hide(&mut self, span: Range<usize>) {
        self.hidden.push(span);
    }

    /// In the order of the file.
    pub fn into_diagnostics(mut self, source: &Source) -> Vec<Diagnostic> {
        self.found
            .sort_by_key(|finding| finding.span.as_ref().map(|span| span.start));
        let hidden = self.hidden;
        let tell = |finding: Finding| Diagnostic {
            severity: finding.severity,
            code: finding.code.to_owned(),
            message: finding.message,
            place: finding.span.map(|span| source.place(span, &hidden)),
            hint: finding.hint,
        };
        self.found.into_iter().map(tell).collect()
    }
}
