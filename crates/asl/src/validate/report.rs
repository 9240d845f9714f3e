//! The findings of the checks.

use super::at::At;
use super::finding::{Code, Finding, Severity};
use crate::nearest::nearest;
use crate::source::{Location, Source};

/// The maximum number of findings. Each position takes a search, so a hostile definition must not cause any number of
/// them.
pub const MAX_FINDINGS: usize = 1_000;

/// The maximum number of findings with a hint: finding a similar name takes many comparisons.
const MAX_HINTS: usize = 50;

/// How many names are compared for a hint: the definition decides how many there are.
const MAX_NAMES: usize = 500;

/// The text that a finding points at.
#[derive(Clone, Copy)]
pub(super) enum Mark<'a> {
    /// The key of the value, such as the name of a state that lacks a field.
    Key,
    Value,
    /// The key of a field in the object.
    Field(&'a str),
}

/// Collects findings, in the order of the checks.
pub(super) struct Report<'s> {
    source: &'s Source,
    findings: Vec<Finding>,
}

impl<'s> Report<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self {
            source,
            findings: Vec::new(),
        }
    }

    /// Returns the findings, in AWS's order: what is wrong with objects and values, then what is wrong with the graph of
    /// their transitions.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.findings
            .sort_by_key(|finding| finding.of_transitions());
        self.findings
    }

    pub(super) fn source(&self) -> &'s Source {
        self.source
    }

    /// Adds a `SCHEMA_VALIDATION_FAILED` about the value itself.
    pub(super) fn value(&mut self, at: &At<'_>, message: impl Into<String>) {
        self.schema(at, Mark::Value, message);
    }

    pub(super) fn schema(&mut self, at: &At<'_>, mark: Mark<'_>, message: impl Into<String>) {
        self.error(Code::SchemaValidationFailed, at, mark, message);
    }

    pub(super) fn error(
        &mut self,
        code: Code,
        at: &At<'_>,
        mark: Mark<'_>,
        message: impl Into<String>,
    ) {
        self.add(Severity::Error, code, at, mark, message.into());
    }

    pub(super) fn warning(
        &mut self,
        code: Code,
        at: &At<'_>,
        mark: Mark<'_>,
        message: impl Into<String>,
    ) {
        self.add(Severity::Warning, code, at, mark, message.into());
    }

    /// Adds a finding whose location AWS names less precisely than we can show it.
    pub(super) fn schema_elsewhere(
        &mut self,
        named: &At<'_>,
        shown: &At<'_>,
        mark: Mark<'_>,
        message: String,
    ) {
        if self.is_full() {
            return;
        }
        let position = self.position(shown, mark);
        self.push(Finding {
            severity: Severity::Error,
            code: Code::SchemaValidationFailed,
            message,
            location: Some(named.location()),
            position,
            hint: None,
            follows: false,
        });
    }

    pub(super) fn push(&mut self, finding: Finding) {
        if !self.is_full() {
            self.findings.push(finding);
        }
    }

    /// Whether further findings are dropped.
    pub(super) fn is_full(&self) -> bool {
        self.findings.len() == MAX_FINDINGS
    }

    /// Adds a hint to the last finding: the name that its author may have meant by `name`, which is returned.
    pub(super) fn suggest<'a>(
        &mut self,
        name: &str,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'a str> {
        if self.findings.len() > MAX_HINTS {
            return None;
        }
        let finding = self.findings.last_mut()?;
        let near = nearest(name, names.into_iter().take(MAX_NAMES));
        finding.hint = near.map(|near| format!("did you mean `{near}`?"));
        near
    }

    /// Says of all findings from one on that they may only follow from the one before.
    pub(super) fn follow(&mut self, from: usize) {
        for finding in self.findings.iter_mut().skip(from) {
            finding.follows = true;
        }
    }

    pub(super) fn count(&self) -> usize {
        self.findings.len()
    }

    /// Adds a hint to the last finding.
    pub(super) fn hint(&mut self, hint: Option<String>) {
        if let (Some(finding), Some(hint)) = (self.findings.last_mut(), hint) {
            finding.hint = Some(hint);
        }
    }

    fn add(
        &mut self,
        severity: Severity,
        code: Code,
        at: &At<'_>,
        mark: Mark<'_>,
        message: String,
    ) {
        if self.is_full() {
            return;
        }
        let position = self.position(at, mark);
        self.push(Finding {
            severity,
            code,
            message,
            location: Some(at.location()),
            position,
            hint: None,
            follows: false,
        });
    }

    fn position(&self, at: &At<'_>, mark: Mark<'_>) -> Location {
        let pointer = at.pointer();
        let found = match mark {
            Mark::Value => None,
            Mark::Key => self.source.locate_key(&pointer),
            Mark::Field(name) => self.source.locate_key(&at.key(name).pointer()),
        };
        found
            .or_else(|| self.source.locate(&pointer))
            .unwrap_or_else(|| self.source.location(0..0))
    }
}
