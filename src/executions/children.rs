//! Reads the executions that the states of another one started, and those that they started in turn.

use aws_sdk_sfn::types::{ExecutionStatus as SdkStatus, MapRunStatus};
use futures_util::future::{LocalBoxFuture, try_join_all};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::child_counts::ChildCounts;
use super::read::read;
use super::run::{ChildRun, MapRun, Run};
use super::status::Status;
use crate::aws::{Aws, AwsError, Class, failed};
use crate::config::ExecutionStatus;

/// How many executions of one are read: a `Map` state may start thousands.
const READ: usize = 20;

/// How deep executions that start others are followed.
const DEEP: usize = 5;

/// How many at a time. `GetExecutionHistory` takes 20 a second in the long run.
const AT_ONCE: usize = 10;

/// Which child executions of a Map Run are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapChildren {
    /// A few of those that failed.
    Failed,
    /// All, as far as they are not too many.
    All,
}

impl MapChildren {
    /// How many.
    pub const fn most(self) -> usize {
        match self {
            Self::Failed => 5,
            Self::All => 1000,
        }
    }
}

/// The execution with those that it started, as far as they may be read: they may be in another account.
///
/// # Errors
///
/// If AWS refuses a read for another reason.
pub async fn with_children(
    aws: &Aws,
    run: Run,
    map_children: MapChildren,
) -> Result<Run, AwsError> {
    let reader = Reader { aws, map_children };
    reader.follow(run, DEEP).await
}

struct Reader<'a> {
    aws: &'a Aws,
    map_children: MapChildren,
}

impl Reader<'_> {
    fn follow(&self, mut run: Run, depth: usize) -> LocalBoxFuture<'_, Result<Run, AwsError>> {
        Box::pin(async move {
            if depth == 0 {
                return Ok(run);
            }
            run.children = self.started(&run, depth - 1).await?;
            run.map_runs = self.map_runs(&run, depth - 1).await?;
            Ok(run)
        })
    }

    /// The executions that tasks started.
    async fn started(&self, run: &Run, depth: usize) -> Result<Vec<ChildRun>, AwsError> {
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
            let Some(run) = self.child(&arn, depth).await? else {
                return Ok(None);
            };
            Ok::<_, AwsError>(Some(ChildRun {
                state,
                attempt,
                run,
            }))
        });
        let children = try_join_all(children).await?;
        Ok(children.into_iter().flatten().collect())
    }

    async fn child(&self, arn: &str, depth: usize) -> Result<Option<Run>, AwsError> {
        match within_reach(read(self.aws, arn).await)?.flatten() {
            Some(child) => self.follow(child, depth).await.map(Some),
            None => Ok(None),
        }
    }

    async fn map_runs(&self, run: &Run, depth: usize) -> Result<Vec<MapRun>, AwsError> {
        let states = run.history.iter().flat_map(|history| &history.states);
        let arns = states.enumerate().filter_map(|(index, state)| {
            let arn = state.map_run.clone()?;
            Some((index, arn))
        });
        let mut runs = Vec::new();
        for (state, arn) in arns.take(READ) {
            runs.extend(within_reach(self.map_run(state, &arn, depth).await)?);
        }
        Ok(runs)
    }

    async fn map_run(&self, state: usize, arn: &str, depth: usize) -> Result<MapRun, AwsError> {
        let describe = self
            .aws
            .sfn
            .describe_map_run()
            .map_run_arn(arn)
            .send()
            .await;
        let now = describe.map_err(failed("DescribeMapRun"))?;
        let counts = now.execution_counts();
        let count = |of: fn(&aws_sdk_sfn::types::MapRunExecutionCounts) -> i64| {
            counts.map_or(0, |counts| of(counts).unsigned_abs())
        };
        let executions = ChildCounts {
            total: count(|counts| counts.total()),
            waiting: count(|counts| {
                counts.pending() + counts.pending_redrive().unwrap_or_default()
            }),
            running: count(|counts| counts.running()),
            succeeded: count(|counts| counts.succeeded()),
            failed: count(|counts| counts.failed()),
            timed_out: count(|counts| counts.timed_out()),
            aborted: count(|counts| counts.aborted()),
        };
        let listed = within_reach(self.list(arn, executions).await)?.unwrap_or_default();
        let children = stream::iter(listed)
            .map(|child| async move { self.child(&child, depth).await })
            .buffered(AT_ONCE);
        let children: Vec<Option<Run>> = children.try_collect().await?;
        Ok(MapRun {
            state,
            map_run_arn: arn.to_owned(),
            status: match now.status() {
                MapRunStatus::Succeeded => Status::Ended(ExecutionStatus::Succeeded),
                MapRunStatus::Failed => Status::Ended(ExecutionStatus::Failed),
                MapRunStatus::Aborted => Status::Ended(ExecutionStatus::Aborted),
                _ => Status::Running,
            },
            redrives: now.redrive_count().unwrap_or_default().unsigned_abs(),
            executions,
            children: children.into_iter().flatten().collect(),
        })
    }

    /// The ARNs of the child executions to read. AWS lists none that are EXPRESS.
    async fn list(&self, map_run: &str, counts: ChildCounts) -> Result<Vec<String>, AwsError> {
        let filters: &[Option<SdkStatus>] = match self.map_children {
            MapChildren::All => &[None],
            MapChildren::Failed if counts.failed + counts.timed_out == 0 => &[],
            MapChildren::Failed => &[Some(SdkStatus::Failed), Some(SdkStatus::TimedOut)],
        };
        let most = self.map_children.most();
        let mut arns = Vec::new();
        for filter in filters {
            let list = self.aws.sfn.list_executions().map_run_arn(map_run);
            let list = list.set_status_filter(filter.clone());
            let list = list.max_results(i32::try_from(most).unwrap_or(i32::MAX));
            let mut pages = list.into_paginator().send();
            while arns.len() < most
                && let Some(page) = pages.next().await
            {
                let page = page.map_err(failed("ListExecutions"))?;
                arns.extend(page.executions.into_iter().map(|child| child.execution_arn));
            }
        }
        arns.truncate(most);
        Ok(arns)
    }
}

/// Nothing if it is in another account, gone, or EXPRESS, of which AWS keeps no executions.
fn within_reach<T>(read: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match read {
        Err(error)
            if matches!(
                error.class,
                Class::Denied | Class::NotFound | Class::NotSupported
            ) =>
        {
            Ok(None)
        }
        read => read.map(Some),
    }
}
