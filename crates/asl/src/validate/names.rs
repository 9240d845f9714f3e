//! Names in expressions and paths that nothing defines. AWS accepts them, and each execution that gets there fails.

use std::collections::BTreeSet;

use super::assigned::Assigned;
use super::at::At;
use super::checker::Checker;
use super::finding::Code;
use super::report::Mark;
use crate::intrinsic::Intrinsic;
use crate::jsonata::{Expression, FIELDS, Undefined, function_names, undefined};
use crate::jsonpath::{JsonPath, Root};
use crate::nearest::nearest;

/// Warns about the names that neither the expression, nor the language, nor the definition defines.
pub(super) fn check(checker: &mut Checker<'_>, expression: &Expression, at: &At<'_>) {
    for name in undefined(expression) {
        let visible = visible(checker);
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
            Undefined::Variable(name) => {
                let elsewhere = is_elsewhere(checker, name);
                let near = || nearest(name, known().chain(["states"]));
                (
                    Code::UndefinedVariable,
                    undefined_variable(name, elsewhere),
                    if elsewhere { None } else { near() },
                )
            }
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

/// The same for the variable that a path starts with.
pub(super) fn check_path(checker: &mut Checker<'_>, path: &JsonPath, at: &At<'_>) {
    let Root::Variable(name) = path.root() else {
        return;
    };
    let visible = visible(checker);
    if visible.contains(&**name) {
        return;
    }
    let elsewhere = is_elsewhere(checker, name);
    let hint = match nearest(name, visible) {
        _ if elsewhere => None,
        _ if name == "states" => {
            Some("`$states` is for states whose `QueryLanguage` is `JSONata`".to_owned())
        }
        Some(near) => Some(format!("did you mean `${near}`?")),
        None => Some(format!("did you mean `$.{}`?", &path.as_str()[1..])),
    };
    let message = undefined_variable(name, elsewhere);
    let code = Code::UndefinedVariable;
    checker.report.warning(code, at, Mark::Value, message);
    checker.report.hint(hint);
}

/// The same for the paths in a call.
pub(super) fn check_call(checker: &mut Checker<'_>, call: &Intrinsic, at: &At<'_>) {
    for path in call.paths() {
        check_path(checker, path, at);
    }
}

fn visible<'s>(checker: &Checker<'s>) -> BTreeSet<&'s str> {
    let scopes = checker.scopes.iter();
    scopes.flat_map(Assigned::names).copied().collect()
}

/// Whether it is assigned where it is not seen.
fn is_elsewhere(checker: &Checker<'_>, name: &str) -> bool {
    checker.assigned.names().contains(name)
}

fn undefined_variable(name: &str, elsewhere: bool) -> String {
    if elsewhere {
        format!("The variable '${name}' is assigned in a scope that this state does not see")
    } else {
        format!("No state assigns the variable '${name}'")
    }
}
