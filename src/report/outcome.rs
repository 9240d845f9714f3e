//! How an outcome looks in a text.

use super::style::{ACTION, ATTENTION, BAD, GOOD};
use crate::executions::Outcome;
use crate::world::Style;

/// Its colour.
pub fn style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Succeeded => GOOD,
        Outcome::Caught | Outcome::Aborted => ATTENTION,
        Outcome::Running => ACTION,
        Outcome::Failed => BAD,
    }
}

/// Its sign, in its colour.
pub(super) fn sign(outcome: Outcome) -> String {
    let style = style(outcome);
    format!("{style}{}{style:#}", sign_of(outcome))
}

pub fn sign_of(outcome: Outcome) -> char {
    match outcome {
        Outcome::Succeeded => '✓',
        Outcome::Caught => '!',
        Outcome::Running => '▸',
        Outcome::Aborted => '■',
        Outcome::Failed => '✗',
    }
}

/// `, caught`: its name, if it is not simply a success.
pub(super) fn word(outcome: Outcome) -> String {
    match outcome {
        Outcome::Succeeded => String::new(),
        outcome => format!(", {}", outcome.as_str()),
    }
}
