//! What a release consists of, wherever that comes from: what it froze, or what `deploy.toml` asks for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::function::{FunctionConfiguration, FunctionVersion};
use super::role::derived_statements;
use super::state_machine::{Pin, StateMachineSettings, WholeRelease, with_pins};
use super::{Desired, Statement};
use crate::config::{MachineName, Placeholder};
use crate::stack::Stack;

/// All that makes one release another one.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    pub state_machines: BTreeMap<MachineName, MachineContents>,
    /// By handler.
    pub functions: BTreeMap<String, FunctionContents>,
}

/// A state machine, apart from which versions it pins.
#[derive(Debug, Clone)]
pub struct MachineContents {
    /// With the placeholders of functions and state machines.
    pub definition: Value,
    pub settings: StateMachineSettings,
    /// What its states and settings need.
    pub allowed: BTreeSet<Allowed>,
}

/// One action that is allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Allowed {
    pub action: String,
    pub resource: String,
    /// As JSON.
    pub condition: Option<String>,
}

#[derive(Debug, Clone)]
pub struct FunctionContents {
    /// `None` if it is not published.
    pub version: Option<String>,
    pub code_sha256: String,
    pub configuration: FunctionConfiguration,
}

impl Contents {
    /// Of a release, and the versions of the functions that it pins.
    pub fn of_release(
        release: WholeRelease,
        functions: BTreeMap<String, FunctionVersion>,
        stack: &Stack,
    ) -> Self {
        let machines = release.state_machines.into_iter();
        let machines = machines.map(|(machine, frozen)| {
            let definition = with_pins(&frozen.definition, stack, &|pin| match pin {
                Pin::Function { handler, .. } => format!("${{{handler}}}"),
                Pin::StateMachine { machine, .. } => {
                    format!("${{{}}}", machine.given().unwrap_or_default())
                }
            });
            let any_version = with_pins(&frozen.definition, stack, &|pin| match pin {
                Pin::Function { handler, .. } => format!("{}:*", stack.function_arn(handler)),
                Pin::StateMachine { machine, .. } => {
                    format!("{}:*", stack.state_machine_arn(machine))
                }
            });
            let contents = MachineContents {
                allowed: allowed(stack, &machine, &any_version, &frozen.settings),
                definition,
                settings: frozen.settings,
            };
            (machine, contents)
        });
        let functions = functions.into_iter();
        let functions = functions.map(|(handler, version)| {
            let contents = FunctionContents {
                version: Some(version.version),
                code_sha256: version.code_sha256,
                configuration: version.configuration,
            };
            (handler, contents)
        });
        Self {
            state_machines: machines.collect(),
            functions: functions.collect(),
        }
    }

    /// Of what `deploy.toml` asks for.
    pub fn of_desired(desired: &Desired) -> Self {
        let stack = &desired.stack;
        let machines = desired.state_machines.iter();
        let machines = machines.map(|(machine, wanted)| {
            let definition = wanted.definition.resolve(|placeholder| match placeholder {
                Placeholder::Named(name) => format!("${{{name}}}"),
                other => stack.account.pseudo_parameter(other),
            });
            let any_version = wanted.definition.resolve(|placeholder| match placeholder {
                Placeholder::Named(name) if wanted.starts.contains(name) => {
                    let machine = MachineName::Named(name.clone());
                    format!("{}:*", stack.state_machine_arn(&machine))
                }
                Placeholder::Named(handler) => format!("{}:*", stack.function_arn(handler)),
                other => stack.account.pseudo_parameter(other),
            });
            let contents = MachineContents {
                allowed: allowed(stack, &machine, &any_version, &wanted.settings),
                definition,
                settings: wanted.settings.clone(),
            };
            (machine, contents)
        });
        let functions = desired.functions.iter();
        let functions = functions.map(|(handler, wanted)| {
            let contents = FunctionContents {
                version: None,
                code_sha256: wanted.artifact.sha256.clone(),
                configuration: wanted.configuration.clone(),
            };
            (handler.clone(), contents)
        });
        Self {
            state_machines: machines.collect(),
            functions: functions.collect(),
        }
    }
}

fn allowed(
    stack: &Stack,
    machine: &MachineName,
    definition: &Value,
    settings: &StateMachineSettings,
) -> BTreeSet<Allowed> {
    let statements = derived_statements(stack, machine, definition, settings);
    let allowed = statements.iter().flat_map(|statement: &Statement| {
        let condition = statement.condition.as_ref().map(Value::to_string);
        let resources = statement.resources.iter();
        resources.flat_map(move |resource| {
            let condition = condition.clone();
            let actions = statement.actions.iter();
            actions.map(move |action| Allowed {
                action: action.clone(),
                resource: resource.clone(),
                condition: condition.clone(),
            })
        })
    });
    allowed.collect()
}
