//! The plan that removes a stack.

use super::make::refuse_foreign;
use super::{Plan, Refusal, StepId, Steps};
use crate::resources::{Kind, Observed, RunningExecution};
use crate::stack::Stack;

/// What the kinds of resources add the steps of their removal to, the dependent ones first.
pub struct Removal<'a> {
    pub stack: &'a Stack,
    pub observed: &'a Observed,
    pub running: &'a [RunningExecution],
    pub steps: &'a mut Steps,
    /// After these steps nothing new uses what is left: what ran is being stopped.
    pub unused: Vec<StepId>,
    /// The steps that removed what depended on the rest.
    pub gone: Vec<StepId>,
}

impl<'a> Removal<'a> {
    pub(super) fn new(stack: &'a Stack, observed: &'a Observed, steps: &'a mut Steps) -> Self {
        Self {
            stack,
            observed,
            running: &[],
            steps,
            unused: Vec::new(),
            gone: Vec::new(),
        }
    }
}

/// Removes everything that AWS holds of the stack.
///
/// # Errors
///
/// [`Refusal::Foreign`] if something of it is not the stack's own.
pub fn removal(
    stack: &Stack,
    observed: &Observed,
    running: &[RunningExecution],
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
