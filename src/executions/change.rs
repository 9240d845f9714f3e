//! What a new event of a history changed.

use super::history::{History, StateEvent, StateRun};
use super::outcome::Outcome;
use super::status::Status;
use super::tree::Tree;

/// A state that an event changed.
#[derive(Debug, Clone, PartialEq)]
pub struct StateChange {
    pub event: StateEvent,
    /// The index of the state in [`History::states`].
    pub index: usize,
    pub state: StateRun,
    /// What became of it so far.
    pub outcome: Outcome,
}

impl StateChange {
    pub(super) fn new(history: &History, event: StateEvent, index: usize) -> Self {
        let outcome = match event {
            // Of a state that was left, what ran outside of it says no more.
            StateEvent::Exited => Tree::new(&history.subtree(index), Status::Running).outcome(0),
            _ => Outcome::Running,
        };
        Self {
            event,
            index,
            state: history.states[index].clone(),
            outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executions::StateKind;
    use crate::executions::history::tests::{entered, event, exited, failed, inner_failed};

    #[test]
    fn a_state_that_is_left_after_a_failure_inside_of_it_was_caught() {
        let mut history = History::default();
        let mut outcomes = Vec::new();
        for event in [
            entered(1, 0, "Before", StateKind::Pass),
            exited(2, 1, "Before"),
            entered(3, 2, "Both", StateKind::Parallel),
            entered(4, 3, "Pay", StateKind::Task),
            event(5, 4, failed("Declined")),
            event(6, 5, inner_failed(StateKind::Parallel, true)),
            exited(7, 6, "Both"),
        ] {
            if let Some((event, index)) = history.take(event) {
                let change = StateChange::new(&history, event, index);
                outcomes.push((change.state.name, event, change.outcome));
            }
        }
        let left = outcomes
            .into_iter()
            .filter(|(_, event, _)| *event == StateEvent::Exited);
        let left: Vec<_> = left.map(|(name, _, outcome)| (name, outcome)).collect();
        assert_eq!(
            left,
            [
                ("Before".to_owned(), Outcome::Succeeded),
                ("Both".to_owned(), Outcome::Caught),
            ]
        );
    }
}
