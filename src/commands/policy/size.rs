//! How large a policy may be.

use anyhow::Result;
use serde_json::Value;

use crate::commands::context::Printer;
use crate::commands::error::CommandError;
use crate::config::with_commas;
use crate::policy::SIZE_LIMIT;
use crate::resources::characters;
use crate::stack::Stack;

/// Whether IAM accepts it as a managed policy.
pub(super) fn fits(document: &Value) -> bool {
    characters(document) <= SIZE_LIMIT
}

/// Says that a pattern stands for the names of the functions, since the document that has them is too large.
pub(super) fn note_pattern(what: &str, exact: &Value, stack: &Stack, printer: &Printer) {
    let prefix = stack.prefix();
    printer.note(&format!(
        "with the name of each function the {what} would have {} characters, and IAM accepts {} in a managed policy; so it has \
         patterns such as `{prefix}-*`, which also cover stages whose names begin alike, such as `{}-2`",
        with_commas(characters(exact)),
        with_commas(SIZE_LIMIT),
        stack.stage,
    ));
}

/// Refuses a document that IAM would refuse.
pub(super) fn check(document: &Value) -> Result<()> {
    if fits(document) {
        return Ok(());
    }
    let characters = characters(document);
    Err(CommandError::PolicyTooLarge { characters }.into())
}
