//! Deployment → the desired state machine.

use std::collections::BTreeSet;

use crate::config::{Definition, Deployment, LogLevel, PolicyStatement, StateMachineKind};
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone)]
pub struct StateMachine {
    pub name: String,
    /// Pseudo parameters and functions are still placeholders: a function's version is known only
    /// once it is published.
    pub definition: Definition,
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

pub(in crate::resources) fn state_machine(deployment: &Deployment, stack: &Stack) -> StateMachine {
    StateMachine {
        name: stack.state_machine_name(),
        definition: deployment.definition.clone(),
        settings: settings(deployment, stack),
        statements: deployment.state_machine.statements.clone(),
        tags: stack.tags(&deployment.tags),
    }
}

fn settings(deployment: &Deployment, stack: &Stack) -> StateMachineSettings {
    let config = &deployment.state_machine;
    let log_group_arns = if config.logs_are_on() {
        let arn = stack.log_group_arn(&stack.state_machine_log_group());
        BTreeSet::from([format!("{arn}:*")])
    } else {
        BTreeSet::new()
    };
    StateMachineSettings {
        kind: config.kind,
        role_arn: stack.state_machine_role_arn(),
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
