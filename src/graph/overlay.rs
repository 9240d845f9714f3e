//! What is laid over a graph: an execution, what differs from another version, or what tests reached.

use super::palette::Look;
use super::words::{became, failure, status};
use super::{Mark, Paint};
use crate::executions::Outcome;

/// What is laid over the graph. States and edges are named by their indices in it.
pub(super) trait Overlay {
    /// Below the name of a state.
    fn lines(&self, state: usize) -> Vec<String>;
    /// How often an edge was taken.
    fn taken(&self, edge: usize) -> usize;
    fn look(&self, state: usize) -> Option<Overlaid>;
    /// What stands above the picture.
    fn caption(&self) -> Caption;
}

/// The word for a look, and the look.
pub(super) type Overlaid = (&'static str, Look);

pub(super) struct Caption {
    /// What the name is the name of, such as `Execution`.
    pub of: &'static str,
    pub name: String,
    pub status: String,
    pub detail: Option<String>,
    pub outcome: Outcome,
}

impl Overlay for Paint {
    fn lines(&self, state: usize) -> Vec<String> {
        self.states[state].as_ref().map(became).unwrap_or_default()
    }

    fn taken(&self, edge: usize) -> usize {
        self.edges[edge]
    }

    fn look(&self, state: usize) -> Option<Overlaid> {
        let outcome = self.states[state].as_ref()?.outcome;
        Some((outcome.as_str(), Look::Of(outcome)))
    }

    fn caption(&self) -> Caption {
        Caption {
            of: "Execution",
            name: self.name.clone(),
            status: status(self),
            detail: failure(self),
            outcome: self.status.outcome(),
        }
    }
}

impl Overlay for Vec<Option<Mark>> {
    fn lines(&self, state: usize) -> Vec<String> {
        let word = self.look(state).map(|(word, _)| word.to_owned());
        word.into_iter().collect()
    }

    fn taken(&self, _: usize) -> usize {
        0
    }

    fn look(&self, state: usize) -> Option<Overlaid> {
        self[state].map(|mark| match mark {
            Mark::Added => ("added", Look::Of(Outcome::Succeeded)),
            Mark::Changed => ("changed", Look::Of(Outcome::Caught)),
            Mark::Removed => ("removed", Look::Of(Outcome::Failed)),
        })
    }

    fn caption(&self) -> Caption {
        Caption {
            of: "Version",
            name: String::new(),
            status: String::new(),
            detail: None,
            outcome: Outcome::Succeeded,
        }
    }
}
