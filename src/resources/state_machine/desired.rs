//! Deployment → the desired state machine.

use std::collections::BTreeSet;

use crate::config::{
    Definition, Deployment, Family, LogLevel, MachineName, PolicyStatement, StateMachineConfig,
    StateMachineKind,
};
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone)]
pub struct StateMachine {
    pub machine: MachineName,
    pub name: String,
    /// Pseudo parameters, functions and state machines are still placeholders: a version is known only
    /// once it is published.
    pub definition: Definition,
    /// The names in it that are state machines.
    pub starts: BTreeSet<String>,
    pub settings: StateMachineSettings,
    /// What deploy.toml declares for its role.
    pub statements: Vec<PolicyStatement>,
    pub tags: Tags,
}

/// The settings of a state machine, except for its definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateMachineSettings {
    pub kind: StateMachineKind,
    pub role_arn: String,
    pub logging: Logging,
    pub tracing: bool,
    /// The ARN of the key that encrypts the definition and the executions.
    pub kms_key: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    pub level: LogLevel,
    pub include_execution_data: bool,
    /// With the trailing `:*` that Step Functions requires. Empty if the level is `OFF`.
    pub log_group_arns: BTreeSet<String>,
}

pub(in crate::resources) fn state_machines(
    deployment: &Deployment,
    stack: &Stack,
) -> Family<StateMachine> {
    let tags = stack.tags(&deployment.tags);
    deployment
        .state_machines
        .map(|machine, config| StateMachine {
            name: stack.state_machine_name(&machine),
            definition: config.definition.clone(),
            starts: { deployment.state_machines.named.keys() }
                .filter(|name| config.definition.names().contains(*name))
                .cloned()
                .collect(),
            settings: settings(&machine, config, stack),
            statements: config.statements.clone(),
            tags: tags.clone(),
            machine,
        })
}

fn settings(
    machine: &MachineName,
    config: &StateMachineConfig,
    stack: &Stack,
) -> StateMachineSettings {
    let log_group_arns = if config.logs_are_on() {
        let arn = stack.log_group_arn(&stack.state_machine_log_group(machine));
        BTreeSet::from([format!("{arn}:*")])
    } else {
        BTreeSet::new()
    };
    StateMachineSettings {
        kind: config.kind,
        role_arn: stack.state_machine_role_arn(machine),
        logging: Logging {
            level: config.logging,
            // Without logs AWS keeps it off.
            include_execution_data: config.logs_are_on() && config.include_execution_data,
            log_group_arns,
        },
        tracing: config.tracing,
        kms_key: config.kms_key.clone(),
    }
}
