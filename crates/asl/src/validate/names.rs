//! Names in JSONata expressions that nothing defines. AWS accepts them, and each execution that gets there fails.

use std::collections::BTreeSet;

use super::assigned::Assigned;
use super::at::At;
use super::checker::Checker;
use super::finding::Code;
use super::report::Mark;
use crate::jsonata::{Expression, FIELDS, Undefined, function_names, undefined};
use crate::nearest::nearest;

/// Warns about the names that neither the expression, nor the language, nor the definition defines.
pub(super) fn check(checker: &mut Checker<'_>, expression: &Expression, at: &At<'_>) {
    for name in undefined(expression) {
        let scopes = checker.scopes.iter();
        let visible: BTreeSet<&str> = scopes.flat_map(Assigned::names).copied().collect();
        let known = || visible.iter().copied().chain(function_names());
        let (code, message, near) = match &name {
            Undefined::Function(name) | Undefined::Variable(name) if visible.contains(&**name) => {
                continue;
            }
            Undefined::Function(name) => (
                Code::UndefinedFunction,
                format!("The function '${name}' does not exist"),
                nearest(name, known()),
            ),
            Undefined::Variable(name) if checker.assigned.names().contains(&**name) => (
                Code::UndefinedVariable,
                format!(
                    "The variable '${name}' is assigned in a scope that this state does not see"
                ),
                None,
            ),
            Undefined::Variable(name) => (
                Code::UndefinedVariable,
                format!("No state assigns the variable '${name}'"),
                nearest(name, known().chain(["states"])),
            ),
            Undefined::Field(name) => (
                Code::UndefinedField,
                format!("'$states' does not have the field '{name}'"),
                nearest(name, FIELDS),
            ),
        };
        let prefix = if matches!(name, Undefined::Field(_)) {
            "$states."
        } else {
            "$"
        };
        let hint = near.map(|near| format!("did you mean `{prefix}{near}`?"));
        checker.report.warning(code, at, Mark::Value, message);
        checker.report.hint(hint);
    }
}
