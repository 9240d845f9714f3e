//! Where a program stopped: what of it is done, and what is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::states::{Program, State, StateKind};
use crate::{Payload, Timestamp};

/// The state that a program has entered and not left, and what of its work is done.
#[derive(Clone, Debug)]
pub struct Stopped {
    pub(super) state: Arc<State>,
    pub(super) input: Payload,
    pub(super) entered: Timestamp,
    pub(super) entered_event: u64,
    /// Set if it is entered, once more or for the first time, with the event that this follows.
    pub(super) enter_after: Option<u64>,
    pub(super) variables: Vec<(String, serde_json::Value)>,
    pub(super) work: Option<Work>,
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
