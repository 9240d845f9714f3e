//! What requests may not ask of a function's settings, in AWS's words.

use serde_json::{Map, Value};
use txflow_asl::is_account_id;

use super::SettingsInput;
use crate::fault::{Constraints, Fault};
use crate::lambda::invalid;

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

impl SettingsInput {
    /// Refuses what AWS refuses, and reports all constraint violations at once.
    pub(in crate::lambda) fn check(&self) -> Result<(), Fault> {
        let mut constraints = Constraints::default();
        constraints
            .range("timeout", self.timeout_seconds, 1, 900)
            .range("memorySize", self.memory_mb, 128, 10_240)
            .range(
                "ephemeralStorage.size",
                self.ephemeral_storage_mb
                    .as_ref()
                    .map(|storage| storage.size),
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
        self.check_members(&mut constraints);
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
        self.unsupported.refuse()
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
}

/// `[x86_64]` or `[arm64]`.
pub(in crate::lambda) fn architecture(list: Option<Vec<String>>) -> Result<Option<String>, Fault> {
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
    let Some(arn) = txflow_asl::Arn::parse(arn) else {
        return false;
    };
    arn.partition.starts_with("aws")
        && (arn.service, arn.region) == ("iam", "")
        && is_account_id(arn.account)
        && arn.resource.strip_prefix("role").is_some_and(|name| {
            name.len() > 1
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c))
        })
}
