//! A state machine that exists, with its functions.

use serde_json::Value;

use super::definition::{OtherTask, called};
use super::{InitError, StateMachineArn};
use crate::resources::{ExistingFunction, ExistingStateMachine};

/// What a project is written from.
pub struct Existing {
    pub arn: StateMachineArn,
    pub state_machine: ExistingStateMachine,
    pub definition: Value,
    /// Those that the definition names.
    pub functions: Vec<Function>,
    pub(super) others: Vec<OtherTask>,
}

pub struct Function {
    pub name: String,
    /// The name of its handler.
    pub handler: String,
    /// `None` if the function that the definition names does not exist.
    pub found: Option<ExistingFunction>,
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
        let (functions, others) = called(&definition, &arn);
        let functions = functions.into_iter().map(|name| Function {
            handler: name.clone(),
            name,
            found: None,
        });
        Ok(Self {
            functions: functions.collect(),
            arn,
            state_machine,
            definition,
            others,
        })
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
