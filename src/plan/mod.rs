//! (Desired, Observed) → [`Plan`]: ordered steps, each with typed reasons. Pure.

mod action;
mod builder;
mod diff;
mod functions;
mod log_groups;
mod prune;
mod reason;
mod refusal;
mod release_label;
mod removal;
mod roles;
mod rollback;
mod settings;
mod state_machine;
mod step;
#[cfg(test)]
pub(crate) mod tests;
mod words;

pub use action::{
    Action, AliasRequest, CodeUpdate, ConfigurationUpdate, NewFunction, ReleaseRef,
    StateMachineRequest,
};
pub use diff::{diff, needs_usage, refuse_foreign};
pub use reason::Reason;
pub use refusal::Refusal;
pub use release_label::{ReleaseLabel, digest};
pub use rollback::rollback;
pub use step::{Resource, Step, StepId};
pub use words::StepName;

use crate::desired::Stack;

/// What a command is about to do: all of it, and nothing else.
#[derive(Debug, Clone)]
pub struct Plan {
    pub stack: Stack,
    /// A step stands behind all that it waits for.
    pub steps: Vec<Step>,
    /// What the reader should know and no step says.
    pub notes: Vec<String>,
}

impl Plan {
    /// The plan that changes nothing.
    pub fn nothing(stack: &Stack) -> Self {
        Self {
            stack: stack.clone(),
            steps: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Whether AWS already holds what is wanted.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether a release is published, after which there is one more.
    pub fn publishes_release(&self) -> bool {
        self.steps
            .iter()
            .any(|step| step.action.publishes_release())
    }
}
