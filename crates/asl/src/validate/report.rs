//! What the checks write to.

use super::at::At;
use super::finding::{Code, Finding, Severity};
use crate::source::{Location, Source};

/// To find the place of each takes a search, so a hostile definition must not ask for any number.
const MAX_FINDINGS: usize = 1_000;

/// Which text a finding points at.
#[derive(Clone, Copy)]
pub(super) enum Mark<'a> {
    /// The key of the place, such as the name of a state that lacks a field.
    Key,
    Value,
    /// The key of a field in the object at the place.
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

    /// The findings, in the order of the file.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        self.findings
            .sort_by_key(|finding| finding.position.span.start);
        self.findings
    }

    pub(super) fn source(&self) -> &'s Source {
        self.source
    }

    /// `SCHEMA_VALIDATION_FAILED` about the value itself.
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

    /// A finding whose place AWS names more roughly than it can be shown.
    pub(super) fn schema_elsewhere(
        &mut self,
        named: &At<'_>,
        shown: &At<'_>,
        mark: Mark<'_>,
        message: String,
    ) {
        let position = self.position(shown, mark);
        self.push(Finding {
            severity: Severity::Error,
            code: Code::SchemaValidationFailed,
            message,
            location: Some(named.location()),
            position,
        });
    }

    pub(super) fn push(&mut self, finding: Finding) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
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
        let position = self.position(at, mark);
        self.push(Finding {
            severity,
            code,
            message,
            location: Some(at.location()),
            position,
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
