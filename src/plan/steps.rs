//! Collects the steps of a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Reason, Step, StepId};
use crate::resources::{Operation, Resource};

/// Steps in the order in which they were added; a step is added after everything that it waits for.
#[derive(Default)]
pub struct Steps {
    list: Vec<Step>,
    reached: BTreeMap<(Resource, Milestone), Vec<StepId>>,
}

/// What others wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Milestone {
    /// The resource exists: a role is assumable, a version is published.
    Exists,
    /// It can be used: a role has its permissions, a function is ready, callers see the release.
    Usable,
    /// All that names it is written.
    Named,
    /// What used it is removed.
    Unused,
}

impl Steps {
    pub fn add(
        &mut self,
        resource: &Resource,
        operation: impl Operation,
        after: impl IntoIterator<Item = StepId>,
        reasons: Vec<Reason>,
    ) -> StepId {
        let id = StepId(self.list.len());
        self.list.push(Step {
            id,
            resource: resource.clone(),
            operation: Arc::new(operation),
            after: after.into_iter().collect(),
            reasons,
        });
        id
    }

    /// Sets the steps that must be done for the milestone to be reached. Without any it is already reached.
    pub fn reach(
        &mut self,
        resource: &Resource,
        milestone: Milestone,
        steps: impl IntoIterator<Item = StepId>,
    ) {
        let key = (resource.clone(), milestone);
        self.reached.entry(key).or_default().extend(steps);
    }

    /// The steps after which the milestone is reached.
    pub fn until(&self, resource: &Resource, milestone: Milestone) -> Vec<StepId> {
        let steps = self.reached.get(&(resource.clone(), milestone));
        steps.cloned().unwrap_or_default()
    }

    /// The steps that one waits for.
    pub fn before(&self, step: StepId) -> Vec<StepId> {
        let step = self.list.get(step.0);
        step.map(|step| step.after.clone()).unwrap_or_default()
    }

    pub fn into_list(self) -> Vec<Step> {
        self.list
    }
}
