use std::collections::HashSet;

use super::MAX_DEFINITION_BYTES;
use super::assigned::Assigned;
use super::at::At;
use super::finding::{Code, Finding, Severity};
use super::raised::Raised;
use super::report::Report;
use crate::definition::QueryLanguage;
use crate::source::Source;

/// The traversal of one definition.
pub(super) struct Checker<'s> {
    pub(super) report: Report<'s>,
    /// Names seen so far: they must be unique in the whole definition, including branches.
    pub(super) state_names: HashSet<&'s str>,
    pub(super) labels: HashSet<&'s str>,
    pub(super) raised: Raised<'s>,
    pub(super) assigned: Assigned<'s>,
    /// The variables of the machine that is checked, and of those around it, from the outer one to the inner one.
    pub(super) scopes: Vec<Assigned<'s>>,
}

/// The rules that apply at the current position.
#[derive(Clone, Copy)]
pub(super) struct CheckContext {
    pub(super) language: QueryLanguage,
    /// The language of the machine, which all states inherit, including those in branches and item processors.
    pub(super) machine_language: QueryLanguage,
    /// Whether the states run as an Express workflow.
    pub(super) express: bool,
    /// Whether the state sets a language that the machine does not allow it to set.
    pub(super) language_is_refused: bool,
    /// Whether `$states.errorOutput` exists, which is only the case in `Catch`.
    pub(super) catching: bool,
    /// Whether `$states.result` exists, which is the case in `Output` and `Assign` of a state that has a result. "References to
    /// `$states.result` or `$states.errorOutput` in fields and states where they are not accessible will be caught at creation":
    /// <https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html>.
    pub(super) resulting: bool,
}

impl CheckContext {
    pub(super) fn of_workflow(language: QueryLanguage, express: bool) -> Self {
        Self {
            language,
            machine_language: language,
            express,
            language_is_refused: false,
            catching: false,
            resulting: false,
        }
    }

    pub(super) fn is_jsonata(self) -> bool {
        self.language == QueryLanguage::Jsonata
    }

    /// Whether a field of this language may be used here.
    pub(super) fn has(self, language: Option<QueryLanguage>) -> bool {
        language.is_none_or(|language| language == self.language)
    }

    pub(super) fn other_language(self, field: &str) -> String {
        let (set, other) = match self.language {
            QueryLanguage::JsonPath => ("JSONPath", "JSONata"),
            QueryLanguage::Jsonata => ("JSONata", "JSONPath"),
        };
        format!(
            "The QueryLanguage is set to '{set}', but field '{field}' is only supported for the \
             '{other}' QueryLanguage"
        )
    }
}

impl<'s> Checker<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self {
            report: Report::new(source),
            state_names: HashSet::new(),
            labels: HashSet::new(),
            raised: Raised::by(source.value()),
            assigned: Assigned::by(source.value()),
            scopes: Vec::new(),
        }
    }

    /// Checks the text rather than the value.
    pub(super) fn definition_text(&mut self, source: &Source) {
        let bytes = source.definition_bytes();
        if bytes > MAX_DEFINITION_BYTES {
            let message = format!(
                "The definition has {bytes} bytes, more than the {MAX_DEFINITION_BYTES} that the \
                 service accepts"
            );
            self.report.value(&At::ROOT, message);
        }
        for duplicate in source.duplicates() {
            if self.report.is_full() {
                return;
            }
            self.report.push(Finding {
                severity: Severity::Error,
                code: Code::InvalidJsonDescription,
                message: format!("Duplicate field '{}'", duplicate.key),
                location: Some(if duplicate.pointer.is_empty() {
                    "/".to_owned()
                } else {
                    duplicate.pointer.clone()
                }),
                position: source.location(duplicate.span.clone()),
                hint: None,
                follows: false,
            });
        }
    }
}
