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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::plan::{Action, Resource};

    /// A step of its own for each name.
    fn step(name: &str, after: &[&Step]) -> Step {
        let resource = Resource::Role(name.to_owned());
        let action = Action::DeleteRole {
            role: name.to_owned(),
        };
        Step {
            id: StepId::new(&resource, &action),
            resource,
            action,
            after: after.iter().map(|step| step.id.clone()).collect(),
            reasons: Vec::new(),
        }
    }

    fn names(steps: &[Step]) -> Vec<&str> {
        steps.iter().map(|step| step.resource.name()).collect()
    }

    /// `a` and `b`, of which `c` needs both, `d` needs `c`, and `e` needs `b`.
    fn schedule() -> (Schedule, Vec<Step>) {
        let (a, b) = (step("a", &[]), step("b", &[]));
        let (c, e) = (step("c", &[&a, &b]), step("e", &[&b]));
        let d = step("d", &[&c]);
        let steps = vec![a, b, c, d, e];
        let mut schedule = Schedule::default();
        schedule.add(steps.clone());
        (schedule, steps)
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
        assert_eq!(schedule.failed(&steps[0].id).unwrap().id, steps[0].id);
        schedule.done(&steps[1].id);
        assert_eq!(names(&schedule.ready()), ["e"]);
        schedule.done(&steps[4].id);
        assert_eq!(names(&schedule.ready()), [""; 0]);
        assert_eq!(names(&schedule.into_not_started()), ["c", "d"]);
    }

    #[test]
    fn a_step_that_is_known_is_not_run_twice() {
        let (mut schedule, steps) = schedule();
        schedule.add(steps.clone());
        assert_eq!(names(&schedule.ready()), ["a", "b"]);
        schedule.add(steps.clone());
        assert_eq!(names(&schedule.ready()), [""; 0], "a running one");
        schedule.done(&steps[0].id);
        schedule.failed(&steps[1].id);
        schedule.add(steps);
        assert_eq!(names(&schedule.ready()), [""; 0], "one that is over");
        assert_eq!(names(&schedule.into_not_started()), ["c", "d", "e"]);
    }

    #[test]
    fn a_step_that_comes_later_waits_for_one_that_is_done() {
        let first = step("first", &[]);
        let mut schedule = Schedule::default();
        schedule.add([first.clone()]);
        schedule.ready();
        schedule.done(&first.id);
        schedule.add([step("second", &[&first])]);
        assert_eq!(names(&schedule.ready()), ["second"]);
    }
}
