//! Reads the definition that an execution ran.

use serde_json::Value;

use super::document::json;
use crate::aws::{Aws, AwsError, failed};

/// The definition as the execution has it: of its release, whatever is live now.
///
/// # Errors
///
/// If AWS refuses the read.
pub async fn definition(aws: &Aws, execution_arn: &str) -> Result<Value, AwsError> {
    let answer = aws
        .sfn
        .describe_state_machine_for_execution()
        .execution_arn(execution_arn)
        .send()
        .await
        .map_err(failed("DescribeStateMachineForExecution"))?;
    Ok(json(answer.definition()))
}
