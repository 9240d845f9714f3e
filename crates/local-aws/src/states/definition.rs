//! Definitions: checked when a state machine is created or updated.

use txflow_asl::source::Source;
use txflow_asl::validate::{Finding, Severity, validate};
use txflow_asl::{ExecutionKind, Machine};

use crate::fault::Fault;

/// Everything that is wrong with a definition, even if it is not JSON.
pub(super) fn findings(definition: &str, kind: ExecutionKind) -> Vec<Finding> {
    match Source::from_json(definition) {
        Ok(source) => validate(&source, kind),
        Err(error) => vec![error.into()],
    }
}

/// Refuses what CreateStateMachine refuses.
pub(super) fn check(definition: &str, kind: ExecutionKind) -> Result<(), Fault> {
    let errors: Vec<_> = findings(definition, kind)
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(Finding::to_string)
        .collect();
    if errors.is_empty() {
        // What passes the checks but cannot be compiled is refused too; otherwise each execution would fail.
        return compile(definition).map(|_| ());
    }
    Err(invalid(&errors.join(", ")))
}

/// The definition, ready to run.
pub(super) fn compile(definition: &str) -> Result<Machine, Fault> {
    Machine::parse(definition)
        .map_err(|error| invalid(&format!("SCHEMA_VALIDATION_FAILED: {error}")))
}

pub(super) fn invalid(what: &str) -> Fault {
    Fault::bad(
        "InvalidDefinition",
        format!("Invalid State Machine Definition: '{what}'"),
    )
}
