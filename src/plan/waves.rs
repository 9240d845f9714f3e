//! A plan in two waves: what makes a release ready, and what makes it live.

use std::collections::BTreeSet;

use super::{Plan, Step, StepId};

impl Plan {
    /// The steps after which the release can be tried out on its version, and the rest: the step that makes it live, and
    /// all that no release waits for, such as triggers. Callers see nothing of the first wave. `None` if `live` stays where
    /// it is.
    pub fn waves(&self) -> Option<[Self; 2]> {
        if self.ready.is_empty() {
            return None;
        }
        let needed = self.needed();
        let is_needed = |step: &Step| needed.contains(&step.id);
        let (first, mut second): (Vec<Step>, Vec<Step>) =
            self.steps.iter().cloned().partition(is_needed);
        for step in &mut second {
            step.after.retain(|id| !needed.contains(id));
        }
        Some([first, second].map(|steps| Self {
            steps,
            ..Self::nothing(&self.stack)
        }))
    }

    /// The steps that make the release ready, with all that they wait for.
    fn needed(&self) -> BTreeSet<StepId> {
        let mut needed: BTreeSet<StepId> = self.ready.iter().copied().collect();
        // A step stands behind everything that it waits for.
        for step in self.steps.iter().rev() {
            if needed.contains(&step.id) {
                needed.extend(&step.after);
            }
        }
        needed
    }
}
