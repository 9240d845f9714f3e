//! The parts of an error that a user reads.

use super::hint;
use crate::commands::NothingWritten;

/// An error in its parts, as text and data show them.
pub struct ErrorParts {
    pub message: String,
    /// What led to it, the nearest first, as far as the message does not say it.
    pub causes: Vec<String>,
    /// Whether a command that writes failed before its first write.
    pub nothing_written: Option<NothingWritten>,
    pub hint: Option<String>,
}

impl ErrorParts {
    pub fn of(error: &anyhow::Error) -> Self {
        let nothing_written = error.downcast_ref::<NothingWritten>().copied();
        // This is the context of the error, which comes after it.
        let skipped = usize::from(nothing_written.is_some());
        let mut chain = error.chain().skip(skipped).map(ToString::to_string);
        let message = chain.next().unwrap_or_default();
        let mut causes: Vec<String> = Vec::new();
        for cause in chain {
            // Many errors include their cause.
            if !causes.last().unwrap_or(&message).contains(&cause) {
                causes.push(cause);
            }
        }
        Self {
            message,
            causes,
            nothing_written,
            hint: hint(error),
        }
    }
}
