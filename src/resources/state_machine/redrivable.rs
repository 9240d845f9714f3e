//! Whether an execution may be redriven, which needs what it ran on.

use std::time::Duration;

use aws_sdk_sfn::types::ExecutionStatus;
use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::aws::{Aws, AwsError, Class, failed, timestamp};

/// For how long after it failed an execution may be redriven, with the definition of then: RedriveExecution in the API
/// reference.
const REDRIVABLE: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How many pages are read of the executions of a version that ended in the same way.
const PAGES: usize = 10;

/// Whether an execution on the version with this ARN failed so recently that it may be redriven. AWS lists those that started
/// last first, and one that started before thousands of others may have failed just now. So if there are more than are read, the
/// version is taken for one that is needed.
pub(super) async fn is_redrivable(aws: &Aws, version_arn: &str) -> Result<bool, AwsError> {
    let since = (aws.now)().checked_sub(REDRIVABLE);
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    let statuses = [
        ExecutionStatus::Failed,
        ExecutionStatus::TimedOut,
        ExecutionStatus::Aborted,
    ];
    let any = statuses.map(|status| any_ended_since(aws, version_arn, status, since));
    Ok(try_join_all(any).await?.contains(&true))
}

async fn any_ended_since(
    aws: &Aws,
    version_arn: &str,
    status: ExecutionStatus,
    since: Timestamp,
) -> Result<bool, AwsError> {
    let list = aws.sfn.list_executions().state_machine_arn(version_arn);
    let list = list.status_filter(status).max_results(1000);
    let mut pages = list.into_paginator().send();
    for _ in 0..PAGES {
        let Some(page) = pages.next().await else {
            return Ok(false);
        };
        let page = match page.map_err(failed("ListExecutions")) {
            Ok(page) => page,
            Err(error) if matches!(error.class, Class::NotFound | Class::NotSupported) => {
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let mut stopped = { page.executions() }
            .iter()
            .filter_map(|execution| execution.stop_date.as_ref().map(timestamp));
        if stopped.any(|at| at > since) {
            return Ok(true);
        }
        if page.next_token().is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
