//! How a function's settings are sent to Lambda, reported by it and compared.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{
    ApplicationLogLevel, DeadLetterConfig, Environment, EphemeralStorage,
    FileSystemConfig as LambdaFileSystem, FunctionConfiguration as Reported,
    LogFormat as LambdaLogFormat, LoggingConfig, Runtime, SystemLogLevel, TracingConfig,
    TracingMode, VpcConfig as LambdaVpcConfig,
};

use super::FunctionConfiguration;
use crate::config::{
    EnvironmentValue, FileSystemConfig, FunctionConfig, FunctionLogging, FunctionSettings,
    LogFormat, VpcConfig,
};
use crate::plan::{Reason, Unit};
use crate::resources::attributes::Changes;

/// Adds to a request what creation and update have in common; their builders have no type in common. Every setting is
/// sent, even an empty one: Lambda keeps what an update leaves out.
macro_rules! with_configuration {
    ($request:expr, $configuration:expr) => {{
        use $crate::resources::function::settings as s;
        let $crate::config::FunctionSettings {
            memory,
            timeout,
            environment,
            tracing,
            ephemeral_storage,
            vpc,
            file_systems,
            layers,
            dead_letter_target,
            kms_key,
            logging,
        } = &$configuration.settings;
        $request
            .runtime(s::runtime($configuration))
            .handler(s::HANDLER)
            .role(&$configuration.role_arn)
            .memory_size(*memory)
            .timeout(*timeout)
            .environment(s::environment(environment))
            .tracing_config(s::tracing(*tracing))
            .set_ephemeral_storage(s::ephemeral_storage(*ephemeral_storage))
            .vpc_config(s::vpc(vpc.as_ref()))
            .set_file_system_configs(Some(s::file_systems(file_systems)))
            .set_layers(Some(layers.clone()))
            .dead_letter_config(s::dead_letter(dead_letter_target.as_ref()))
            .kms_key_arn(kms_key.clone().unwrap_or_default())
            .logging_config(s::logging(logging))
    }};
}
pub(super) use with_configuration;

/// What `provided.al2023` starts.
pub(super) const HANDLER: &str = "bootstrap";

/// What differs in the configuration. The architecture is not part of it: it is sent to Lambda with the code.
pub(crate) fn configuration_changes(
    old: &FunctionConfiguration,
    new: &FunctionConfiguration,
) -> Vec<Reason> {
    let mut changes = Changes::default();
    changes.compare("role", &old.role_arn, &new.role_arn);
    changes.compare("runtime", &old.runtime, &new.runtime);
    compare(&mut changes, &old.settings, &new.settings);
    changes.0
}

/// What a plan tells of a function that does not exist yet: its memory, its environment, and what is not by default.
pub(super) fn initial(settings: &FunctionSettings) -> Vec<Reason> {
    let mut default = FunctionConfig::unwritten().settings;
    // Shown in any case, since Lambda gives CPU in proportion to it.
    default.memory = 0;
    let mut changes = Changes::default();
    compare(&mut changes, &default, settings);
    let changes = changes.0.into_iter().map(|change| match change {
        Reason::Changed { attribute, new, .. } => Reason::Changed {
            attribute,
            old: None,
            new,
        },
        other => other,
    });
    changes.collect()
}

/// Adds what differs.
fn compare(changes: &mut Changes, old: &FunctionSettings, new: &FunctionSettings) {
    let FunctionSettings {
        memory,
        timeout,
        environment,
        tracing,
        ephemeral_storage,
        vpc,
        file_systems,
        layers,
        dead_letter_target,
        kms_key,
        logging,
    } = new;
    changes.measured("memory", Unit::Megabytes, &old.memory, memory);
    changes.measured("timeout", Unit::Seconds, &old.timeout, timeout);
    changes.compare("tracing", &old.tracing, tracing);
    changes.measured(
        "ephemeral storage",
        Unit::Megabytes,
        &old.ephemeral_storage,
        ephemeral_storage,
    );
    changes.compare("VPC", &old.vpc, vpc);
    changes.compare("file systems", &old.file_systems, file_systems);
    changes.compare("layers", &old.layers, layers);
    changes.compare(
        "dead-letter target",
        &old.dead_letter_target,
        dead_letter_target,
    );
    changes.compare("KMS key", &old.kms_key, kms_key);
    compare_logging(changes, &old.logging, logging);
    changes.environment(&old.environment, environment);
}

fn compare_logging(changes: &mut Changes, old: &FunctionLogging, new: &FunctionLogging) {
    let FunctionLogging {
        format,
        application_level,
        system_level,
    } = new;
    changes.compare("log format", &old.format.as_str(), &format.as_str());
    changes.compare(
        "application log level",
        &old.application_level,
        application_level,
    );
    changes.compare("system log level", &old.system_level, system_level);
}

