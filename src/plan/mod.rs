//! (Desired, Observed) → [`Plan`]: ordered steps, each with typed reasons. Pure.

mod action;
mod builder;
mod diff;
mod functions;
mod log_groups;
mod prune;
mod reason;
mod release_label;
mod removal;
mod roles;
mod rollback;
mod settings;
mod state_machine;
mod step;

use std::fmt;

pub use action::{
    Action, AliasRequest, CodeUpdate, ConfigurationUpdate, NewFunction, ReleaseRef,
    StateMachineRequest,
};
pub use diff::{diff, missing_roles};
pub use reason::Reason;
pub use release_label::ReleaseLabel;
pub use rollback::rollback;
pub use step::{Resource, Step, StepId};

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

/// Resources that carry a name of the stack and are not its own. They are never touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign(pub Vec<Resource>);

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(Resource::to_string).collect();
        write!(
            f,
            "{} exists already and does not belong to this stack",
            names.join(", ")
        )
    }
}

impl std::error::Error for Foreign {}
