//! Reads the definition of an execution or of a state machine.

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

/// The definition of a state machine, or of a version of it.
///
/// # Errors
///
/// If AWS refuses the read.
pub async fn definition_of(aws: &Aws, state_machine_arn: &str) -> Result<Value, AwsError> {
    let described = aws.sfn.describe_state_machine();
    let described = described.state_machine_arn(state_machine_arn).send().await;
    let described = described.map_err(failed("DescribeStateMachine"))?;
    Ok(json(described.definition()))
}
