//! A function's configuration as Lambda reports it → [`FunctionSettings`].

use aws_sdk_lambda::types::{
    Architecture as LambdaArchitecture, FunctionConfiguration, TracingMode,
};

use crate::config::{Architecture, EnvironmentValue, VpcConfig};
use crate::desired::FunctionSettings;

/// What Lambda leaves out stands at Lambda's own default.
pub(super) fn settings(configuration: &FunctionConfiguration) -> FunctionSettings {
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
        vpc: vpc(configuration),
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
fn vpc(configuration: &FunctionConfiguration) -> Option<VpcConfig> {
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
