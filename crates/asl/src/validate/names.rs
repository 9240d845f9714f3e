//! Names in JSONata expressions that nothing defines. AWS accepts them, and each execution that gets there fails.

use std::collections::BTreeSet;

use serde_json::Value;

use super::at::At;
use super::checker::Checker;
use super::finding::Code;
use super::report::Mark;
use crate::jsonata::{Expression, FIELDS, Undefined, function_names, undefined};
use crate::nearest::nearest;
use crate::walk::all_states;

/// The variables that a definition assigns anywhere. Which states have run when an expression is evaluated is not asked.
pub(super) struct Assigned<'s>(BTreeSet<&'s str>);

impl<'s> Assigned<'s> {
    pub(super) fn by(definition: &'s Value) -> Self {
        let mut names = BTreeSet::new();
        for (_, state) in all_states(definition) {
            let parts =
                ["Choices", "Catch"].map(|field| state.get(field).and_then(Value::as_array));
            let parts = parts.into_iter().flatten().flatten();
            for part in parts.chain([state]) {
                let assign = part.get("Assign").and_then(Value::as_object);
                let keys = assign.into_iter().flat_map(|assign| assign.keys());
                names.extend(keys.map(|key| key.strip_suffix(".$").unwrap_or(key)));
            }
        }
        Self(names)
    }
}

/// Warns about the names that neither the expression, nor the language, nor the definition defines.
pub(super) fn check(checker: &mut Checker<'_>, expression: &Expression, at: &At<'_>) {
    for name in undefined(expression) {
        let assigned = &checker.assigned.0;
        let known = || assigned.iter().copied().chain(function_names());
        let (code, message, near) = match &name {
            Undefined::Function(name) | Undefined::Variable(name) if assigned.contains(&**name) => {
                continue;
            }
            Undefined::Function(name) => (
                Code::UndefinedFunction,
                format!("The function '${name}' does not exist"),
                nearest(name, known()),
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
