//! A value for the environment of a function.

use std::fmt;

use super::placeholder::Placeholder;
use super::template::Template;

/// Its `Debug` form never shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum EnvironmentValue {
    Known {
        value: String,
        secret: bool,
    },
    /// A text of `deploy.toml` with pseudo parameters, which only the account tells.
    Template {
        text: Template,
        secret: bool,
    },
    /// It comes from a variable that is not set, and the command that runs does not need it.
    Unset {
        secret: bool,
    },
}

impl EnvironmentValue {
    pub(super) fn new(text: Template, secret: bool) -> Self {
        match text.literal() {
            Some(value) => Self::Known { value, secret },
            None => Self::Template { text, secret },
        }
    }

    /// The value itself, which may be a secret.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Template { .. } | Self::Unset { .. } => None,
        }
    }

    /// The same with its pseudo parameters replaced.
    #[must_use]
    pub fn resolve(&self, value: impl Fn(&Placeholder) -> String) -> Self {
        match self {
            Self::Template { text, secret } => Self::Known {
                value: text.resolve(value),
                secret: *secret,
            },
            other => other.clone(),
        }
    }

    /// The value, if it is a known secret.
    pub fn secret(&self) -> Option<&str> {
        match self {
            Self::Known {
                value,
                secret: true,
            } => Some(value),
            _ => None,
        }
    }
}

impl fmt::Debug for EnvironmentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known { secret: true, .. } | Self::Template { secret: true, .. } => {
                f.write_str("(secret)")
            }
            Self::Known { value, .. } => fmt::Debug::fmt(value, f),
            Self::Template { text, .. } => fmt::Debug::fmt(text, f),
            Self::Unset { .. } => f.write_str("(not set)"),
        }
    }
}
