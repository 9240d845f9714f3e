//! Errors as a page shows them.

use crate::error::ErrorParts;
use crate::page::view::problem::Problem;
use crate::world::plain;

/// What was asked for does not exist; says so.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Missing(pub String);

/// What the page does not do on AWS.
#[derive(Debug, thiserror::Error)]
#[error("on AWS, this page starts and forks executions, and changes nothing else")]
pub(super) struct NotHere {
    pub command: String,
}

/// The same words as on a terminal, without styles.
pub(super) fn problem_of(error: &anyhow::Error) -> Problem {
    let parts = ErrorParts::of(error);
    let hint = match error.downcast_ref::<NotHere>() {
        Some(NotHere { command }) => Some(format!("run `{command}`")),
        None => parts.hint,
    };
    Problem {
        message: plain(&parts.message),
        causes: { parts.causes.iter() }.map(|cause| plain(cause)).collect(),
        hint: hint.map(|hint| plain(&hint)),
    }
}
