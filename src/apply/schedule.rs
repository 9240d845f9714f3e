//! Which steps may run now. Pure: knows the ids of steps and their order, nothing else.

use std::collections::{HashMap, HashSet};

use crate::plan::{Step, StepId};

/// The steps that have yet to run, those that are running and those that are done.
pub struct Schedule {
    waiting: Vec<Step>,
    running: HashMap<StepId, Step>,
    done: HashSet<StepId>,
}

impl Schedule {
    pub fn new(steps: Vec<Step>) -> Self {
        Self {
            waiting: steps,
            running: HashMap::new(),
            done: HashSet::new(),
        }
    }

    /// Takes the steps whose predecessors are all done. They count as running from then on.
    pub fn ready(&mut self) -> Vec<Step> {
        let done = &self.done;
        let (ready, waiting) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|step: &Step| step.after.iter().all(|id| done.contains(id)));
        self.waiting = waiting;
        for step in &ready {
            self.running.insert(step.id, step.clone());
        }
        ready
    }

    pub fn done(&mut self, id: &StepId) {
        self.done.insert(*id);
        self.running.remove(id);
    }

    /// The resource of a step stays, and so does what goes only after it.
    pub fn kept(&mut self, id: &StepId) {
        self.running.remove(id);
        let mut kept = HashSet::from([*id]);
        // A step stands behind everything that it waits for.
        self.waiting.retain(|step| {
            let stays = step.after.iter().any(|id| kept.contains(id));
            if stays {
                kept.insert(step.id);
            }
            !stays
        });
    }

    /// A step that waits for a failed one never becomes ready.
    pub fn failed(&mut self, id: &StepId) {
        self.running.remove(id);
    }

    pub fn is_running(&self) -> bool {
        !self.running.is_empty()
    }

    /// The steps that are still running, and those that never started.
    pub fn into_rest(self) -> (Vec<Step>, Vec<Step>) {
        (self.running.into_values().collect(), self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::resources::Kind;
    use crate::resources::role::operations::DeleteRole;

    /// A step of its own for each letter.
    fn step(name: char, after: &[&Step]) -> Step {
        let role = name.to_string();
        Step {
            id: StepId(name as usize),
            resource: Kind::Role.named(&role),
            operation: Arc::new(DeleteRole { role }),
            after: after.iter().map(|step| step.id).collect(),
            reasons: Vec::new(),
        }
    }

    fn names(steps: &[Step]) -> Vec<&str> {
        steps
            .iter()
            .map(|step| step.resource.name.as_str())
            .collect()
    }

    /// `a` and `b`, of which `c` needs both, `d` needs `c`, and `e` needs `b`.
    fn schedule() -> (Schedule, Vec<Step>) {
        let (a, b) = (step('a', &[]), step('b', &[]));
        let (c, e) = (step('c', &[&a, &b]), step('e', &[&b]));
        let d = step('d', &[&c]);
        let steps = vec![a, b, c, d, e];
        (Schedule::new(steps.clone()), steps)
    }

    #[test]
    fn a_step_is_ready_as_soon_as_all_that_it_waits_for_is_done() {
        let (mut schedule, steps) = schedule();
        assert_eq!(names(&schedule.ready()), ["a", "b"]);
        assert_eq!(names(&schedule.ready()), [""; 0], "they run already");
        schedule.done(&steps[1].id);
        assert_eq!(names(&schedule.ready()), ["e"]);
        schedule.done(&steps[0].id);
        assert_eq!(names(&schedule.ready()), ["c"]);
        schedule.done(&steps[2].id);
        assert_eq!(names(&schedule.ready()), ["d"]);
    }

    #[test]
    fn a_failure_stops_what_depends_on_it_and_nothing_else() {
        let (mut schedule, steps) = schedule();
        schedule.ready();
        schedule.failed(&steps[0].id);
        schedule.done(&steps[1].id);
        assert_eq!(names(&schedule.ready()), ["e"]);
        schedule.done(&steps[4].id);
        assert_eq!(names(&schedule.ready()), [""; 0]);
        let (running, not_started) = schedule.into_rest();
        assert_eq!(names(&running), [""; 0]);
        assert_eq!(names(&not_started), ["c", "d"]);
    }

    #[test]
    fn what_waits_for_something_that_stays_stays_as_well() {
        let (mut schedule, steps) = schedule();
        schedule.ready();
        schedule.kept(&steps[1].id);
        schedule.done(&steps[0].id);
        assert_eq!(names(&schedule.ready()), [""; 0]);
        assert!(!schedule.is_running());
        let (running, not_started) = schedule.into_rest();
        assert_eq!((names(&running), names(&not_started)), (vec![], vec![]));
    }

    #[test]
    fn what_runs_is_told_from_what_was_never_started() {
        let (mut schedule, steps) = schedule();
        schedule.ready();
        schedule.done(&steps[0].id);
        assert!(schedule.is_running());
        let (running, not_started) = schedule.into_rest();
        assert_eq!(names(&running), ["b"]);
        assert_eq!(names(&not_started), ["c", "d", "e"]);
    }
}
