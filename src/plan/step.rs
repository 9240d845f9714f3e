//! One step of a plan.

use std::fmt;

use super::{Action, Reason};

/// An action, the steps that must be over before it, and why it is there.
#[derive(Debug, Clone)]
pub struct Step {
    pub id: StepId,
    pub resource: Resource,
    pub action: Action,
    pub after: Vec<StepId>,
    pub reasons: Vec<Reason>,
}

/// What a plan knows its steps by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepId(String);

impl StepId {
    pub(crate) fn new(resource: &Resource, action: &Action) -> Self {
        let detail = match action {
            Action::DeleteRolePolicy { policy_name, .. } => policy_name,
            Action::DetachRolePolicy { policy_arn, .. } => policy_arn,
            Action::DeleteFunctionVersion { version, .. } => version,
            Action::DeleteStateMachineVersion { arn } | Action::StopExecution { arn } => arn,
            Action::WaitForFunction {
                published: true, ..
            } => "published",
            _ => "",
        };
        Self(format!("{} {resource} {detail}", action.operation()))
    }
}

/// What a step works on. The order is that of the printed plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    Role(String),
    LogGroup(String),
    Function(String),
    StateMachine(String),
    /// The alias of the state machine of this name.
    Alias(String),
}

impl Resource {
    /// What AWS calls this kind of thing.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Role(_) => "role",
            Self::LogGroup(_) => "log group",
            Self::Function(_) => "function",
            Self::StateMachine(_) => "state machine",
            Self::Alias(_) => "alias",
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Role(name)
            | Self::LogGroup(name)
            | Self::Function(name)
            | Self::StateMachine(name)
            | Self::Alias(name) => name,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`", self.kind(), self.name())
    }
}
