//! A value for the environment of a function.

use std::fmt;

/// Its `Debug` form never shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub enum EnvironmentValue {
    Known {
        value: String,
        secret: bool,
    },
    /// It comes from a variable that is not set, and the command that runs does not need it.
    Unset,
}

impl EnvironmentValue {
    /// The value itself, which may be a secret.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unset => None,
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
            Self::Known { secret: true, .. } => f.write_str("(secret)"),
            Self::Known { value, .. } => fmt::Debug::fmt(value, f),
            Self::Unset => f.write_str("(not set)"),
        }
    }
}
