//! Why a replay differs from its recording.

use std::fmt;

use serde::Serialize;

use super::difference::Change;
use crate::{Outcome, TaskError};

/// Why a state differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Why {
    /// A Choice leads elsewhere. `None` is the end.
    Condition {
        recorded: Option<String>,
        replayed: Option<String>,
    },
    /// Another state follows.
    Next {
        recorded: Option<String>,
        replayed: Option<String>,
    },
    /// The definition does not have the state any more.
    Removed,
    /// The recording has no answer for the task.
    NoAnswer,
    /// The task is called with something else.
    Parameters { changes: Vec<Change> },
    /// The task calls something else.
    Resource { recorded: String, replayed: String },
    /// A Map has other items, or a Parallel another input for its branches.
    Items { changes: Vec<Change> },
    /// The state is tried another number of times.
    Attempts { recorded: usize, replayed: usize },
    /// The state fails, and did not.
    Fails { error: String, cause: String },
    /// A failure is caught, and was not.
    Caught { by: Option<String> },
    /// The state has another output, or sets other variables.
    Output { changes: Vec<Change> },
    /// The execution ends in another way.
    Ends { recorded: String, replayed: String },
}

impl Why {
    /// The places that differ, if the reason is data.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::Parameters { changes } | Self::Items { changes } | Self::Output { changes } => {
                changes
            }
            _ => &[],
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let next = |state: &Option<String>| match state {
            Some(state) => format!("`{state}`"),
            None => "the end".to_owned(),
        };
        match self {
            Self::Condition { recorded, replayed } => {
                let (recorded, replayed) = (next(recorded), next(replayed));
                write!(f, "a condition leads to {replayed} instead of {recorded}")
            }
            Self::Next { recorded, replayed } => {
                let (recorded, replayed) = (next(recorded), next(replayed));
                write!(f, "{replayed} follows instead of {recorded}")
            }
            Self::Removed => f.write_str("the state was removed"),
            Self::NoAnswer => f.write_str("the recording has no answer for this task"),
            Self::Parameters { changes } => write!(f, "it is called with {}", other(changes)),
            Self::Resource { recorded, replayed } => {
                write!(f, "it calls `{replayed}` instead of `{recorded}`")
            }
            Self::Items { changes } => write!(f, "what runs inside gets {}", other(changes)),
            Self::Attempts { recorded, replayed } => {
                let instead = match recorded {
                    1 => "once".to_owned(),
                    times => times.to_string(),
                };
                write!(f, "it is tried {} instead of {instead}", times(*replayed))
            }
            Self::Fails { error, .. } => write!(f, "it fails with `{error}`"),
            Self::Caught { by: Some(state) } => write!(f, "its failure leads to `{state}`"),
            Self::Caught { by: None } => f.write_str("its failure is caught"),
            Self::Output { changes } => write!(f, "its output has {}", other(changes)),
            Self::Ends { recorded, replayed } => {
                write!(
                    f,
                    "the execution ends with {replayed} instead of {recorded}"
                )
            }
        }
    }
}

fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        times => format!("{times} times"),
    }
}

fn other(changes: &[Change]) -> String {
    match changes {
        [] => "other data".to_owned(),
        [one] => format!("another `{}`", one.path),
        [one, rest @ ..] => format!("another `{}` and {} more changes", one.path, rest.len()),
    }
}

pub(super) fn fails(failure: &TaskError) -> Why {
    Why::Fails {
        error: failure.error.clone(),
        cause: failure.cause.clone(),
    }
}

pub(super) fn ends(recorded: &Outcome, replayed: Option<&Outcome>) -> Why {
    let words = |outcome: &Outcome| {
        let status = outcome.status.as_str();
        match (&outcome.error, &outcome.cause) {
            (Some(error), Some(cause)) => format!("{status}, `{error}`: {cause}"),
            (Some(error), None) => format!("{status}, `{error}`"),
            (None, Some(cause)) => format!("{status}: {cause}"),
            (None, None) => status.to_owned(),
        }
    };
    Why::Ends {
        recorded: words(recorded),
        replayed: replayed.map_or_else(|| "no end".to_owned(), words),
    }
}

/// A cause names the event at which its state was entered, whose number says nothing.
pub(super) fn unnumbered(cause: &str) -> String {
    match cause.split_once("event id #") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}event id #{after}")
        }
        None => cause.to_owned(),
    }
}
