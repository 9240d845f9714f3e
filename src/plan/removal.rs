//! The plan that removes a stack.

use std::collections::BTreeMap;

use super::make::refuse_foreign;
use super::{Plan, Refusal, StepId, Steps};
use crate::config::MachineName;
use crate::resources::{Kind, Observed, Resource};
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
    /// The steps that remove what uses a role.
    pub removed: Vec<(Resource, StepId)>,
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

    /// The steps after which nothing uses a role, and nothing is left that is found only through it. Many roles take IAM
    /// long, so each goes as soon as it may.
    pub fn after_users_of(&self, role: &str) -> Vec<StepId> {
        let stack = self.stack;
        let users = match (
            stack.handler_of_role(role),
            stack.state_machine_of_role(role),
        ) {
            (Some(handler), _) => vec![
                Kind::Function.named(stack.function_name(handler)),
                Kind::LogGroup.named(stack.function_log_group(handler)),
            ],
            (None, Some(machine)) => vec![
                Kind::StateMachine.named(stack.state_machine_name(&machine)),
                Kind::LogGroup.named(stack.state_machine_log_group(&machine)),
            ],
            // A role that was named in another way may be used by anything.
            (None, None) => { self.removed.iter() }
                .map(|(resource, _)| resource.clone())
                .collect(),
        };
        let removed = self.removed.iter();
        let removed = removed.filter(|(resource, _)| users.contains(resource));
        let removed = removed.map(|(_, step)| *step);
        self.unused.iter().copied().chain(removed).collect()
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
