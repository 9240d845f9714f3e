//! What a handler fails with.

use lambda_runtime::Diagnostic;

use crate::Id;

/// What a handler fails with. The name of the variant is the `errorType` that Lambda reports,
/// and so the name that `Retry` and `Catch` in the definition match.
///
/// Only a failure that may pass on its own is worth another attempt. The definition retries
/// those for which [`Error::is_transient`] holds and lets every other end the execution.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input breaks a rule, and will break it again.
    #[error("the transaction is not valid: {0}")]
    InvalidTransaction(String),
    /// The payment provider said no.
    #[error("the payment provider declined transaction `{transaction}`: {reason}")]
    PaymentDeclined { transaction: Id, reason: String },
    /// The payment provider could not be reached, or was busy.
    #[error("the payment provider could not take transaction `{transaction}`: {reason}")]
    ProviderUnavailable { transaction: Id, reason: String },
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::ProviderUnavailable { .. } => true,
            Self::InvalidTransaction(_) | Self::PaymentDeclined { .. } => false,
        }
    }

    /// Lambda's `errorType`. Part of the interface with the definition: without it, the runtime
    /// would report the Rust path of the type, which changes when the code moves.
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::InvalidTransaction(_) => "InvalidTransaction",
            Self::PaymentDeclined { .. } => "PaymentDeclined",
            Self::ProviderUnavailable { .. } => "ProviderUnavailable",
        }
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::InvalidTransaction(error.to_string())
    }
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        Self {
            error_type: error.error_type().to_owned(),
            error_message: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_reports_the_name_that_the_definition_matches() {
        let diagnostic = Diagnostic::from(Error::InvalidTransaction("no `amount`".to_owned()));
        assert_eq!(diagnostic.error_type, "InvalidTransaction");
        assert_eq!(
            diagnostic.error_message,
            "the transaction is not valid: no `amount`"
        );
    }
}
