//! JSONata expressions: their syntax, and what they may refer to.
//!
//! Step Functions evaluates an expression without a context item: the input is `$states.input`, and a variable is
//! `$name`. A path that starts with a bare name, with `$` or with `$$` reads an item that does not exist, and the
//! service rejects the definition.

use serde_json::Value;

use super::at::At;
use super::checker::{CheckContext, Checker};
use super::finding::Code;
use super::names;
use super::report::Mark;
use crate::jsonata::{Expression, delimited, unresolved};

/// Checks a value that must be an expression, as in `"{% $count($states.input) %}"`. `literal` is the type of the
/// literals that are valid in its place.
pub(super) fn check(
    checker: &mut Checker<'_>,
    value: &Value,
    at: &At<'_>,
    context: CheckContext,
    literal: &str,
) {
    match value.as_str().filter(|text| text.starts_with("{%")) {
        Some(text) => check_text(checker, text, at, context),
        None => {
            let message = format!("Expected value of type {literal} or a JSONata expression");
            checker.report.value(at, message);
        }
    }
}

/// Checks a string, which is an expression if it is delimited as one.
pub(super) fn check_text(
    checker: &mut Checker<'_>,
    text: &str,
    at: &At<'_>,
    context: CheckContext,
) {
    match delimited(text) {
        Some(source) => check_source(checker, source, at, context),
        None if text.starts_with("{%") || text.ends_with("%}") => {
            let message = "JSONata string must start with {% and end with %}";
            checker.report.value(at, message);
        }
        None => {}
    }
}

fn check_source(checker: &mut Checker<'_>, source: &str, at: &At<'_>, context: CheckContext) {
    let expression = match Expression::parse(source) {
        Ok(expression) => expression,
        Err(error) => {
            // AWS leaves out JSONata's own code.
            let code = Code::InvalidJsonataExpression;
            checker.report.error(code, at, Mark::Value, error.message);
            return;
        }
    };
    for message in unresolved(&expression, context.catching, context.resulting) {
        let code = Code::UnsupportedJsonataExpression;
        checker.report.error(code, at, Mark::Value, message);
    }
    names::check(checker, &expression, at);
}
