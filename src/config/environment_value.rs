//! A value for the environment of a function.

use std::fmt;

/// Its `Debug` form never shows a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct EnvironmentValue {
    pub value: String,
    pub secret: bool,
}

impl EnvironmentValue {
    /// The value of a variable that is not set and need not be: Lambda accepts no value with this character.
    pub const UNSET: &str = "\0";

    /// Whether the value is known.
    pub fn is_set(&self) -> bool {
        self.value != Self::UNSET
    }
}

impl fmt::Debug for EnvironmentValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.secret {
            f.write_str("(secret)")
        } else {
            fmt::Debug::fmt(&self.value, f)
        }
    }
}
