//! JSON with expressions in it: `.$` keys in JSONPath, `{% %}` strings in JSONata.

use serde_json::{Map, Value};

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::expression;
use super::finding::Code;
use super::names;
use super::placeholder::has_placeholder;
use super::report::Mark;
use crate::intrinsic::Intrinsic;
use crate::jsonpath::JsonPath;

pub(super) fn check(checker: &mut Checker<'_>, value: &Value, at: &At<'_>, context: CheckContext) {
    match value {
        Value::String(text) if context.is_jsonata() => {
            expression::check_text(checker, text, at, context);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check(checker, item, &at.index(index), context);
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                if context.is_jsonata() {
                    check(checker, value, &at.key(name), context);
                } else {
                    check_field(checker, fields, name, value, at, context);
                }
            }
        }
        _ => {}
    }
}

fn check_field(
    checker: &mut Checker<'_>,
    fields: &Map<String, Value>,
    name: &str,
    value: &Value,
    at: &At<'_>,
    context: CheckContext,
) {
    let here = at.key(name);
    let Some(plain) = name.strip_suffix(".$") else {
        if value.as_str().is_some_and(looks_dynamic) {
            let message = format!(
                "The field '{name}' looks like a JSONPath or an intrinsic function, but is used \
                 as text because its name does not end in '.$'"
            );
            checker
                .report
                .warning(Code::NoDollar, &here, Mark::Value, message);
        }
        check(checker, value, &here, context);
        return;
    };
    if fields.contains_key(plain) {
        let message = format!("Duplicate field '{plain}': '{name}' is renamed to it");
        checker.report.schema(at, Mark::Field(name), message);
    }
    if !value
        .as_str()
        .is_some_and(|text| check_dynamic(checker, text, &here))
    {
        let message = format!(
            "The value for the field '{name}' must be a valid JSONPath or a valid intrinsic \
             function call"
        );
        checker
            .report
            .schema_elsewhere(at, &here, Mark::Value, message);
        let path = value.as_str().filter(|text| text.starts_with('$'));
        let error = path.and_then(|text| JsonPath::parse(text).err());
        checker.report.hint(error.map(|error| error.advice()));
    }
}

/// Whether the text is a JSONPath or a call, which may have spaces after it but not before it.
fn check_dynamic(checker: &mut Checker<'_>, text: &str, at: &At<'_>) -> bool {
    if has_placeholder(text) {
        return true;
    }
    if let Ok(path) = JsonPath::parse(text) {
        names::check_path(checker, &path, at);
        return true;
    }
    let call = text
        .starts_with("States.")
        .then(|| Intrinsic::parse(text.trim_end()));
    if let Some(Ok(call)) = call {
        names::check_call(checker, &call, at);
        return true;
    }
    false
}

fn looks_dynamic(text: &str) -> bool {
    looks_like_a_path(text) || (text.starts_with("States.") && text.contains('('))
}

fn looks_like_a_path(text: &str) -> bool {
    let mut starts = ["$.", "$$.", "$["].into_iter();
    starts.any(|start| text.starts_with(start))
}

/// Warns about a path in a field that takes a text, and that has another field beside it for a path.
pub(super) fn warn_path(checker: &mut Checker<'_>, text: &str, at: &At<'_>) {
    if looks_like_a_path(text) {
        let message = format!(
            "'{text}' looks like a path, but is used as text because the name of its field does not end in 'Path'"
        );
        let code = Code::NoPath;
        checker.report.warning(code, at, Mark::Value, message);
    }
}

/// Checks `Assign`: an object whose keys are the names of variables.
pub(super) fn check_assign(
    checker: &mut Checker<'_>,
    value: &Value,
    at: &At<'_>,
    context: CheckContext,
) {
    let Some(variables) = value.as_object() else {
        checker.report.value(at, "Expected value of type Object");
        return;
    };
    for key in variables.keys() {
        let name = match key.strip_suffix(".$") {
            Some(name) if !context.is_jsonata() => name,
            _ => key,
        };
        check_variable_name(checker, name, &at.key(key));
        check_scope(checker, name, &at.key(key));
    }
    check(checker, value, at, context);
}

/// "A variable assigned in an inner scope cannot have the same name as one assigned in an outer scope." A recording shows that AWS
/// accepts the name of one that only a Catch assigns. Whether it refuses all others is not known.
/// Source: <https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html>.
fn check_scope(checker: &mut Checker<'_>, name: &str, at: &At<'_>) {
    let mut around = checker.scopes.iter().rev().skip(1);
    if around.any(|scope| scope.by_states().contains(name)) {
        let message = format!(
            "The variable '{name}' is assigned in an outer scope, so AWS does not allow it to be assigned here"
        );
        checker
            .report
            .warning(Code::OuterVariable, at, Mark::Key, message);
        let hint = "give it another name, or return its value as the output".to_owned();
        checker.report.hint(Some(hint));
    }
}

/// The maximum length of a variable's name, in characters.
const MAX_VARIABLE_NAME: usize = 80;

fn check_variable_name(checker: &mut Checker<'_>, name: &str, at: &At<'_>) {
    if has_placeholder(name) {
        return;
    }
    if name == "states" {
        let message = "Cannot assign to reserved variable '$states'.";
        let code = Code::ReservedVariableName;
        checker.report.error(code, at, Mark::Key, message);
        return;
    }
    let mut characters = name.chars();
    let starts = characters
        .next()
        .is_some_and(|c| c.is_alphabetic() || c == '_');
    let reason = if !starts || characters.any(|c| !c.is_alphanumeric() && c != '_') {
        "the variable name contains invalid characters."
    } else if name.chars().count() > MAX_VARIABLE_NAME {
        "the variable name is longer than 80 characters."
    } else {
        return;
    };
    let message = format!("Invalid variable name '{name}': {reason}");
    let code = Code::InvalidVariableName;
    checker.report.error(code, at, Mark::Key, message);
}

/// Warns about the `Result` of a Pass state, in which nothing is ever evaluated.
pub(super) fn warn_static(checker: &mut Checker<'_>, value: &Value, at: &At<'_>) {
    match value {
        Value::String(text) if looks_dynamic(text) => {
            let message = "The 'Result' of a Pass state is static, so this is used as text; use \
                           'Parameters' to evaluate it";
            let code = Code::PassResultIsStatic;
            checker.report.warning(code, at, Mark::Value, message);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                warn_static(checker, item, &at.index(index));
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                warn_static(checker, value, &at.key(name));
            }
        }
        _ => {}
    }
}
