//! The findings of one file, before they are reported.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::reported::{MOST, Reported, first, shortened};
use super::source::Source;
use super::{Diagnostic, Place, Severity};

/// The findings of one file. Places are determined at the end, when it is known which parts of
/// the file are secrets.
#[derive(Default)]
pub(super) struct Findings {
    /// Each with the number of findings before it.
    found: HashMap<Finding, usize>,
    hidden: Vec<Range<usize>>,
    gave_up: bool,
}

#[derive(PartialEq, Eq, Hash)]
struct Finding {
    severity: Severity,
    code: &'static str,
    message: String,
    span: Option<Range<usize>>,
    /// Its place in a file that is named at `span`.
    in_named: Option<Place>,
    hint: Option<String>,
}

impl Findings {
    /// A finding is not added twice: the base settings are read once for
    /// each stage, and a default once for each function.
    fn add(&mut self, finding: Finding) {
        let before = self.found.len();
        self.found.entry(finding).or_insert(before);
    }

    /// Whether there are more findings than are reported, so that a hint, which takes a search, is not worth it.
    pub fn are_many(&self) -> bool {
        self.found.len() >= MOST
    }

    pub fn failed(&self) -> bool {
        let mut found = self.found.keys();
        found.any(|finding| finding.severity == Severity::Error)
    }

    /// Whether an error is in this part of the file.
    pub fn failed_in(&self, part: &Range<usize>) -> bool {
        self.found.keys().any(|finding| {
            let is_within = |span: &Range<usize>| part.start <= span.start && span.end <= part.end;
            finding.severity == Severity::Error && finding.span.as_ref().is_some_and(is_within)
        })
    }

    /// The places of the keys that nothing reads, in the order of the file.
    pub fn unknown_keys(&self) -> impl Iterator<Item = Range<usize>> {
        let unknown = self.found.keys().filter(|one| one.code == "unknown-key");
        let places: BTreeSet<_> = { unknown.filter_map(|one| one.span.clone()) }
            .map(|span| (span.start, span.end))
            .collect();
        places.into_iter().map(|(start, end)| start..end)
    }

    /// There may be more, and the search for them was given up.
    pub fn give_up(&mut self) {
        self.gave_up = true;
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
            in_named: None,
            hint: hint.into(),
        });
    }

    /// An error in a file that this one names, at `span`.
    pub fn error_in_named(
        &mut self,
        code: &'static str,
        span: Option<Range<usize>>,
        place: Place,
        message: String,
        hint: Option<String>,
    ) {
        self.add(Finding {
            severity: Severity::Error,
            code,
            message,
            span,
            in_named: Some(place),
            hint,
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
            in_named: None,
            hint: hint.into(),
        });
    }

    /// Keeps a part of the file out of every excerpt.
    pub fn hide(&mut self, span: Range<usize>) {
        self.hidden.push(span);
    }

    /// The parts of the file that excerpts leave out.
    pub fn hidden(&self) -> &[Range<usize>] {
        &self.hidden
    }

    /// In the order of the file.
    pub fn reported(self, source: &Source) -> Reported {
        let mut found: Vec<(Finding, usize)> = self.found.into_iter().collect();
        found.sort_by_key(|(finding, before)| {
            (finding.span.as_ref().map(|span| span.start), *before)
        });
        let (found, more) = first(found, |(finding, _)| finding.severity);
        let hidden = self.hidden;
        let tell = |(finding, _): (Finding, usize)| {
            let place = || Some(source.place(finding.span?, &hidden));
            Diagnostic {
                severity: finding.severity,
                code: finding.code.to_owned(),
                message: shortened(finding.message),
                place: finding.in_named.or_else(place),
                hint: finding.hint.map(shortened),
            }
        };
        Reported {
            diagnostics: found.into_iter().map(tell).collect(),
            more,
            at_least: self.gave_up,
        }
    }
}
