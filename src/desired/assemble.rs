//! Deployment + artifacts + account → what the stack is to be.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::{function_policy, function_trust, state_machine_policy, state_machine_trust};
use super::{
    Desired, Function, FunctionSettings, LogGroup, Logging, Origin, Role, Stack, StateMachine,
    StateMachineSettings, Tags,
};
use crate::build::Artifact;
use crate::config::{Deployment, FunctionConfig, LogLevel, StateMachineConfig, VpcConfig};

/// Everything that the deployment asks for, complete: what AWS would have to be asked for is computed.
///
/// # Errors
///
/// The name of a handler that has no artifact. A function that is left out here would be removed.
pub fn assemble(
    deployment: &Deployment,
    artifacts: &[Artifact],
    stack: &Stack,
    origin: Origin,
) -> Result<Desired, MissingArtifact> {
    let tags = stack.tags(&deployment.tags);
    let mut functions = BTreeMap::new();
    for (handler, config) in &deployment.functions {
        let artifact = artifacts
            .iter()
            .find(|artifact| artifact.function == *handler)
            .ok_or_else(|| MissingArtifact(handler.clone()))?;
        let function = function(deployment, config, artifact, stack, &tags);
        functions.insert(handler.clone(), function);
    }
    Ok(Desired {
        stack: stack.clone(),
        roles: roles(deployment, stack),
        log_groups: log_groups(deployment, stack),
        functions,
        state_machine: Some(state_machine(deployment, stack, &tags)),
        keep_versions: deployment.keep_versions,
        origin,
    })
}

#[derive(Debug, thiserror::Error)]
#[error("the build made no artifact of `{0}`")]
pub struct MissingArtifact(pub String);

/// Whether the state machine writes logs, and so needs a log group and the right to deliver to it.
fn logs_are_on(config: &StateMachineConfig) -> bool {
    config.logging != LogLevel::Off
}

fn roles(deployment: &Deployment, stack: &Stack) -> BTreeMap<String, Role> {
    let tags = stack.tags(&deployment.tags);
    let functions = deployment.functions.iter().map(|(handler, config)| Role {
        name: stack.function_name(handler),
        path: stack.role_path(),
        description: format!("Lambda function {}", stack.function_name(handler)),
        trust: function_trust(),
        policy: function_policy(stack, handler, config),
        tags: tags.clone(),
    });
    let state_machine = Role {
        name: stack.state_machine_role(),
        path: stack.role_path(),
        description: format!(
            "Step Functions state machine {}",
            stack.state_machine_name()
        ),
        trust: state_machine_trust(stack),
        policy: state_machine_policy(
            stack,
            deployment.functions.keys(),
            &state_machine_settings(deployment, stack),
        ),
        tags: tags.clone(),
    };
    functions
        .chain([state_machine])
        .map(|role| (role.name.clone(), role))
        .collect()
}

fn log_groups(deployment: &Deployment, stack: &Stack) -> BTreeMap<String, LogGroup> {
    let tags = stack.tags(&deployment.tags);
    let functions = deployment
        .functions
        .iter()
        .map(|(handler, config)| LogGroup {
            name: stack.function_log_group(handler),
            retention: config.log_retention,
            tags: tags.clone(),
        });
    let state_machine = logs_are_on(&deployment.state_machine).then(|| LogGroup {
        name: stack.state_machine_log_group(),
        retention: deployment.state_machine.log_retention,
        tags: tags.clone(),
    });
    functions
        .chain(state_machine)
        .map(|group| (group.name.clone(), group))
        .collect()
}

fn function(
    deployment: &Deployment,
    config: &FunctionConfig,
    artifact: &Artifact,
    stack: &Stack,
    tags: &Tags,
) -> Function {
    let handler = &artifact.function;
    let name = stack.function_name(handler);
    Function {
        handler: handler.clone(),
        settings: FunctionSettings {
            role_arn: stack.role_arn(&name),
            runtime: "provided.al2023".to_owned(),
            architecture: deployment.build.architecture,
            memory: config.memory,
            timeout: config.timeout,
            environment: config.environment.clone(),
            tracing: config.tracing,
            ephemeral_storage: config.ephemeral_storage,
            vpc: config.vpc.clone().map(sorted),
            layers: config.layers.clone(),
            dead_letter_target: config.dead_letter_target.clone(),
        },
        name,
        artifact: artifact.clone(),
        reserved_concurrency: config.reserved_concurrency,
        tags: tags.clone(),
    }
}

/// AWS reports the ids in an order of its own.
fn sorted(mut vpc: VpcConfig) -> VpcConfig {
    vpc.subnet_ids.sort();
    vpc.security_group_ids.sort();
    vpc
}

fn state_machine(deployment: &Deployment, stack: &Stack, tags: &Tags) -> StateMachine {
    StateMachine {
        name: stack.state_machine_name(),
        definition: deployment.definition.clone(),
        settings: state_machine_settings(deployment, stack),
        tags: tags.clone(),
    }
}

fn state_machine_settings(deployment: &Deployment, stack: &Stack) -> StateMachineSettings {
    let config = &deployment.state_machine;
    let log_group_arns = if logs_are_on(config) {
        let arn = stack.log_group_arn(&stack.state_machine_log_group());
        BTreeSet::from([format!("{arn}:*")])
    } else {
        BTreeSet::new()
    };
    StateMachineSettings {
        kind: config.kind,
        role_arn: stack.role_arn(&stack.state_machine_role()),
        logging: Logging {
            level: config.logging,
            // Without logs AWS keeps it off.
            include_execution_data: logs_are_on(config) && config.include_execution_data,
            log_group_arns,
        },
        tracing: config.tracing,
    }
}
