//! The plan that removes a stack.

use std::collections::BTreeMap;

use super::make::refuse_foreign;
use super::{Plan, Refusal, StepId, Steps};
use crate::config::MachineName;
use crate::resources::{Kind, Observed};
use crate::stack::Stack;

/// The kinds of resources add the steps of their removal here, the dependent ones first.
pub struct Removal<'a> {
    pub stack: &'a Stack,
    pub observed: &'a Observed,
    /// How many executions are running, by state machine.
    pub running: BTreeMap<MachineName, usize>,
    pub steps: &'a mut Steps,
    /// After these steps nothing new uses what is left, and what was running is being stopped.
    pub unused: Vec<StepId>,
    /// The steps that remove what depends on the rest.
    pub removed: Vec<StepId>,
}

impl<'a> Removal<'a> {
    pub(super) fn new(stack: &'a Stack, observed: &'a Observed, steps: &'a mut Steps) -> Self {
        Self {
            stack,
            observed,
            running: BTreeMap::new(),
            steps,
            unused: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// The steps after which nothing uses what all the rest depends on.
    pub fn after_everything(&self) -> Vec<StepId> {
        let removed = self.removed.iter();
        self.unused.iter().chain(removed).copied().collect()
    }
}

/// Removes everything of the stack that exists in AWS.
///
/// # Errors
///
/// [`Refusal::Foreign`] if some of it does not belong to the stack.
pub fn removal(
    stack: &Stack,
    observed: &Observed,
    running: BTreeMap<MachineName, usize>,
) -> Result<Plan, Refusal> {
    refuse_foreign(stack, observed)?;
    let mut steps = Steps::default();
    let mut removal = Removal::new(stack, observed, &mut steps);
    removal.running = running;
    for kind in Kind::ALL.into_iter().rev() {
        for held in kind.held(observed) {
            kind.remove(&mut removal, held.name);
        }
    }
    Ok(Plan {
        stack: stack.clone(),
        steps: steps.into_list(),
        notes: Vec::new(),
    })
}
