//! Deployment and artifacts → the desired functions.

use std::collections::BTreeMap;

use super::contents::Contents;
use crate::build::Artifact;
use crate::config::{Architecture, Deployment, FunctionConfig, FunctionSettings};
use crate::resources::MissingArtifact;
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone)]
pub struct Function {
    pub handler: String,
    pub name: String,
    pub artifact: Artifact,
    pub configuration: FunctionConfiguration,
    pub reserved_concurrency: Option<i32>,
    pub tags: Tags,
}

/// What a published version freezes in addition to the code.
#[derive(Debug, Clone, PartialEq)]
pub struct FunctionConfiguration {
    pub role_arn: String,
    pub runtime: String,
    pub architecture: Architecture,
    pub settings: FunctionSettings,
}

impl Function {
    /// What its version is to hold.
    pub(super) fn contents(&self) -> Contents {
        Contents {
            configuration: self.configuration.clone(),
            code_sha256: self.artifact.sha256.clone(),
        }
    }
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
        configuration: FunctionConfiguration {
            role_arn: stack.function_role_arn(handler),
            runtime: "provided.al2023".to_owned(),
            architecture: deployment.build.architecture,
            settings: settings(config, stack),
        },
        name,
        artifact: artifact.clone(),
        reserved_concurrency: config.reserved_concurrency,
        tags: tags.clone(),
    }
}

/// The settings with pseudo parameters in place.
fn settings(config: &FunctionConfig, stack: &Stack) -> FunctionSettings {
    let mut settings = config.settings.clone();
    for value in settings.environment.values_mut() {
        *value = value.resolve(|pseudo| stack.account.pseudo_parameter(pseudo));
    }
    settings
}
