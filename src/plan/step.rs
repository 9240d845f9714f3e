//! One step of a plan.

use std::sync::Arc;

use super::{Reason, StepName};
use crate::resources::{Operation, Resource};

/// An operation, the steps that must be done before it, and the reasons for it.
#[derive(Debug, Clone)]
pub struct Step {
    pub id: StepId,
    pub resource: Resource,
    pub operation: Arc<dyn Operation>,
    pub after: Vec<StepId>,
    pub reasons: Vec<Reason>,
}

/// The id of a step in its plan: its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(pub(crate) usize);

impl Step {
    pub fn name(&self) -> StepName {
        let spec = self.operation.spec();
        let resource = &self.resource;
        StepName {
            operation: spec.operation,
            doing: spec.words.doing,
            done: spec.words.done,
            object: match self.operation.part() {
                Some(part) => format!("{part} of {resource}"),
                None => resource.to_string(),
            },
        }
    }
}
