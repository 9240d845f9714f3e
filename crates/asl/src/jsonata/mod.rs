//! JSONata as Step Functions runs it: the expression between `{%` and `%}`, with `$states`
//! and the variables bound, and AWS's own functions.

mod catch_panic;
mod constant;
mod convert;
mod environment;
mod evaluate;
mod functions;
mod guard;
mod references;
mod reserve;

use jsonata_core::ast::AstNode;

use catch_panic::catch_panic;
pub(crate) use constant::constants;
pub(crate) use environment::Environment;
pub(crate) use evaluate::EvaluationError;
use references::References;

/// A parsed expression.
#[derive(Clone, Debug)]
pub struct Expression {
    source: String,
    ast: AstNode,
    /// Whether it reserves memory.
    reserves: bool,
    references: References,
}

/// A text that is not a JSONata expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// JSONata's own error code and message, such as `S0203: Expected ")" before end of expression`.
    pub message: String,
}

/// The source between `{%` and `%}`, or `None` if the text is not an expression.
#[must_use]
pub fn delimited(text: &str) -> Option<&str> {
    text.strip_prefix("{%")?.strip_suffix("%}").map(str::trim)
}

impl Expression {
    /// Parses the source between the delimiters.
    ///
    /// # Errors
    /// If the text is not JSONata.
    pub fn parse(source: &str) -> Result<Self, SyntaxError> {
        let mut ast = catch_panic(|| jsonata_core::parser::parse(source))
            .map_err(|panic| SyntaxError {
                message: panic.to_owned(),
            })?
            .map_err(|error| SyntaxError {
                message: error.to_string(),
            })?;
        let reserves = guard::guard(&mut ast);
        Ok(Self {
            source: source.to_owned(),
            ast,
            reserves,
            references: References::of(source),
        })
    }

    /// The expression without its delimiters.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }
}
