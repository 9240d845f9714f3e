//! JSONata as Step Functions runs it: version 2.0.6 of jsonata-js, the expression between `{%` and `%}`, with `$states`
//! and the variables bound, and AWS's own functions.

mod constant;
mod convert;
mod dates;
mod environment;
mod evaluate;
mod expression;
mod fault;
mod functions;
mod messages;
mod number;
mod quote;
mod references;
mod regex;
mod sizes;
mod stack;
mod syntax;
mod undefined;
mod unresolved;
mod value;

pub(crate) use constant::constants;
pub(crate) use environment::Environment;
pub use expression::{EvaluationError, Expression, SyntaxError};
pub(crate) use undefined::{FIELDS, Undefined, function_names, undefined};
pub(crate) use unresolved::unresolved;

/// The source between `{%` and `%}`, or `None` if the text is not an expression.
#[must_use]
pub fn delimited(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}").map(str::trim)
}
