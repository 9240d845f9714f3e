//! An execution that goes on after it failed: what of it is done, and what is not.

mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::map_run::ResumedMapRun;
use super::scope::{Resume, Scope};
use crate::states::{Program, State, StateKind};
use crate::{Payload, Timestamp};

/// What an execution that is redriven did before.
#[derive(Clone, Debug)]
pub struct Redrive {
    /// How many times it was redriven, with this time.
    pub count: u64,
    pub time: Timestamp,
    /// When the execution started.
    pub started: Timestamp,
    /// The id of its last event, which is that of this redrive.
    pub last_event: u64,
    /// Where it stopped. `None` if that was before its first state.
    pub at: Option<Stopped>,
    /// The Map Runs that go on.
    pub map_runs: BTreeMap<Arc<str>, ResumedMapRun>,
}

/// The state that a program has entered and not left, and what of its work is done.
#[derive(Clone, Debug)]
pub struct Stopped {
    state: Arc<State>,
    input: Payload,
    entered: Timestamp,
    entered_event: u64,
    /// Set if it is entered, once more or for the first time, with the event that this follows.
    enter_after: Option<u64>,
    variables: Vec<(String, serde_json::Value)>,
    work: Option<Work>,
}

/// The work of a Parallel or Map that has begun.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// Its event, which that of each child follows.
    pub(super) started_event: u64,
    /// The children that have begun, by index. Those of a distributed Map have histories of their own.
    pub(super) children: BTreeMap<usize, Begun>,
    pub(super) map_run: Option<Arc<str>>,
}

/// A branch or an iteration that has begun.
#[derive(Clone, Debug)]
pub(super) enum Begun {
    Done(Payload),
    Stopped(Stopped),
}

impl Stopped {
    /// Where a program stopped, from its history as `GetExecutionHistory` returns it. `None` if that was before its
    /// first state.
    #[must_use]
    pub fn of(program: &Arc<Program>, history: &[serde_json::Value]) -> Option<Self> {
        read::stopped(program, history)
    }

    /// The Map Runs that go on, each with the program of its children.
    #[must_use]
    pub fn map_runs(&self) -> Vec<(Arc<str>, Arc<Program>)> {
        let mut found = Vec::new();
        self.add_map_runs(&mut found);
        found
    }

    fn add_map_runs(&self, found: &mut Vec<(Arc<str>, Arc<Program>)>) {
        let Some(work) = &self.work else { return };
        if let (Some(arn), StateKind::Map(map)) = (&work.map_run, &self.state.kind) {
            found.push((Arc::clone(arn), Arc::clone(&map.processor)));
        }
        for child in work.children.values() {
            if let Begun::Stopped(stopped) = child {
                stopped.add_map_runs(found);
            }
        }
    }
}

impl Scope {
    /// Puts it where it stopped, and says how it goes on.
    pub(super) fn put_back(&mut self, at: Stopped) -> Resume {
        self.variables.assign(at.variables);
        self.move_to(at.state, at.input);
        self.entered = at.entered;
        self.entered_event = at.entered_event;
        if let Some(before) = at.enter_after {
            self.last_event = before;
            return Resume::Enter;
        }
        // The work is scheduled again after the entry, which is not repeated.
        let started = at.work.as_ref().map(|work| work.started_event);
        self.last_event = started.unwrap_or(at.entered_event);
        self.begun = at.work.map(Box::new);
        Resume::Retry
    }
}
