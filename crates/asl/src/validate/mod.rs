//! Static checks of a definition, as AWS makes them before it stores one.
//!
//! [`validate`] gives every finding at once, in AWS's words where they are known, each with its
//! place in the user's file. An error is what AWS refuses; a warning is what it accepts and its
//! author hardly meant.
//!
//! Strings with a placeholder such as `${purchase-handler}` are taken as they are wherever their
//! final text decides, so that a definition can be checked before a deployer fills them in.
//!
//! Which fields a state has, in which query language and of what kind, is told by tables
//! (`states`, `parts`, `choice`), and one mechanism (`schema`) holds a definition against them.
//! Sources: recordings of what AWS refused and accepted, the answers of
//! `ValidateStateMachineDefinition`, the developer guide and the Amazon States Language
//! specification, in this order where they disagree.
//!
//! # Where linters judge otherwise
//!
//! All recordings of AWS are met. Of the definitions that only linters have judged, these are
//! judged as AWS judges them, or as the engine runs them:
//!
//! - A `Resource` that is a URI and not an ARN, such as `foo:bar`, is refused, and so is a service
//!   integration without `Parameters` or `Arguments`.
//! - The name of a variable cannot hold a hyphen.
//! - A state of a JSONata machine cannot go back to JSONPath.
//! - Spaces and line breaks around an expression between `{%` and `%}` are accepted.
//! - A path with a script, `$[(@.length-1)]`, or with a bare word in a filter, `[?(@.a == b)]`, is
//!   refused: the engine cannot evaluate it.

mod at;
mod checker;
mod choice;
mod expression;
mod fields;
mod finding;
mod graph;
mod handlers;
mod machine;
mod parts;
mod placeholder;
mod report;
mod resource;
mod schema;
mod states;
mod template;
#[cfg(test)]
mod tests;
mod values;

pub use finding::{Code, Finding, Severity};
pub use report::MAX_FINDINGS;

use crate::ExecutionKind;
use crate::source::Source;
use checker::Checker;

/// The largest definition that the service takes, in bytes.
pub use crate::limits::MAX_DEFINITION_BYTES;

/// All that is wrong with a definition, in the order of its text.
///
/// `kind` is the type of the state machine: an Express workflow cannot wait for jobs, tokens or
/// activities. No more than [`MAX_FINDINGS`] are given.
#[must_use]
pub fn validate(source: &Source, kind: ExecutionKind) -> Vec<Finding> {
    let mut checker = Checker::new(source);
    checker.definition_text(source);
    checker.workflow(source.value(), kind == ExecutionKind::Express);
    checker.report.finish()
}