/// The settings as Lambda reports them. What it leaves out has Lambda's default, which is also txflow's.
pub(super) fn reported(configuration: &Reported) -> FunctionSettings {
    let default = FunctionConfig::unwritten().settings;
    let tracing = configuration.tracing_config.as_ref();
    let storage = configuration.ephemeral_storage.as_ref();
    let file_systems = configuration.file_system_configs().iter();
    let layers = configuration.layers().iter();
    let dead_letter = configuration.dead_letter_config.as_ref();
    FunctionSettings {
        memory: configuration.memory_size.unwrap_or(default.memory),
        timeout: configuration.timeout.unwrap_or(default.timeout),
        environment: configuration
            .environment
            .as_ref()
            .and_then(|environment| environment.variables.clone())
            .unwrap_or_default()
            .into_iter()
            .map(|(key, value)| {
                // AWS does not know which values are secret, so none of these is ever shown.
                let secret = true;
                (key, EnvironmentValue::Known { value, secret })
            })
            .collect(),
        tracing: tracing.and_then(|tracing| tracing.mode.clone()) == Some(TracingMode::Active),
        ephemeral_storage: storage.map_or(default.ephemeral_storage, |storage| storage.size),
        vpc: reported_vpc(configuration),
        file_systems: file_systems
            .map(|mounted| FileSystemConfig {
                access_point: mounted.arn.clone(),
                mount_path: mounted.local_mount_path.clone(),
            })
            .collect(),
        layers: layers.filter_map(|layer| layer.arn.clone()).collect(),
        dead_letter_target: dead_letter
            .and_then(|config| config.target_arn.clone())
            .filter(|target| !target.is_empty()),
        kms_key: configuration
            .kms_key_arn
            .clone()
            .filter(|key| !key.is_empty()),
        logging: reported_logging(configuration),
    }
}

/// The levels are compared as AWS writes them, even those that txflow does not know.
fn reported_logging(configuration: &Reported) -> FunctionLogging {
    let logging = configuration.logging_config.as_ref();
    let json =
        logging.and_then(|logging| logging.log_format.clone()) == Some(LambdaLogFormat::Json);
    let logging = logging.filter(|_| json);
    FunctionLogging {
        format: if json {
            LogFormat::Json
        } else {
            LogFormat::Text
        },
        application_level: logging
            .and_then(|logging| Some(logging.application_log_level.as_ref()?.as_str().to_owned())),
        system_level: logging
            .and_then(|logging| Some(logging.system_log_level.as_ref()?.as_str().to_owned())),
    }
}

/// The log group stays as it is: that of the function's name, which is the default.
pub(super) fn logging(logging: &FunctionLogging) -> LoggingConfig {
    let application = logging.application_level.as_deref();
    let system = logging.system_level.as_deref();
    LoggingConfig::builder()
        .log_format(LambdaLogFormat::from(logging.format.as_str()))
        .set_application_log_level(application.map(ApplicationLogLevel::from))
        .set_system_log_level(system.map(SystemLogLevel::from))
        .build()
}

/// A function that left its VPC is reported with empty lists.
pub(super) fn reported_vpc(configuration: &Reported) -> Option<VpcConfig> {
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
        dual_stack: vpc.ipv6_allowed_for_dual_stack == Some(true),
    })
}

pub(super) fn runtime(configuration: &FunctionConfiguration) -> Runtime {
    Runtime::from(configuration.runtime.as_str())
}

pub(super) fn environment(variables: &BTreeMap<String, EnvironmentValue>) -> Environment {
    let variables = variables.iter();
    let variables =
        variables.filter_map(|(key, value)| Some((key.clone(), value.value()?.to_owned())));
    Environment::builder()
        .set_variables(Some(variables.collect()))
        .build()
}

pub(super) fn tracing(active: bool) -> TracingConfig {
    let mode = if active {
        TracingMode::Active
    } else {
        TracingMode::PassThrough
    };
    TracingConfig::builder().mode(mode).build()
}

pub(super) fn ephemeral_storage(size: i32) -> Option<EphemeralStorage> {
    // The size is set, so `build` cannot fail.
    EphemeralStorage::builder().size(size).build().ok()
}

pub(super) fn vpc(vpc: Option<&VpcConfig>) -> LambdaVpcConfig {
    let Some(vpc) = vpc else {
        return no_vpc();
    };
    LambdaVpcConfig::builder()
        .set_subnet_ids(Some(vpc.subnet_ids.clone()))
        .set_security_group_ids(Some(vpc.security_group_ids.clone()))
        .ipv6_allowed_for_dual_stack(vpc.dual_stack)
        .build()
}

/// Lambda keeps the VPC unless it is sent empty lists.
pub(super) fn no_vpc() -> LambdaVpcConfig {
    LambdaVpcConfig::builder()
        .set_subnet_ids(Some(Vec::new()))
        .set_security_group_ids(Some(Vec::new()))
        .build()
}

/// Both members are set, so `build` cannot fail.
pub(super) fn file_systems(mounted: &[FileSystemConfig]) -> Vec<LambdaFileSystem> {
    let mounted = mounted.iter().filter_map(|mounted| {
        let built = LambdaFileSystem::builder()
            .arn(&mounted.access_point)
            .local_mount_path(&mounted.mount_path);
        built.build().ok()
    });
    mounted.collect()
}

pub(super) fn dead_letter(target: Option<&String>) -> DeadLetterConfig {
    let target = target.cloned().unwrap_or_default();
    DeadLetterConfig::builder().target_arn(target).build()
}
