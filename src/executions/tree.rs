//! A history as the tree that it is, and what became of each state: the one place that says so.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use txflow_asl::fork::is_own;

use super::history::{Attempt, History, StateRun};
use super::outcome::Outcome;
use super::state_kind::StateKind;
use super::status::Status;
use crate::config::ExecutionStatus;

/// The states of an execution by what they run inside of.
pub struct Tree<'a> {
    history: &'a History,
    states: &'a [StateRun],
    children: BTreeMap<Option<usize>, Vec<usize>>,
    /// Never left, since what is around them began again: by a retry of it, or by a redrive.
    superseded: Vec<bool>,
    outcomes: Vec<Outcome>,
    failed: Option<usize>,
}

impl<'a> Tree<'a> {
    /// `status` is that of the execution.
    pub fn new(history: &'a History, status: Status) -> Self {
        let states = history.states.as_slice();
        let mut children: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, state) in states.iter().enumerate() {
            children.entry(state.parent).or_default().push(index);
        }
        let superseded = superseded(states);
        let open = open(states, &superseded);
        let failed = failed(states, &open);
        let outcomes = outcomes(states, &superseded, &open, failed, status);
        Self {
            history,
            states,
            children,
            superseded,
            outcomes,
            failed,
        }
    }

    /// The states right inside of one, or those at the top, as indices of [`History::states`].
    pub fn inside(&self, parent: Option<usize>) -> &[usize] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// The states right inside of a `Map` state, by the number of their item.
    pub fn items(&self, map: usize) -> BTreeMap<i32, Vec<usize>> {
        let mut items: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        for index in self.inside(Some(map)) {
            if let Some(item) = self.state(*index).iteration {
                items.entry(item).or_default().push(*index);
            }
        }
        items
    }

    /// How many attempts of a state are there since the execution was redriven, and not for a retry.
    pub fn redrives(&self, state: &StateRun) -> usize {
        let pairs = state.attempts.windows(2);
        pairs
            .filter(|pair| self.is_redriven(&pair[0], &pair[1]))
            .count()
    }

    /// Whether a redrive, and no retry, led from one attempt to the next.
    pub fn is_redriven(&self, attempt: &Attempt, next: &Attempt) -> bool {
        self.history.is_redriven(attempt, next)
    }

    pub fn states(&self) -> &'a [StateRun] {
        self.states
    }

    pub fn state(&self, index: usize) -> &'a StateRun {
        &self.states[index]
    }

    pub fn outcome(&self, index: usize) -> Outcome {
        self.outcomes[index]
    }

    /// The outcome of an item: the worst of its states, without those of an earlier try.
    pub fn outcome_of_item(&self, states: &[usize]) -> Outcome {
        let counted = states.iter().filter(|index| !self.superseded[**index]);
        let outcomes = counted.map(|index| self.outcome(*index));
        outcomes.max().unwrap_or(Outcome::Succeeded)
    }

    /// Whether an item of a fork did nothing but to put out what it had put out before.
    pub fn is_answered(&self, states: &[usize]) -> bool {
        let mut names = states.iter().map(|state| &self.state(*state).name);
        names.all(|name| is_own(name)) && self.outcome_of_item(states) == Outcome::Succeeded
    }

    /// The state in which the execution failed, or is: the last one that failed and was not left.
    pub fn failed(&self) -> Option<usize> {
        self.failed
    }

    /// When a state ended, as far as that is known: a state that fails is never left.
    pub fn ended(&self, index: usize) -> Option<Timestamp> {
        let state = self.state(index);
        let attempted = state.attempts.last().and_then(|attempt| attempt.ended);
        let over = self.outcome(index) != Outcome::Running;
        let around = || self.ended(state.parent?);
        let attempted = attempted.filter(|_| over);
        state.exited.or(attempted).or_else(around)
    }

    /// Notes that a `Catch` led on from a state. Only the definition may show it: not every failure has
    /// an event.
    pub fn left_by_catch(&mut self, index: usize) {
        if self.outcomes[index] == Outcome::Succeeded {
            self.outcomes[index] = Outcome::Caught;
        }
    }
}

/// Whether a state was not left, and what is around it began again.
fn superseded(states: &[StateRun]) -> Vec<bool> {
    let mut later = HashSet::new();
    let superseded = states.iter().rev().map(|state| {
        // An item runs one state at a time, so any later one shows that it began again.
        let name = state.iteration.is_none().then_some(&state.name);
        let is_last = later.insert((state.parent, state.iteration, name));
        state.exited.is_none() && !is_last
    });
    let mut superseded: Vec<bool> = superseded.collect();
    superseded.reverse();
    superseded
}

/// Whether neither a state nor any that it runs inside of was left or superseded.
fn open(states: &[StateRun], superseded: &[bool]) -> Vec<bool> {
    let mut open: Vec<bool> = Vec::with_capacity(states.len());
    for (state, superseded) in states.iter().zip(superseded) {
        // A state stands behind the one that it runs inside of.
        let around = state.parent.is_none_or(|parent| open[parent]);
        open.push(around && state.exited.is_none() && !superseded);
    }
    open
}

fn failed(states: &[StateRun], open: &[bool]) -> Option<usize> {
    let mut open = (0..states.len()).rev().filter(|index| open[*index]);
    let failed = open.clone().find(|index| has_failed(&states[*index]));
    failed.or_else(|| open.next())
}

fn has_failed(state: &StateRun) -> bool {
    state.kind == StateKind::Fail || state.failure().is_some()
}

fn outcomes(
    states: &[StateRun],
    superseded: &[bool],
    open: &[bool],
    failed: Option<usize>,
    status: Status,
) -> Vec<Outcome> {
    let mut outcomes = vec![Outcome::Succeeded; states.len()];
    let mut failed_inside = vec![false; states.len()];
    for (index, state) in states.iter().enumerate().rev() {
        // A state such as a `Choice` without a match ends the execution without an event of its own.
        let ended_in = status == Status::Ended(ExecutionStatus::Failed) && failed == Some(index);
        let has_failed = has_failed(state) || failed_inside[index];
        let outcome = match state.exited {
            Some(_) if has_failed => Outcome::Caught,
            Some(_) => Outcome::Succeeded,
            None if state.kind != StateKind::Fail && open[index] && status == Status::Running => {
                Outcome::Running
            }
            None if has_failed || ended_in => Outcome::Failed,
            None => Outcome::Aborted,
        };
        outcomes[index] = outcome;
        if let Some(parent) = state.parent
            && outcome == Outcome::Failed
            && !superseded[index]
        {
            failed_inside[parent] = true;
        }
    }
    outcomes
}
