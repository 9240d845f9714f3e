//! Lambda's limits on the environment of a function.

use serde_json::{Map as Object, Value};

use super::findings::Findings;
use super::rules::VariableName;
use super::section::Map;
use super::template_keys::Variable;

/// In bytes. Lambda measures the variables as one JSON object.
const LIMIT: usize = 4096;

/// Set by Lambda itself: `CreateFunction` refuses them.
const RESERVED: [&str; 18] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

pub(super) fn check(
    function: &str,
    environment: &Map<VariableName, Variable>,
    findings: &mut Findings,
) {
    for variable in &environment.entries {
        if RESERVED.contains(&variable.name.as_str()) {
            let message = format!("Lambda sets `{}` itself", variable.name);
            findings.error("invalid-name", variable.at.clone(), message, None);
        }
    }
    let variables: Object<String, Value> = environment
        .entries
        .iter()
        .filter_map(|entry| {
            let value = entry.value.as_ref()?.0.value()?;
            Some((entry.name.clone(), value.into()))
        })
        .collect();
    let size = Value::from(variables).to_string().len();
    if size > LIMIT {
        let message = format!(
            "the environment of `{function}` has {size} bytes as JSON; Lambda accepts {LIMIT}"
        );
        let hint = "keep large values in the handler, in S3 or in Parameter Store";
        findings.error(
            "too-large",
            environment.at.clone(),
            message,
            hint.to_owned(),
        );
    }
}
