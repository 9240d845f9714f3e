//! Which steps may run now. Pure: knows ids and the order between them, nothing else.

use std::collections::{HashMap, HashSet};

use crate::plan::{Step, StepId};

/// The steps that are still to run, those that run and those that are over.
#[derive(Default)]
pub struct Schedule {
    waiting: Vec<Step>,
    running: HashMap<StepId, Step>,
    done: HashSet<StepId>,
    failed: HashSet<StepId>,
}

impl Schedule {
    /// Adds the steps that are not known yet: a step that an earlier plan held is not run twice.
    pub fn add(&mut self, steps: impl IntoIterator<Item = Step>) {
        for step in steps {
            let known = self.done.contains(&step.id)
                || self.failed.contains(&step.id)
                || self.running.contains_key(&step.id)
                || self.waiting.iter().any(|waiting| waiting.id == step.id);
            if !known {
                self.waiting.push(step);
            }
        }
    }

    /// Takes the steps whose predecessors are all done. They count as running from now on.
    pub fn ready(&mut self) -> Vec<Step> {
        let done = &self.done;
        let (ready, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|step: &Step| step.after.iter().all(|id| done.contains(id)));
        self.waiting = waiting;
        for step in &ready {
            self.running.insert(step.id.clone(), step.clone());
        }
        ready
    }

    pub fn done(&mut self, id: &StepId) -> Option<Step> {
        self.done.insert(id.clone());
        self.running.remove(id)
    }

    /// What waits for a failed step never becomes ready.
    pub fn failed(&mut self, id: &StepId) -> Option<Step> {
        self.failed.insert(id.clone());
        self.running.remove(id)
    }

    /// What was never started.
    pub fn into_not_started(self) -> Vec<Step> {
        self.waiting
    }
}
