//! A function's settings in Lambda's types, as they are reported and as they are sent.
//!
//! An update sends every setting, also the empty ones: Lambda keeps what a request leaves out.

use aws_sdk_lambda::types::{
    Architecture as LambdaArchitecture, DeadLetterConfig, Environment, EphemeralStorage,
    FunctionConfiguration, TracingConfig, TracingMode, VpcConfig as LambdaVpcConfig,
};

use super::FunctionSettings;
use crate::config::{Architecture, EnvironmentValue, VpcConfig};

/// What Lambda leaves out stands at Lambda's own default.
pub(in crate::resources) fn settings(configuration: &FunctionConfiguration) -> FunctionSettings {
    let tracing = configuration.tracing_config.as_ref();
    FunctionSettings {
        role_arn: configuration.role.clone().unwrap_or_default(),
        runtime: configuration
            .runtime
            .as_ref()
            .map(|runtime| runtime.as_str().to_owned())
            .unwrap_or_default(),
        architecture: match configuration.architectures().first() {
            Some(LambdaArchitecture::Arm64) => Architecture::Arm64,
            _ => Architecture::X86_64,
        },
        memory: configuration.memory_size.unwrap_or(128),
        timeout: configuration.timeout.unwrap_or(3),
        environment: configuration
            .environment
            .as_ref()
            .and_then(|environment| environment.variables.clone())
            .unwrap_or_default()
            .into_iter()
            .map(|(key, value)| {
                // AWS does not know which values are secret, so none is ever shown from here.
                let secret = true;
                (key, EnvironmentValue { value, secret })
            })
            .collect(),
        tracing: tracing.and_then(|tracing| tracing.mode.clone()) == Some(TracingMode::Active),
        ephemeral_storage: configuration
            .ephemeral_storage
            .as_ref()
            .map_or(512, |storage| storage.size),
        vpc: reported_vpc(configuration),
        layers: configuration
            .layers()
            .iter()
            .filter_map(|layer| layer.arn.clone())
            .collect(),
        dead_letter_target: configuration
            .dead_letter_config
            .as_ref()
            .and_then(|config| config.target_arn.clone())
            .filter(|target| !target.is_empty()),
    }
}

/// A function that left its VPC is reported with empty lists.
fn reported_vpc(configuration: &FunctionConfiguration) -> Option<VpcConfig> {
    let vpc = configuration.vpc_config.as_ref()?;
    let mut subnet_ids = vpc.subnet_ids().to_vec();
    let mut security_group_ids = vpc.security_group_ids().to_vec();
    if subnet_ids.is_empty() {
        return None;
    }
    subnet_ids.sort();
    security_group_ids.sort();
    Some(VpcConfig {
        subnet_ids,
        security_group_ids,
    })
}

pub(super) fn architecture(architecture: Architecture) -> LambdaArchitecture {
    LambdaArchitecture::from(architecture.as_str())
}

pub(super) fn environment(settings: &FunctionSettings) -> Environment {
    let variables = settings
        .environment
        .iter()
        .map(|(key, value)| (key.clone(), value.value.clone()))
        .collect();
    Environment::builder()
        .set_variables(Some(variables))
        .build()
}

pub(super) fn tracing(settings: &FunctionSettings) -> TracingConfig {
    let mode = if settings.tracing {
        TracingMode::Active
    } else {
        TracingMode::PassThrough
    };
    TracingConfig::builder().mode(mode).build()
}

pub(super) fn ephemeral_storage(settings: &FunctionSettings) -> Option<EphemeralStorage> {
    // The size is set, so `build` has nothing to refuse.
    EphemeralStorage::builder()
        .size(settings.ephemeral_storage)
        .build()
        .ok()
}

pub(super) fn vpc(settings: &FunctionSettings) -> LambdaVpcConfig {
    let vpc = settings.vpc.as_ref();
    let subnets = vpc.map(|vpc| vpc.subnet_ids.clone()).unwrap_or_default();
    let groups = vpc
        .map(|vpc| vpc.security_group_ids.clone())
        .unwrap_or_default();
    LambdaVpcConfig::builder()
        .set_subnet_ids(Some(subnets))
        .set_security_group_ids(Some(groups))
        .build()
}

pub(super) fn dead_letter(settings: &FunctionSettings) -> DeadLetterConfig {
    let target = settings.dead_letter_target.clone().unwrap_or_default();
    DeadLetterConfig::builder().target_arn(target).build()
}
