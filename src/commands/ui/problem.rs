//! Errors as a page shows them.

use crate::error::ErrorParts;
use crate::page::view::problem::Problem;
use crate::world::plain;

/// What was asked for does not exist; says so.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Missing(pub String);

/// The same words as on a terminal, without styles.
pub(super) fn problem_of(error: &anyhow::Error) -> Problem {
    let parts = ErrorParts::of(error);
    Problem {
        message: plain(&parts.message).to_string(),
        causes: { parts.causes.iter() }
            .map(|cause| plain(cause).to_string())
            .collect(),
        hint: parts.hint.map(|hint| plain(&hint).to_string()),
    }
}
