//! The settings that requests carry, checked as AWS checks them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::function::Settings;
use super::invalid;
use crate::fault::{Constraints, Fault};

/// Every runtime that CreateFunction accepts today. Others, including those that AWS has retired, are refused.
const RUNTIMES: [&str; 26] = [
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "java8.al2",
    "java11",
    "java17",
    "java21",
    "java25",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "dotnet8",
    "dotnet10",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "ruby4.0",
    "provided.al2",
    "provided.al2023",
    "nodejs18.x",
    "python3.8",
    "dotnet6",
    "ruby2.7",
];

/// Variables that Lambda reserves for itself.
const RESERVED_VARIABLES: [&str; 21] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
];

const ROLE_PATTERN: &str = "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";

/// What CreateFunction and UpdateFunctionConfiguration share. What is absent stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SettingsInput {
    pub(super) runtime: Option<String>,
    pub(super) role: Option<String>,
    pub(super) handler: Option<String>,
    description: Option<String>,
    timeout: Option<i64>,
    memory_size: Option<i64>,
    environment: Option<Environment>,
    tracing_config: Option<Tracing>,
    ephemeral_storage: Option<EphemeralStorage>,
    logging_config: Option<Logging>,
    layers: Option<Vec<String>>,
    vpc_config: Option<Value>,
    dead_letter_config: Option<DeadLetter>,
    #[serde(rename = "KMSKeyArn")]
    kms_key_arn: Option<String>,
    file_system_configs: Option<Vec<Value>>,
    snap_start: Option<Value>,
    image_config: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tracing {
    mode: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EphemeralStorage {
    size: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logging {
    log_format: Option<String>,
    log_group: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetter {
    target_arn: Option<String>,
}

impl SettingsInput {
    /// Refuses what AWS refuses, and reports all constraint violations at once.
    pub(super) fn check(&self) -> Result<(), Fault> {
        let mut constraints = Constraints::default();
        constraints
            .range("timeout", self.timeout, 1, 900)
            .range("memorySize", self.memory_size, 128, 10_240)
            .range(
                "ephemeralStorage.size",
                self.ephemeral_storage.as_ref().map(|storage| storage.size),
                512,
                10_240,
            );
        if let Some(role) = &self.role {
            constraints.pattern("role", role, ROLE_PATTERN, is_role(role));
        }
        if let Some(handler) = &self.handler {
            let holds = !handler.is_empty() && !handler.contains(char::is_whitespace);
            constraints
                .length("handler", handler, 0, 128)
                .pattern("handler", handler, "[^\\s]+", holds);
        }
        if let Some(description) = &self.description {
            constraints.length("description", description, 0, 256);
        }
        if let Some(mode) = self
            .tracing_config
            .as_ref()
            .and_then(|tracing| tracing.mode.as_ref())
        {
            constraints.one_of("tracingConfig.mode", mode, &["Active", "PassThrough"]);
        }
        if let Some(format) = self
            .logging_config
            .as_ref()
            .and_then(|logging| logging.log_format.as_ref())
        {
            constraints.one_of("loggingConfig.logFormat", format, &["JSON", "Text"]);
        }
        for name in self.variables().into_iter().flatten().map(|(name, _)| name) {
            let mut letters = name.chars();
            let holds = name.len() > 1
                && letters
                    .next()
                    .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
            constraints.pattern(
                "environment.variables",
                name,
                "[a-zA-Z]([a-zA-Z0-9_])+",
                holds,
            );
        }
        constraints.check("ValidationException")?;
        if let Some(runtime) = self
            .runtime
            .as_ref()
            .filter(|runtime| !RUNTIMES.contains(&runtime.as_str()))
        {
            return Err(invalid(format!(
                "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
                RUNTIMES.join(", ")
            )));
        }
        self.check_environment()?;
        for (member, present) in [
            (
                "FileSystemConfigs",
                self.file_system_configs
                    .as_ref()
                    .is_some_and(|list| !list.is_empty()),
            ),
            (
                "SnapStart",
                self.snap_start
                    .as_ref()
                    .is_some_and(|snap| snap["ApplyOn"] == "PublishedVersions"),
            ),
            ("ImageConfig", self.image_config.is_some()),
        ] {
            if present {
                return Err(Fault::not_implemented(
                    "lambda",
                    &format!("functions with {member}"),
                ));
            }
        }
        Ok(())
    }

    /// Whether the request makes Lambda grant the function's role the use of its key anew.
    pub(super) fn regrants(&self) -> bool {
        self.role.is_some() || self.environment.is_some() || self.kms_key_arn.is_some()
    }

    fn variables(&self) -> Option<&BTreeMap<String, String>> {
        self.environment.as_ref()?.variables.as_ref()
    }

    fn check_environment(&self) -> Result<(), Fault> {
        const START: &str = "Lambda was unable to configure your environment variables because the environment variables you have provided";
        let Some(variables) = self.variables() else {
            return Ok(());
        };
        let reserved: Vec<_> = variables
            .keys()
            .map(String::as_str)
            .filter(|name| RESERVED_VARIABLES.contains(name))
            .collect();
        if !reserved.is_empty() {
            return Err(invalid(format!(
                "{START} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
                reserved.join(", ")
            )));
        }
        let measured: Map<_, _> = variables
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        let measured = Value::Object(measured).to_string();
        if measured.len() > 4096 {
            return Err(invalid(format!(
                "{START} exceeded the 4KB limit. String measured: {measured}"
            )));
        }
        Ok(())
    }

    /// Copies what is present into `settings`. Call [`SettingsInput::check`] first.
    pub(super) fn apply(self, settings: &mut Settings) {
        fn set<T>(target: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *target = value;
            }
        }
        set(&mut settings.runtime, self.runtime);
        set(&mut settings.role, self.role);
        set(&mut settings.handler, self.handler);
        set(&mut settings.description, self.description);
        set(
            &mut settings.timeout_seconds,
            self.timeout.map(i64::unsigned_abs),
        );
        set(
            &mut settings.memory_mb,
            self.memory_size.map(i64::unsigned_abs),
        );
        set(
            &mut settings.environment,
            self.environment
                .map(|environment| environment.variables.unwrap_or_default()),
        );
        set(
            &mut settings.tracing,
            self.tracing_config.and_then(|tracing| tracing.mode),
        );
        set(
            &mut settings.ephemeral_storage_mb,
            self.ephemeral_storage
                .map(|storage| storage.size.unsigned_abs()),
        );
        set(&mut settings.layers, self.layers);
        if let Some(logging) = self.logging_config {
            set(&mut settings.log_format, logging.log_format);
            set(&mut settings.log_group, logging.log_group);
        }
        // An empty list of subnets, an empty ARN or an empty key removes the setting.
        if let Some(vpc) = self.vpc_config {
            let empty = vpc["SubnetIds"].as_array().is_none_or(Vec::is_empty);
            settings.vpc = (!empty).then_some(vpc);
        }
        if let Some(dead_letter) = self.dead_letter_config {
            settings.dead_letter_target = dead_letter.target_arn.filter(|arn| !arn.is_empty());
        }
        if let Some(key) = self.kms_key_arn {
            settings.kms_key = Some(key).filter(|key| !key.is_empty());
        }
    }
}

impl Settings {
    /// AWS's defaults for what CreateFunction does not set.
    pub(super) fn defaults(function: &str) -> Settings {
        Settings {
            runtime: String::new(),
            role: String::new(),
            handler: String::new(),
            description: String::new(),
            timeout_seconds: 3,
            memory_mb: 128,
            environment: BTreeMap::new(),
            tracing: "PassThrough".to_owned(),
            ephemeral_storage_mb: 512,
            architecture: "x86_64".to_owned(),
            log_format: "Text".to_owned(),
            log_group: format!("/aws/lambda/{function}"),
            layers: Vec::new(),
            vpc: None,
            dead_letter_target: None,
            kms_key: None,
        }
    }
}

/// `[x86_64]` or `[arm64]`.
pub(super) fn architecture(list: Option<Vec<String>>) -> Result<Option<String>, Fault> {
    let Some(list) = list else { return Ok(None) };
    match list.as_slice() {
        [one] if one == "x86_64" || one == "arm64" => Ok(Some(one.clone())),
        _ => {
            let shown = format!("[{}]", list.join(", "));
            let constraint = if list.len() == 1 {
                "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]"
            } else {
                "Member must have length less than or equal to 1"
            };
            Constraints::default()
                .violated("architectures", shown, constraint)
                .check("ValidationException")?;
            Ok(None)
        }
    }
}

/// AWS's pattern for role ARNs, above.
fn is_role(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let head = [parts.next(), parts.next(), parts.next(), parts.next()];
    let (account, resource) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let partition = head[1].unwrap_or_default();
    head[0] == Some("arn")
        && partition.starts_with("aws")
        && head[2..] == [Some("iam"), Some("")]
        && account.len() == 12
        && account.bytes().all(|byte| byte.is_ascii_digit())
        && resource.strip_prefix("role").is_some_and(|name| {
            name.len() > 1
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c))
        })
}
