//! A history as the tree that it is, and what became of each state.

use std::collections::BTreeMap;

use super::history::{History, StateRun};
use super::run::Status;
use crate::config::ExecutionStatus;

/// The states of an execution by what they run inside of.
pub struct Tree<'a> {
    history: &'a History,
    status: Status,
    children: BTreeMap<Option<usize>, Vec<usize>>,
}

/// What became of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Succeeded,
    /// It failed, or something inside of it did, and the execution went on.
    Caught,
    Running,
    /// It was cut off by what failed elsewhere, or by a stop.
    Aborted,
    Failed,
}

impl<'a> Tree<'a> {
    /// `status` is that of the execution.
    pub fn new(history: &'a History, status: Status) -> Self {
        let mut children: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, state) in history.states.iter().enumerate() {
            children.entry(state.parent).or_default().push(index);
        }
        Self {
            history,
            status,
            children,
        }
    }

    /// The states right inside of one, or those at the top, as indices of [`History::states`].
    pub fn inside(&self, parent: Option<usize>) -> &[usize] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    pub fn state(&self, index: usize) -> &'a StateRun {
        &self.history.states[index]
    }

    pub fn outcome(&self, index: usize) -> Outcome {
        let state = self.state(index);
        if state.exited.is_some() {
            return match state.failure().is_some() || self.failed_inside(index) {
                true => Outcome::Caught,
                false => Outcome::Succeeded,
            };
        }
        let is_fail = state.kind == "Fail";
        if !is_fail && !self.status.is_ended() && self.history.is_open(index) {
            return Outcome::Running;
        }
        if is_fail || state.failure().is_some() || self.failed_inside(index) || self.ended_in(state)
        {
            Outcome::Failed
        } else {
            Outcome::Aborted
        }
    }

    /// When a state ended, as far as that is known: a state that fails is never left.
    pub fn ended(&self, index: usize) -> Option<f64> {
        let state = self.state(index);
        let attempted = state.attempts.last().and_then(|attempt| attempt.ended);
        let over = self.outcome(index) != Outcome::Running;
        let around = || self.ended(state.parent?);
        let attempted = attempted.filter(|_| over);
        state.exited.or(attempted).or_else(around)
    }

    /// Whether something inside failed for good: what ran once more after that counts by its last run.
    fn failed_inside(&self, index: usize) -> bool {
        let mut last = BTreeMap::new();
        for inner in self.inside(Some(index)) {
            let state = self.state(*inner);
            last.insert((&state.name, state.iteration), *inner);
        }
        last.values()
            .any(|inner| self.outcome(*inner) == Outcome::Failed)
    }

    /// A state such as a `Choice` without a match ends the execution without an event of its own.
    fn ended_in(&self, state: &StateRun) -> bool {
        let failed = self.history.failed_state();
        self.status == Status::Ended(ExecutionStatus::Failed)
            && failed.is_some_and(|failed| std::ptr::eq(failed, state))
    }
}
