use std::fmt;

use crate::source::{Location, SyntaxError};

/// One thing that is wrong with a definition, or likely not meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub code: Code,
    /// In AWS's words, where AWS has words for it.
    pub message: String,
    /// As AWS writes it: `/States/Choose/Choices[0]/Next`, and `/` for the whole definition.
    ///
    /// `None` where AWS gives none: the text is not JSON, or the workflow never ends.
    pub location: Option<String>,
    /// Where to look in the user's file.
    pub position: Location,
    /// What the author probably meant, where a name is close to one that fits.
    pub hint: Option<String>,
}

/// Whether AWS refuses the definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    Error,
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What kind of finding it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// The code as AWS spells it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

// The list of ValidateStateMachineDefinitionDiagnostic in the API reference, the codes of
// expressions and variables that the service gives besides, and two of our own at the end.
codes! {
    /// The text is not JSON, or an object repeats a key.
    InvalidJsonDescription = "INVALID_JSON_DESCRIPTION",
    SchemaValidationFailed = "SCHEMA_VALIDATION_FAILED",
    MissingTransitionTarget = "MISSING_TRANSITION_TARGET",
    MissingEndState = "MISSING_END_STATE",
    DuplicateStateName = "DUPLICATE_STATE_NAME",
    InvalidStateName = "INVALID_STATE_NAME",
    DuplicateLabelName = "DUPLICATE_LABEL_NAME",
    InvalidLabelName = "INVALID_LABEL_NAME",
    InvalidVariableName = "INVALID_VARIABLE_NAME",
    ReservedVariableName = "RESERVED_VARIABLE_NAME",
    InvalidJsonataExpression = "INVALID_JSONATA_EXPRESSION",
    UnsupportedJsonataExpression = "UNSUPPORTED_JSONATA_EXPRESSION",
    /// Warning: a value looks like a path or an intrinsic function, but its key lacks `.$`.
    NoDollar = "NO_DOLLAR",
    /// Warning: the `Result` of a Pass state is never evaluated, and this one looks like a path.
    PassResultIsStatic = "PASS_RESULT_IS_STATIC",
    /// Warning: an execution fails with `States.NoChoiceMatched` where no rule matches.
    NoDefault = "NO_DEFAULT",
    /// Warning: no reserved error name is spelled like this.
    UnknownErrorName = "UNKNOWN_ERROR_NAME",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Finding {
    /// As AWS lists it in `InvalidDefinition`: `CODE: message at location`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let location = self.location.as_deref().unwrap_or("null");
        write!(f, "{}: {} at {location}", self.code, self.message)
    }
}

impl From<SyntaxError> for Finding {
    fn from(error: SyntaxError) -> Self {
        Self {
            severity: Severity::Error,
            code: Code::InvalidJsonDescription,
            message: error.message,
            location: None,
            position: error.location,
            hint: None,
        }
    }
}
