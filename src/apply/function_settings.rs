//! A function's settings in the types of Lambda's requests.
//!
//! An update sends every setting, also the empty ones: what a request leaves out, Lambda keeps.

use aws_sdk_lambda::types::{
    Architecture as LambdaArchitecture, DeadLetterConfig, Environment, EphemeralStorage,
    TracingConfig, TracingMode, VpcConfig,
};

use crate::config::Architecture;
use crate::desired::FunctionSettings;

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

pub(super) fn vpc(settings: &FunctionSettings) -> VpcConfig {
    let vpc = settings.vpc.as_ref();
    let subnets = vpc.map(|vpc| vpc.subnet_ids.clone()).unwrap_or_default();
    let groups = vpc
        .map(|vpc| vpc.security_group_ids.clone())
        .unwrap_or_default();
    VpcConfig::builder()
        .set_subnet_ids(Some(subnets))
        .set_security_group_ids(Some(groups))
        .build()
}

pub(super) fn dead_letter(settings: &FunctionSettings) -> DeadLetterConfig {
    let target = settings.dead_letter_target.clone().unwrap_or_default();
    DeadLetterConfig::builder().target_arn(target).build()
}
