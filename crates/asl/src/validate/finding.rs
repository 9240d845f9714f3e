use std::fmt;

use crate::source::{Location, SyntaxError};

/// One problem in a definition: an error, or something that is probably unintended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub code: Code,
    /// In AWS's words, if AWS has a message for it.
    pub message: String,
    /// In AWS's notation: `/States/Choose/Choices[0]/Next`, and `/` for the whole definition.
    ///
    /// `None` if AWS gives none: the text is not JSON, or the workflow never ends.
    pub location: Option<String>,
    /// The position in the user's file.
    pub position: Location,
    /// What the author probably meant, if a name is similar to a valid one.
    pub hint: Option<String>,
    /// Whether it may only follow from the finding before: a state that nothing leads to, beside a transition to a state
    /// that does not exist; or a field that is missing, beside one that is almost named like it.
    pub follows: bool,
}

impl Finding {
    /// Whether it is about the graph that transitions make, and not about an object or a value.
    pub(super) fn of_transitions(&self) -> bool {
        matches!(
            self.code,
            Code::MissingTransitionTarget | Code::MissingEndState
        )
    }

    /// Whether AWS gives it. The other warnings are txflow's own.
    #[must_use]
    pub fn is_by_aws(&self) -> bool {
        let by_aws = [Code::NoDollar, Code::NoPath, Code::PassResultIsStatic];
        self.severity == Severity::Error || by_aws.contains(&self.code)
    }
}

/// Whether AWS rejects the definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    Error,
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The kind of a finding.
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

// The codes of `ValidateStateMachineDefinitionDiagnostic` in the API reference, those that the service also returns for
// expressions and variables, and our own at the end.
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
    /// Warning: a value looks like a path or an intrinsic function, but its key does not end in `.$`.
    NoDollar = "NO_DOLLAR",
    /// Warning: a value looks like a path, but its key does not end in `Path`.
    NoPath = "NO_PATH",
    /// Warning: the `Result` of a Pass state is never evaluated, and this one looks like a path.
    PassResultIsStatic = "PASS_RESULT_IS_STATIC",
    /// Warning: an execution fails with `States.Runtime` if no rule matches.
    NoDefault = "NO_DEFAULT",
    /// Warning: this is not one of the reserved error names, and no state raises it.
    UnknownErrorName = "UNKNOWN_ERROR_NAME",
    /// Warning: a JSONata expression calls a function that does not exist.
    UndefinedFunction = "UNDEFINED_FUNCTION",
    /// Warning: a JSONata expression refers to a variable that nothing assigns.
    UndefinedVariable = "UNDEFINED_VARIABLE",
    /// Warning: a variable of an outer scope is assigned in an inner one.
    OuterVariable = "OUTER_VARIABLE",
    /// Warning: a JSONata expression refers to a field that `$states` does not have.
    UndefinedField = "UNDEFINED_FIELD",
    /// Warning: AWS's documentation does not list the service of an `aws-sdk` integration.
    UnlistedService = "UNLISTED_SERVICE",
    /// Warning: only an execution knows what a state calls, so no statement can be derived.
    UnknownResource = "UNKNOWN_RESOURCE",
    /// Warning: no call accepts a value that is written out.
    ImpossibleValue = "IMPOSSIBLE_VALUE",
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
            follows: false,
        }
    }
}
