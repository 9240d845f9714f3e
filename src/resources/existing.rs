//! Reads a state machine and functions that txflow did not create.

use txflow_asl::Arn;

use super::{FunctionConfiguration, StateMachineSettings, function, log_group, state_machine};
use crate::aws::{Aws, AwsError, failed, found};
use crate::stack::Tags;

/// A state machine, whoever created it.
#[derive(Debug, Clone)]
pub struct ExistingStateMachine {
    /// As it was sent to Step Functions.
    pub definition: String,
    pub settings: StateMachineSettings,
    pub tags: Tags,
    pub logs: ExistingLogs,
}

/// A function, whoever created it.
#[derive(Debug, Clone)]
pub struct ExistingFunction {
    pub configuration: FunctionConfiguration,
    pub reserved_concurrency: Option<i32>,
    pub logs: ExistingLogs,
    /// None without the permission to read them.
    pub tags: Tags,
}

/// A log group, whoever created it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExistingLogs {
    pub retention: Retention,
    /// The ARN of the key that encrypts the logs.
    pub kms_key: Option<String>,
}

/// How long a log group keeps its logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// The log group does not exist.
    NoGroup,
    Days(i32),
    Forever,
}

/// Reads a state machine; `None` if it does not exist.
///
/// # Errors
///
/// The first read that fails.
pub async fn existing_state_machine(
    aws: &Aws,
    arn: &str,
) -> Result<Option<ExistingStateMachine>, AwsError> {
    let Some(machine) = found(state_machine::describe(aws, arn).await)? else {
        return Ok(None);
    };
    let settings = state_machine::reported_settings(&machine);
    let group = settings.logging.log_group_arns.first();
    let group = group.and_then(|arn| Arn::parse(arn)).map(|arn| arn.name());
    let (tags, logs) = tokio::try_join!(state_machine::tags(aws, arn), logs(aws, group))?;
    Ok(Some(ExistingStateMachine {
        definition: machine.definition,
        settings,
        tags,
        logs,
    }))
}

/// The ARNs of all state machines of the account in the region.
///
/// # Errors
///
/// The first read that fails.
pub async fn existing_state_machines(aws: &Aws) -> Result<Vec<String>, AwsError> {
    let pages = aws
        .sfn
        .list_state_machines()
        .into_paginator()
        .items()
        .send();
    let machines = pages.try_collect().await;
    let machines: Vec<_> = machines.map_err(failed("ListStateMachines"))?;
    let arns = machines
        .into_iter()
        .map(|machine| machine.state_machine_arn);
    Ok(arns.collect())
}

/// Reads a function; `None` if it does not exist.
///
/// # Errors
///
/// The first read that fails.
pub async fn existing_function(
    aws: &Aws,
    name: &str,
) -> Result<Option<ExistingFunction>, AwsError> {
    let Some(function) = function::get(aws, name).await? else {
        return Ok(None);
    };
    let Some(configuration) = &function.configuration else {
        return Ok(None);
    };
    let logging = configuration.logging_config.as_ref();
    let group = logging.and_then(|logging| logging.log_group.clone());
    let group = group.unwrap_or_else(|| format!("/aws/lambda/{name}"));
    let concurrency = function.concurrency.as_ref();
    Ok(Some(ExistingFunction {
        configuration: function::configuration(configuration),
        reserved_concurrency: concurrency.and_then(|c| c.reserved_concurrent_executions),
        logs: logs(aws, Some(&group)).await?,
        tags: function.tags.unwrap_or_default().into_iter().collect(),
    }))
}

async fn logs(aws: &Aws, group: Option<&str>) -> Result<ExistingLogs, AwsError> {
    let group = match group {
        Some(group) => log_group::described(aws, group).await?,
        None => None,
    };
    Ok(match group {
        None => ExistingLogs {
            retention: Retention::NoGroup,
            kms_key: None,
        },
        Some(group) => ExistingLogs {
            retention: group
                .retention_in_days
                .map_or(Retention::Forever, Retention::Days),
            kms_key: group.kms_key_id,
        },
    })
}
