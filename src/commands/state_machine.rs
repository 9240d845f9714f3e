//! Which state machine of the stack a command is about.

use clap::Args;

use super::completions::Names;
use super::error::CommandError;
use crate::config::{Family, MachineName};

#[derive(Debug, Clone, Default, Args)]
pub struct StateMachineOption {
    /// The state machine, by its name under `[state-machines]` [default: the main one]
    #[arg(long, value_name = "NAME", add = Names::StateMachines)]
    pub state_machine: Option<String>,
}

impl StateMachineOption {
    /// The state machine that is meant, with what is known of it.
    pub fn of<'a, T>(&self, family: &'a Family<T>) -> Result<(MachineName, &'a T), CommandError> {
        let machine = MachineName::of(self.state_machine.as_deref());
        match family.get(&machine) {
            Some(config) => Ok((machine, config)),
            None => Err(CommandError::UnknownStateMachine {
                name: self.state_machine.clone().unwrap_or_default(),
                known: family.named.keys().cloned().collect(),
            }),
        }
    }

    /// The option as it is repeated in commands that are shown.
    pub fn shown(machine: &MachineName) -> String {
        let name = machine.given();
        name.map_or_else(String::new, |name| format!(" --state-machine {name}"))
    }
}
