//! Stops an execution, and runs one again from where it failed.

use std::time::Duration;

use super::change::StateChange;
use super::history::History;
use super::read::describe;
use super::run::Run;
use super::start::{Watch, watch};
use crate::aws::{Aws, AwsError, failed};

/// Stops an execution that runs, and returns how it ended. One that has ended stays as it is.
///
/// # Errors
///
/// If AWS refuses the call.
pub async fn stop(aws: &Aws, arn: &str, cause: Option<&str>) -> Result<Run, AwsError> {
    let stop = aws.sfn.stop_execution().execution_arn(arn);
    let stop = stop.error("txflow").set_cause(cause.map(str::to_owned));
    stop.send().await.map_err(failed("StopExecution"))?;
    // What is read right after may not know it yet.
    let limited = Watch {
        limit: Some(Duration::from_secs(10)),
        ..Watch::default()
    };
    watch(aws, arn, limited, &|_| ()).await
}

/// Runs a failed execution again from where it failed, and gives how often it was redriven then.
///
/// # Errors
///
/// As for [`redrive`].
pub async fn begin_redrive(aws: &Aws, arn: &str) -> Result<i32, AwsError> {
    let before = describe(aws, arn).await?;
    let redrive = aws.sfn.redrive_execution().execution_arn(arn);
    let answer = redrive.send().await;
    answer.map_err(failed("RedriveExecution"))?;
    Ok(before.redrive_count().unwrap_or(0) + 1)
}

/// Runs a failed execution again from where it failed, and watches it to its end. Calls `on_change`
/// with each change that is not in `history` already.
///
/// # Errors
///
/// If AWS refuses a call, such as for an execution that cannot be redriven.
pub async fn redrive(
    aws: &Aws,
    arn: &str,
    history: History,
    on_change: &dyn Fn(StateChange),
) -> Result<Run, AwsError> {
    let redrives = begin_redrive(aws, arn).await?;
    let again = Watch {
        history,
        redrives,
        limit: None,
        answers: None,
    };
    watch(aws, arn, again, on_change).await
}
