//! A state machine that exists, with its functions.

use serde_json::Value;
use txflow_asl::permissions::{Need, Owner, needs};

use super::definition::called;
use super::statements::{self, Copied};
use super::{InitError, StateMachineArn};
use crate::resources::{ExistingFunction, ExistingRole, ExistingStateMachine, ExistingTrigger};

/// What a project is written from.
pub struct Existing {
    pub arn: StateMachineArn,
    pub state_machine: ExistingStateMachine,
    pub definition: Value,
    /// Those that the definition names.
    pub functions: Vec<Function>,
    /// The role of the state machine; `None` if it may not be read.
    pub role: Option<ExistingRole>,
    /// What starts executions; `None` if that may not be read.
    pub triggers: Option<Vec<ExistingTrigger>>,
}

pub struct Function {
    pub name: String,
    /// The name of its handler.
    pub handler: String,
    /// `None` if the function that the definition names does not exist.
    pub found: Option<ExistingFunction>,
    /// `None` if it may not be read.
    pub role: Option<ExistingRole>,
}

impl Existing {
    /// # Errors
    ///
    /// The definition is not JSON.
    pub fn new(
        arn: StateMachineArn,
        state_machine: ExistingStateMachine,
    ) -> Result<Self, InitError> {
        let definition = serde_json::from_str(&state_machine.definition);
        let definition: Value = definition.map_err(|source| InitError::Definition {
            arn: arn.to_string(),
            source,
        })?;
        let functions = called(&definition, &arn).into_iter();
        let functions = functions.map(|name| Function {
            handler: name.clone(),
            name,
            found: None,
            role: None,
        });
        Ok(Self {
            functions: functions.collect(),
            arn,
            state_machine,
            definition,
            role: None,
            triggers: None,
        })
    }
}

impl Existing {
    /// What is copied of the state machine's role.
    pub(super) fn statements(&self) -> Copied {
        let role = self.role.as_ref();
        role.map_or_else(Copied::default, |role| {
            statements::of_state_machine(role, &self.arn, &self.needs())
        })
    }

    /// What is copied of a function's role.
    pub(super) fn statements_of(&self, function: &Function) -> Copied {
        let role = function.role.as_ref();
        role.map_or_else(Copied::default, |role| {
            statements::of_function(role, &self.arn)
        })
    }

    /// What the states need.
    pub(super) fn needs(&self) -> Vec<Need> {
        let owner = Owner {
            partition: &self.arn.partition,
            region: &self.arn.region,
            account: &self.arn.account,
            state_machine: &self.arn.name,
        };
        needs(&self.definition, &owner)
    }
}

impl Function {
    /// Its runtime, as Lambda names it.
    pub fn runtime(&self) -> Option<&str> {
        let runtime = self.found.as_ref()?.configuration.runtime.as_str();
        Some(if runtime.is_empty() {
            "a container image"
        } else {
            runtime
        })
    }

    pub fn architecture(&self) -> Option<crate::config::Architecture> {
        let found = self.found.as_ref()?;
        Some(found.configuration.architecture)
    }
}
