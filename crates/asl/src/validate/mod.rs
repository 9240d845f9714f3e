//! Static checks of a definition, as AWS performs them before it stores one.
//!
//! [`validate`] returns all findings at once, in AWS's words if they are known, each with its position in the user's
//! file. AWS rejects an error; it accepts a warning, which is probably unintended.
//!
//! Strings with a placeholder such as `${purchase-handler}` are accepted wherever their final text decides, so that a
//! definition can be checked before a deployer replaces them.
//!
//! Tables (`states`, `parts`, `choice`) list the fields of each state, their query language and their kind, and one
//! mechanism (`schema`) checks a definition against them. Sources: recordings of what AWS rejected and accepted, the
//! answers of `ValidateStateMachineDefinition`, the developer guide and the Amazon States Language specification. If
//! they disagree, the earlier one wins.
//!
//! # Where linters judge otherwise
//!
//! All recordings of AWS are matched. Of the definitions that only linters have judged, these are judged as AWS judges
//! them, or as the engine runs them:
//!
//! - A `Resource` that is a URI and not an ARN, such as `foo:bar`, is rejected. So is an integration that does not exist, and a service integration without
//!   `Parameters` or `Arguments`.
//! - The name of a variable cannot contain a hyphen.
//! - A state of a JSONata machine cannot switch back to JSONPath.
//! - Spaces and line breaks around an expression between `{%` and `%}` are accepted.

mod assigned;
mod at;
mod checker;
mod choice;
mod expression;
mod fields;
mod finding;
mod graph;
mod handlers;
mod integration;
mod literal;
mod machine;
mod names;
mod parts;
mod placeholder;
mod raised;
mod report;
mod request;
mod resource;
mod schema;
mod states;
mod template;
#[cfg(test)]
mod tests;
mod values;

pub use crate::limits::MAX_DEFINITION_BYTES;
pub use finding::{Code, Finding, Severity};
pub use report::MAX_FINDINGS;

use crate::ExecutionKind;
use crate::source::Source;
use checker::Checker;

/// All findings in a definition, in AWS's order: objects before their values, and transitions last.
///
/// `kind` is the type of the state machine: an Express workflow cannot wait for jobs, tokens or activities. At most
/// [`MAX_FINDINGS`] are returned.
#[must_use]
pub fn validate(source: &Source, kind: ExecutionKind) -> Vec<Finding> {
    let mut checker = Checker::new(source);
    checker.definition_text(source);
    checker.workflow(source.value(), kind == ExecutionKind::Express);
    checker.report.finish()
}

/// The name under which AWS tells of a state that is tested by itself.
pub(crate) const LONE_STATE: &str = "StateName";

/// All findings in a state by itself, at places under `/States/StateName`. Where it leads to is not checked.
pub(crate) fn validate_state(state: &Source) -> Vec<Finding> {
    let text = state.text();
    let machine = format!(r#"{{"StartAt":"{LONE_STATE}","States":{{"{LONE_STATE}":{text}}}}}"#);
    // Only the depth of the text can be refused that the state by itself was not.
    let machine = match Source::from_json(machine) {
        Ok(machine) => machine,
        Err(error) => return vec![error.into()],
    };
    let mut checker = Checker::new(&machine);
    checker.definition_text(&machine);
    checker.lone_state(&machine.value()["States"][LONE_STATE]);
    checker.report.finish()
}
