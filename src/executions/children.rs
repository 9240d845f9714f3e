//! Reads the executions that the states of another one started, and those that they started in turn.

use futures_util::future::{LocalBoxFuture, try_join_all};

use super::read::read;
use super::run::{ChildRun, Run};
use crate::aws::{Aws, AwsError, Class};

/// How many executions of one are read: a `Map` state may start thousands.
const READ: usize = 20;

/// How deep executions that start others are followed.
const DEEP: usize = 5;

/// The execution with those that it started, as far as they may be read: they may be in another account.
///
/// # Errors
///
/// If AWS refuses a read for another reason.
pub async fn with_children(aws: &Aws, run: Run) -> Result<Run, AwsError> {
    follow(aws, run, DEEP).await
}

fn follow(aws: &Aws, mut run: Run, depth: usize) -> LocalBoxFuture<'_, Result<Run, AwsError>> {
    Box::pin(async move {
        if depth == 0 {
            return Ok(run);
        }
        let states = run.history.iter().flat_map(|history| &history.states);
        let started = states.enumerate().flat_map(|(state, entered)| {
            let attempts = entered.attempts.iter().enumerate();
            attempts.filter_map(move |(attempt, tried)| {
                let arn = tried.execution_arn.clone()?;
                Some((state, attempt, arn))
            })
        });
        let started: Vec<_> = started.take(READ).collect();
        let children = started.into_iter().map(async |(state, attempt, arn)| {
            let child = match read(aws, &arn).await {
                Err(error) if is_out_of_reach(&error) => None,
                child => child?,
            };
            let Some(child) = child else { return Ok(None) };
            let run = follow(aws, child, depth - 1).await?;
            Ok::<_, AwsError>(Some(ChildRun {
                state,
                attempt,
                run,
            }))
        });
        let children = try_join_all(children).await?;
        run.children = children.into_iter().flatten().collect();
        Ok(run)
    })
}

/// Of another account, or EXPRESS, of which AWS keeps no executions.
fn is_out_of_reach(error: &AwsError) -> bool {
    matches!(
        error.class,
        Class::Denied | Class::NotFound | Class::NotSupported
    )
}
