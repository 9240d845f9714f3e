//! Lists the child executions of a Map Run, which may be thousands, page by page.

use aws_sdk_sfn::types::ExecutionStatus as SdkStatus;

use super::list::Listed;
use crate::aws::{Aws, AwsError, failed};

/// How many are on a page.
const PAGE: i32 = 100;

/// Some of the child executions of a Map Run, the newest first.
#[derive(Debug, Default)]
pub struct ChildPage {
    pub listed: Vec<Listed>,
    /// What AWS is asked for the next page with.
    pub next: Option<String>,
}

/// A page of the child executions of a Map Run, with one status or with any.
///
/// # Errors
///
/// If AWS refuses the read.
pub async fn list_of_map_run(
    aws: &Aws,
    map_run_arn: &str,
    status: Option<&str>,
    from: Option<&str>,
) -> Result<ChildPage, AwsError> {
    let listed = { aws.sfn.list_executions() }
        .map_run_arn(map_run_arn)
        .set_status_filter(status.map(SdkStatus::from))
        .set_next_token(from.map(str::to_owned))
        .max_results(PAGE)
        .send()
        .await
        .map_err(failed("ListExecutions"))?;
    Ok(ChildPage {
        listed: listed.executions.into_iter().map(Listed::from).collect(),
        next: listed.next_token,
    })
}
