//! What tests reached of a graph.

use super::overlay::{Caption, Overlaid, Overlay};
use super::palette::Look;
use crate::executions::Outcome;

/// What tests reached of a graph. The lists go by the indices of the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// Of the state machine.
    pub name: String,
    /// How much was reached, in words.
    pub status: String,
    pub is_whole: bool,
    pub states: Vec<StateReached>,
    /// How often each edge was taken.
    pub edges: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct StateReached {
    /// How often it was entered; `None` if that is not known.
    pub times: Option<u64>,
    /// What of it was not reached, such as `rule 2`.
    pub missed: Vec<String>,
}

impl Overlay for Reached {
    fn lines(&self, state: usize) -> Vec<String> {
        let StateReached { times, missed } = &self.states[state];
        let mut lines = vec![match times {
            None => "not known".to_owned(),
            Some(0) => "not reached".to_owned(),
            Some(1) => "reached once".to_owned(),
            Some(times) => format!("reached {times}×"),
        }];
        if times.is_some_and(|times| times > 0) && !missed.is_empty() {
            lines.push(format!("missed: {}", missed.join(", ")));
        }
        lines
    }

    fn taken(&self, edge: usize) -> usize {
        self.edges[edge]
    }

    fn look(&self, state: usize) -> Option<Overlaid> {
        let StateReached { times, missed } = &self.states[state];
        Some(match times {
            None => ("unknown", Look::Of(Outcome::Aborted)),
            Some(0) => ("missed", Look::Of(Outcome::Failed)),
            Some(_) if missed.is_empty() => ("reached", Look::Of(Outcome::Succeeded)),
            Some(_) => ("partly", Look::Of(Outcome::Caught)),
        })
    }

    fn caption(&self) -> Caption {
        Caption {
            of: "Coverage of",
            name: self.name.clone(),
            status: self.status.clone(),
            detail: None,
            outcome: match self.is_whole {
                true => Outcome::Succeeded,
                false => Outcome::Caught,
            },
        }
    }
}
