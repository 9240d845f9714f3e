//! Lists the executions of a state machine, and finds one of them.

use aws_sdk_sfn::types::ExecutionStatus as SdkStatus;
use serde::Serialize;

use super::read::status;
use super::run::Status;
use crate::aws::{Aws, AwsError, failed};
use crate::stack::Stack;

/// An execution as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Listed {
    pub execution_arn: String,
    pub name: String,
    pub status: Status,
    /// Seconds since 1970.
    pub started: f64,
    pub stopped: Option<f64>,
    /// The release that it was started on; `None` where it was started on the bare state machine.
    pub release: Option<u64>,
}

/// At most `limit` executions of the stack, the newest first.
///
/// # Errors
///
/// Where AWS refuses the read: it lists no executions of an EXPRESS state machine
/// ([`crate::aws::Class::NotSupported`]).
pub async fn list(
    aws: &Aws,
    stack: &Stack,
    only: Option<SdkStatus>,
    limit: usize,
) -> Result<Vec<Listed>, AwsError> {
    let mut listed = Vec::new();
    let mut pages = aws
        .sfn
        .list_executions()
        .state_machine_arn(stack.state_machine_arn())
        .set_status_filter(only)
        .max_results(i32::try_from(limit).unwrap_or(i32::MAX).min(1000))
        .into_paginator()
        .send();
    while listed.len() < limit
        && let Some(page) = pages.next().await
    {
        let page = page.map_err(failed("ListExecutions"))?;
        listed.extend(page.executions.into_iter().map(|execution| {
            Listed {
                status: status(&execution.status),
                started: execution.start_date.as_secs_f64(),
                stopped: execution.stop_date.map(|date| date.as_secs_f64()),
                release: execution
                    .state_machine_version_arn
                    .and_then(|arn| arn.rsplit(':').next()?.parse().ok()),
                execution_arn: execution.execution_arn,
                name: execution.name,
            }
        }));
    }
    listed.truncate(limit);
    Ok(listed)
}

/// The ARN of the execution that a user means: an ARN, a name, or `last`. `None` where `last` is
/// meant and there is none.
///
/// # Errors
///
/// Where AWS refuses the list that `last` needs.
pub async fn find(aws: &Aws, stack: &Stack, meant: &str) -> Result<Option<String>, AwsError> {
    if meant.starts_with("arn:") {
        return Ok(Some(meant.to_owned()));
    }
    if meant == "last" {
        let last = list(aws, stack, None, 1).await?;
        return Ok(last.into_iter().next().map(|last| last.execution_arn));
    }
    Ok(Some(stack.execution_arn(meant)))
}
