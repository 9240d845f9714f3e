//! The findings to report: as many as somebody can read, and a count of the rest. A message that quotes a long
//! value keeps its beginning and its end.

use super::{Diagnostic, Severity};

/// A file with more findings is usually wrong as a whole.
pub(super) const MOST: usize = 100;

/// The findings of some files that are reported.
#[derive(Default)]
pub(super) struct Reported {
    pub diagnostics: Vec<Diagnostic>,
    /// How many are not among them.
    pub more: usize,
    /// Whether the search for more was given up.
    pub at_least: bool,
}

impl Reported {
    pub fn failed(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|d| d.severity == Severity::Error)
    }

    /// Appends the findings of another file.
    pub fn and(mut self, other: Self) -> Self {
        self.diagnostics.extend(other.diagnostics);
        let (diagnostics, more) = first(self.diagnostics, |d| d.severity);
        Self {
            diagnostics,
            more: self.more + other.more + more,
            at_least: self.at_least || other.at_least,
        }
    }

    /// The diagnostics, with the count as the last one.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.diagnostics;
        if self.more > 0 {
            let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
            let count = with_commas(self.more);
            let at_least = if self.at_least { "at least " } else { "" };
            diagnostics.push(Diagnostic {
                severity: if errors.count() == MOST {
                    Severity::Error
                } else {
                    Severity::Warning
                },
                code: "more-findings".to_owned(),
                message: format!("… and {at_least}{count} more"),
                place: None,
                hint: None,
            });
        }
        diagnostics
    }
}

/// The first [`MOST`], errors before warnings, in their order, and how many are left out.
pub(super) fn first<T>(findings: Vec<T>, severity: impl Fn(&T) -> Severity) -> (Vec<T>, usize) {
    let is_error = |finding: &T| severity(finding) == Severity::Error;
    let all = findings.len();
    let mut errors = findings.iter().filter(|f| is_error(f)).count().min(MOST);
    let mut warnings = MOST - errors;
    let reported: Vec<T> = findings
        .into_iter()
        .filter(|finding| {
            let room = if is_error(finding) {
                &mut errors
            } else {
                &mut warnings
            };
            let fits = *room > 0;
            *room = room.saturating_sub(1);
            fits
        })
        .collect();
    let more = all - reported.len();
    (reported, more)
}

/// Nobody reads a longer message to its end.
const LONGEST: usize = 600;

/// The message, with an ellipsis in the middle if it is too long: that is where the quoted value is, between
/// what it is for and what it should be.
pub(super) fn shortened(message: String) -> String {
    let count = message.chars().count();
    if count <= LONGEST {
        return message;
    }
    let (first, last) = (LONGEST * 2 / 3, LONGEST / 3);
    let start = message.chars().take(first);
    let end = message.chars().skip(count - last);
    start.chain("…".chars()).chain(end).collect()
}

/// `9,900`
pub fn with_commas(count: usize) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_before_warnings_and_in_their_order() {
        let mut findings = vec![(0, Severity::Warning); 150];
        findings.extend((1..=3).map(|number| (number, Severity::Error)));
        let (reported, more) = first(findings, |(_, severity)| *severity);
        assert_eq!((reported.len(), more), (MOST, 53));
        assert_eq!(reported.iter().map(|(number, _)| number).max(), Some(&3));
    }

    #[test]
    fn a_long_value_is_quoted_in_part() {
        let short = "é".repeat(LONGEST);
        assert_eq!(shortened(short.clone()), short);
        let long = format!("`region` must not be `{}`, but a region", "é".repeat(9999));
        let reported = shortened(long);
        assert_eq!(reported.chars().count(), LONGEST + 1);
        assert!(
            reported.starts_with("`region` must not be `éé"),
            "{reported}"
        );
        assert!(reported.contains("é…é"), "{reported}");
        assert!(reported.ends_with("éé`, but a region"), "{reported}");
    }

    #[test]
    fn the_count_is_readable() {
        assert_eq!(with_commas(7), "7");
        assert_eq!(with_commas(9_900), "9,900");
        assert_eq!(with_commas(1_234_567), "1,234,567");
    }
}
