//! Lists the executions of a state machine, and finds one of them.

use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus as SdkStatus};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use txflow_asl::Arn;

use super::fork_name::is_fork;
use super::read::status;
use super::status::Status;
use super::time::{optional_rfc3339, rfc3339};
use crate::aws::{Aws, AwsError, failed, timestamp};
use crate::config::MachineName;
use crate::stack::Stack;

/// An execution as a list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Listed {
    pub name: String,
    pub execution_arn: String,
    pub status: Status,
    #[serde(serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub started: Timestamp,
    #[serde(serialize_with = "optional_rfc3339")]
    #[schemars(with = "Option<String>")]
    pub stopped: Option<Timestamp>,
    /// The release that it was started on, unless that was the bare state machine, or the version of a fork.
    pub release: Option<u64>,
    /// The same of a state machine beside the main one: its version, which says nothing of the number of a release.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Whether it is a fork of another one.
    pub fork: bool,
    /// How many times it was redriven.
    pub redrives: u32,
}

/// At most `limit` executions of a state machine, the newest first.
///
/// # Errors
///
/// If AWS refuses the read: it lists no executions of an EXPRESS state machine
/// ([`crate::aws::Class::NotSupported`]).
pub async fn list(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    only: Option<SdkStatus>,
    limit: usize,
) -> Result<Vec<Listed>, AwsError> {
    let mut listed = Vec::new();
    let mut pages = aws
        .sfn
        .list_executions()
        .state_machine_arn(stack.state_machine_arn(machine))
        .set_status_filter(only)
        .max_results(i32::try_from(limit).unwrap_or(i32::MAX).min(1000))
        .into_paginator()
        .send();
    while listed.len() < limit
        && let Some(page) = pages.next().await
    {
        let page = page.map_err(failed("ListExecutions"))?;
        let read = page.executions.into_iter().map(Listed::from);
        listed.extend(read.map(|one| one.of(machine)));
    }
    listed.truncate(limit);
    Ok(listed)
}

/// How many are read at once if the older ones are known.
const NEWEST: i32 = 100;

/// The same again, if these were listed before: what is new, and what may have changed. An execution that was redriven may be
/// older than that.
///
/// # Errors
///
/// As for [`list`].
pub async fn list_again(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    known: &[Listed],
    limit: usize,
) -> Result<Vec<Listed>, AwsError> {
    let open = known.iter().rposition(|one| !one.status.is_ended());
    let mut left = open.map(|open| known[open].execution_arn.as_str());
    let mut listed: Vec<Listed> = Vec::new();
    let mut pages = aws
        .sfn
        .list_executions()
        .state_machine_arn(stack.state_machine_arn(machine))
        .max_results(NEWEST)
        .into_paginator()
        .send();
    while listed.len() < limit
        && let Some(page) = pages.next().await
    {
        let page = page.map_err(failed("ListExecutions"))?;
        let read = page.executions.into_iter().map(Listed::from);
        listed.extend(read.map(|one| one.of(machine)));
        if left.is_some_and(|left| listed.iter().any(|one| one.execution_arn == left)) {
            left = None;
        }
        let last = listed.last().map(|last| last.execution_arn.as_str());
        let place = known
            .iter()
            .position(|one| Some(&*one.execution_arn) == last);
        if let (None, Some(place)) = (left, place) {
            listed.extend_from_slice(&known[place + 1..]);
            break;
        }
    }
    listed.truncate(limit);
    Ok(listed)
}

impl Listed {
    /// As an execution of this state machine: only a version of the main one is a release.
    pub fn of(mut self, machine: &MachineName) -> Self {
        if *machine != MachineName::Main {
            self.version = self.release.take();
        }
        self
    }
}

impl From<ExecutionListItem> for Listed {
    fn from(execution: ExecutionListItem) -> Self {
        Self {
            status: status(&execution.status),
            started: timestamp(&execution.start_date),
            stopped: execution.stop_date.as_ref().map(timestamp),
            release: execution
                .state_machine_version_arn()
                .and_then(Arn::version_in)
                .filter(|_| !is_fork(&execution.name)),
            version: None,
            fork: is_fork(&execution.name),
            redrives: { execution.redrive_count }
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or(0),
            execution_arn: execution.execution_arn,
            name: execution.name,
        }
    }
}

/// The ARN of the execution that a user means: an ARN, a name, or `last`. `None` if `last` is
/// meant and there is none.
///
/// # Errors
///
/// If AWS refuses the list that `last` needs.
pub async fn find(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    meant: &str,
) -> Result<Option<String>, AwsError> {
    if meant.starts_with("arn:") {
        return Ok(Some(meant.to_owned()));
    }
    if meant == "last" {
        let last = list(aws, stack, machine, None, 1).await?;
        return Ok(last.into_iter().next().map(|last| last.execution_arn));
    }
    Ok(Some(stack.execution_arn(machine, meant)))
}

/// How many of the newest executions a name is looked for among.
const LOOKED_AT: usize = 1000;

/// The executions whose names begin so, the newest first.
///
/// # Errors
///
/// If AWS refuses the list.
pub async fn beginning_with(
    aws: &Aws,
    stack: &Stack,
    machine: &MachineName,
    beginning: &str,
) -> Result<Vec<Listed>, AwsError> {
    let mut found = list(aws, stack, machine, None, LOOKED_AT).await?;
    found.retain(|one| one.name.starts_with(beginning));
    Ok(found)
}
