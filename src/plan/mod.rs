//! (Desired, Observed) → [`Plan`]: ordered steps, each with typed reasons. Pure.

mod draft;
mod foreign;
mod make;
mod prune;
mod reason;
mod refusal;
mod removal;
mod reroute;
mod retained;
mod step;
mod step_name;
mod steps;
#[cfg(test)]
pub(crate) mod tests;
mod waves;

pub use draft::Draft;
pub use foreign::{Foreign, Whose, with_tags_back};
pub use make::{make, refuse_foreign};
pub(crate) use prune::deletes_version;
pub use reason::{Attribute, Document, Reason, Unit};
pub use refusal::Refusal;
pub use removal::{Removal, removal};
pub use reroute::reroute;
pub(crate) use retained::{PinnedBy, Retained};
pub use step::{Step, StepId};
pub use step_name::StepName;
pub use steps::{Milestone, Steps};

use std::collections::BTreeSet;

use crate::resources::{Effect, Kind};
use crate::stack::Stack;

/// Everything that a command is about to do, and nothing else.
#[derive(Debug, Clone)]
pub struct Plan {
    pub stack: Stack,
    /// A step comes after everything that it waits for.
    pub steps: Vec<Step>,
    /// Notes for the reader that no step contains.
    pub notes: Vec<String>,
    /// The steps after which the release only has to be made live; none if it is not.
    pub(crate) ready: Vec<StepId>,
}

impl Plan {
    /// The plan that changes nothing.
    pub fn nothing(stack: &Stack) -> Self {
        Self {
            stack: stack.clone(),
            steps: Vec::new(),
            notes: Vec::new(),
            ready: Vec::new(),
        }
    }

    /// How many resources of a kind it deletes.
    pub fn deletions(&self, kind: Kind) -> usize {
        let deleted = self.steps.iter().filter(|step| {
            step.resource.kind == kind && step.operation.spec().effect == Effect::Delete
        });
        let names: BTreeSet<&str> = deleted.map(|step| step.resource.name.as_str()).collect();
        names.len()
    }

    /// Whether AWS already holds what is wanted.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}
