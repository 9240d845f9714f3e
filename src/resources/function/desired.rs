//! Deployment and artifacts → the functions that are wanted.

use std::collections::BTreeMap;

use crate::build::Artifact;
use crate::config::{Architecture, Deployment, EnvironmentValue, FunctionConfig, VpcConfig};
use crate::resources::MissingArtifact;
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone)]
pub struct Function {
    pub handler: String,
    pub name: String,
    pub artifact: Artifact,
    pub settings: FunctionSettings,
    pub reserved_concurrency: Option<i32>,
    pub tags: Tags,
}

/// What a published version freezes, besides the code.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionSettings {
    pub role_arn: String,
    pub runtime: String,
    pub architecture: Architecture,
    /// MB.
    pub memory: i32,
    /// Seconds.
    pub timeout: i32,
    pub environment: BTreeMap<String, EnvironmentValue>,
    pub tracing: bool,
    /// MB.
    pub ephemeral_storage: i32,
    pub vpc: Option<VpcConfig>,
    pub layers: Vec<String>,
    pub dead_letter_target: Option<String>,
}

pub(in crate::resources) fn functions(
    deployment: &Deployment,
    artifacts: &[Artifact],
    stack: &Stack,
) -> Result<BTreeMap<String, Function>, MissingArtifact> {
    let tags = stack.tags(&deployment.tags);
    let functions = deployment.functions.iter().map(|(handler, config)| {
        let mut artifacts = artifacts.iter();
        let artifact = artifacts.find(|artifact| artifact.function == *handler);
        let artifact = artifact.ok_or_else(|| MissingArtifact(handler.clone()))?;
        let function = function(deployment, config, artifact, stack, &tags);
        Ok((handler.clone(), function))
    });
    functions.collect()
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
