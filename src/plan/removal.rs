//! The plan that removes a stack.

use std::collections::BTreeMap;

use super::make::refuse_foreign;
use super::{Milestone, Plan, Refusal, StepId, Steps};
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
    /// The steps that come before anything is removed.
    pub start: Vec<StepId>,
    /// After these steps nothing new uses what is left, and what was running is being stopped.
    pub unused: Vec<StepId>,
    /// The step after which Lambda has removed the network interfaces of the functions.
    pub interfaces: Option<StepId>,
    /// The steps that remove what uses a role.
    pub removed: Vec<(Resource, StepId)>,
    /// Whether the stack stays.
    in_deploy: bool,
}

impl<'a> Removal<'a> {
    pub(super) fn new(stack: &'a Stack, observed: &'a Observed, steps: &'a mut Steps) -> Self {
        Self {
            stack,
            observed,
            running: BTreeMap::new(),
            steps,
            start: Vec::new(),
            unused: Vec::new(),
            interfaces: None,
            removed: Vec::new(),
            in_deploy: false,
        }
    }

    /// Removes in a deploy what is not wanted any longer, once `resource` can be used.
    pub fn in_deploy(
        observed: &'a Observed,
        stack: &'a Stack,
        steps: &'a mut Steps,
        resource: &Resource,
    ) -> Self {
        let start = steps.until(resource, Milestone::Usable);
        Self {
            start: start.clone(),
            unused: start,
            in_deploy: true,
            ..Self::new(stack, observed, steps)
        }
    }

    /// The alias, if what it leads to stays: while this deploy runs it may be led to a release that has what is removed.
    pub fn alias(&self) -> Option<String> {
        self.in_deploy.then(|| self.stack.alias_arn())
    }

    /// All steps that remove something.
    pub fn after_everything(&self) -> Vec<StepId> {
        self.after(|_| true)
    }

    /// The steps after which nothing uses a role, and nothing is left that is found only through it. Many roles take IAM
    /// long, so that of a function goes as soon as it may.
    pub fn after_users_of(&self, role: &str) -> Vec<StepId> {
        let stack = self.stack;
        let Some(handler) = stack.handler_of_role(role) else {
            return self.after(|resource| resource.kind != Kind::Function);
        };
        let users = [
            Kind::Function.named(stack.function_name(handler)),
            Kind::LogGroup.named(stack.function_log_group(handler)),
        ];
        self.after(|resource| users.contains(resource))
    }

    /// The steps that remove functions.
    pub fn after_functions(&self) -> Vec<StepId> {
        self.after(|resource| resource.kind == Kind::Function)
    }

    fn after(&self, is_user: impl Fn(&Resource) -> bool) -> Vec<StepId> {
        let removed = self.removed.iter();
        let removed = removed.filter(|(resource, _)| is_user(resource));
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
    let mut observed = observed.clone();
    let kept = observed.let_go_of_foreign_rules(stack, |_| false);
    let observed = &observed;
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
        steps: steps.into_list(),
        notes: kept
            .into_iter()
            .map(|name| {
                format!(
                    "rule `{name}` has a name like those of this stack and not its tags; it stays"
                )
            })
            .collect(),
        ..Plan::nothing(stack)
    })
}
