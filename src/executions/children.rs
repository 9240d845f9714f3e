//! Reads the executions that the states of another one started, and those that they started in turn.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_sfn::types::{ExecutionStatus as SdkStatus, MapRunStatus};
use futures_util::future::{LocalBoxFuture, try_join_all};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::child_counts::ChildCounts;
use super::list::Listed;
use super::read::{ReadAgain, read, read_again};
use super::run::{ChildRun, MapRun, Run};
use super::status::Status;
use super::unread::Unread;
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
    /// A few: those that failed, and the newest.
    Few,
    /// All, as far as they are not too many.
    All,
}

impl MapChildren {
    /// How many.
    pub const fn most(self) -> usize {
        match self {
            Self::Failed => 5,
            Self::Few => 10,
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
    with_children_again(aws, run, None, map_children).await
}

/// The same of an execution that was `known` with those that it had started: of their histories only what is new is read.
///
/// # Errors
///
/// As for [`with_children`].
pub async fn with_children_again(
    aws: &Aws,
    run: Run,
    known: Option<&Run>,
    map_children: MapChildren,
) -> Result<Run, AwsError> {
    let mut all = BTreeMap::new();
    known.into_iter().for_each(|known| collect(known, &mut all));
    let reader = Reader {
        aws,
        map_children,
        known: all,
    };
    reader.follow(run, DEEP).await
}

/// All that were read below an execution, by their ARNs.
fn collect<'a>(run: &'a Run, all: &mut BTreeMap<&'a str, &'a Run>) {
    let started = run.children.iter().map(|child| &child.run);
    let of_maps = run.map_runs.iter().flat_map(|map_run| &map_run.children);
    for child in started.chain(of_maps) {
        all.insert(&child.execution_arn, child);
        collect(child, all);
    }
}

struct Reader<'a> {
    aws: &'a Aws,
    map_children: MapChildren,
    known: BTreeMap<&'a str, &'a Run>,
}

/// What was read, or why it was not.
type Reached<T> = Result<Result<T, Unread>, AwsError>;

impl Reader<'_> {
    fn follow(&self, mut run: Run, depth: usize) -> LocalBoxFuture<'_, Result<Run, AwsError>> {
        Box::pin(async move {
            run.unread = BTreeMap::new();
            if depth == 0 {
                let started = started(&run).into_iter().map(|(_, _, arn)| arn);
                let map_runs = map_runs(&run).into_iter().map(|(_, arn)| arn);
                let arns = started.chain(map_runs);
                run.unread = arns.map(|arn| (arn, Unread::TooDeep(DEEP))).collect();
                return Ok(run);
            }
            self.read_started(&mut run, depth - 1).await?;
            self.read_map_runs(&mut run, depth - 1).await?;
            Ok(run)
        })
    }

    /// The executions that tasks started.
    async fn read_started(&self, run: &mut Run, depth: usize) -> Result<(), AwsError> {
        let started = started(run);
        let (first, others) = started.split_at(started.len().min(READ));
        let children = first.iter().map(|(_, _, arn)| self.child(arn, depth));
        let children = try_join_all(children).await?;
        run.children = Vec::new();
        for ((state, attempt, arn), child) in first.iter().zip(children) {
            match child {
                Ok(child) => run.children.push(ChildRun {
                    state: *state,
                    attempt: *attempt,
                    run: child,
                }),
                Err(why) => {
                    run.unread.insert(arn.clone(), why);
                }
            }
        }
        let others = others.iter().map(|(_, _, arn)| arn.clone());
        run.unread
            .extend(others.map(|arn| (arn, Unread::TooMany(READ))));
        Ok(())
    }

    async fn child(&self, arn: &str, depth: usize) -> Reached<Run> {
        if arn.contains(":express:") {
            return Ok(Err(Unread::Express));
        }
        let read = async {
            match self.known.get(arn) {
                None => read(self.aws, arn).await,
                Some(known) => Ok(match read_again(self.aws, known).await? {
                    ReadAgain::Same => Some((*known).clone()),
                    ReadAgain::Now(run) => Some(*run),
                    ReadAgain::Gone => None,
                }),
            }
        };
        match within_reach(read.await)? {
            Ok(Some(child)) => self.follow(child, depth).await.map(Ok),
            Ok(None) => Ok(Err(Unread::NotFound)),
            Err(why) => Ok(Err(why)),
        }
    }

    /// One that has ended as it had needs no call.
    async fn listed(&self, listed: &Listed, depth: usize) -> Reached<Run> {
        let arn = listed.execution_arn.as_str();
        let known = self.known.get(arn).filter(|known| {
            let is_same = known.status == listed.status && known.redrives == listed.redrives;
            known.is_over() && is_same
        });
        match known {
            Some(known) => Ok(Ok(Run::clone(known))),
            None => self.child(arn, depth).await,
        }
    }

    async fn read_map_runs(&self, run: &mut Run, depth: usize) -> Result<(), AwsError> {
        let all = map_runs(run);
        let (first, others) = all.split_at(all.len().min(READ));
        run.map_runs = Vec::new();
        for (state, arn) in first {
            match within_reach(self.map_run(*state, arn, depth).await)? {
                Ok((map_run, unlisted)) => {
                    run.map_runs.push(map_run);
                    run.unread.extend(unlisted.map(|why| (arn.clone(), why)));
                }
                Err(why) => {
                    run.unread.insert(arn.clone(), why);
                }
            }
        }
        let others = others.iter().map(|(_, arn)| arn.clone());
        run.unread
            .extend(others.map(|arn| (arn, Unread::TooMany(READ))));
        Ok(())
    }

    /// With why none of its executions are listed, if none are.
    async fn map_run(
        &self,
        state: usize,
        arn: &str,
        depth: usize,
    ) -> Result<(MapRun, Option<Unread>), AwsError> {
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
        let (listed, unlisted) = match within_reach(self.list(arn, executions).await)? {
            // Only those that have begun.
            Ok(listed) if listed.is_empty() && executions.total > executions.waiting => {
                let asked_for_all = self.map_children != MapChildren::Failed;
                (listed, asked_for_all.then_some(Unread::Express))
            }
            Ok(listed) => (listed, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        let children = stream::iter(listed)
            .map(|child| async move { self.listed(&child, depth).await })
            .buffered(AT_ONCE);
        let children: Vec<Result<Run, Unread>> = children.try_collect().await?;
        let map_run = MapRun {
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
        };
        Ok((map_run, unlisted))
    }

    /// The child executions to read. AWS lists none that are EXPRESS.
    async fn list(&self, map_run: &str, counts: ChildCounts) -> Result<Vec<Listed>, AwsError> {
        let unsuccessful = [
            (counts.failed, SdkStatus::Failed),
            (counts.timed_out, SdkStatus::TimedOut),
        ];
        let unsuccessful = unsuccessful.into_iter().filter(|(count, _)| *count > 0);
        let mut filters: Vec<_> = unsuccessful.map(|(_, status)| Some(status)).collect();
        match self.map_children {
            MapChildren::Failed => {}
            MapChildren::Few => filters.push(None),
            MapChildren::All => filters = vec![None],
        }
        let most = self.map_children.most();
        let mut listed: Vec<Listed> = Vec::new();
        let mut arns = BTreeSet::new();
        for filter in filters {
            let list = self.aws.sfn.list_executions().map_run_arn(map_run);
            let list = list.set_status_filter(filter);
            let list = list.max_results(i32::try_from(most).unwrap_or(i32::MAX));
            let mut pages = list.into_paginator().send();
            while listed.len() < most
                && let Some(page) = pages.next().await
            {
                let page = page.map_err(failed("ListExecutions"))?;
                let children = page.executions.into_iter();
                let new = children.filter(|child| arns.insert(child.execution_arn.clone()));
                listed.extend(new.map(Listed::from));
            }
        }
        listed.truncate(most);
        Ok(listed)
    }
}

/// The executions that tasks started: the index of the state, the attempt, and the ARN.
fn started(run: &Run) -> Vec<(usize, usize, String)> {
    let states = run.history.iter().flat_map(|history| &history.states);
    let started = states.enumerate().flat_map(|(state, entered)| {
        let attempts = entered.attempts.iter().enumerate();
        attempts.filter_map(move |(attempt, tried)| {
            let arn = tried.execution_arn.clone()?;
            Some((state, attempt, arn))
        })
    });
    started.collect()
}

/// The Map Runs of its states: the index of the state, and the ARN.
fn map_runs(run: &Run) -> Vec<(usize, String)> {
    let states = run.history.iter().flat_map(|history| &history.states);
    let map_runs = states.enumerate();
    let map_runs = map_runs.filter_map(|(index, state)| Some((index, state.map_run.clone()?)));
    map_runs.collect()
}

/// It may be in another account, gone, or EXPRESS, of which AWS keeps no executions.
fn within_reach<T>(read: Result<T, AwsError>) -> Reached<T> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(error) => match error.class {
            Class::Denied => Ok(Err(Unread::Denied)),
            Class::NotFound => Ok(Err(Unread::NotFound)),
            Class::NotSupported => Ok(Err(Unread::Express)),
            _ => Err(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use txflow_test_support::reply::Reply;
    use txflow_test_support::wire::{Act, Rule, Wire};

    use super::super::history::tests::entered;
    use super::super::tests::client_of;
    use super::*;
    use crate::executions::{Attempt, History, StateKind};

    /// An execution whose states started others.
    fn parent(started: usize) -> Run {
        let mut history = History::default();
        for (id, at) in (1..).zip(0..started) {
            history.take(entered(id, 0, "Nested", StateKind::Task));
            history.states[at].attempts.push(Attempt {
                scheduled: jiff::Timestamp::UNIX_EPOCH,
                ended: None,
                function_arn: None,
                call: None,
                request_id: None,
                submitted: true,
                execution_arn: Some(format!("arn:aws:states:eu-west-1:1:execution:m:{at:02}")),
                failure: None,
            });
        }
        Run {
            history: Some(history),
            ..Run::sample(Status::Running)
        }
    }

    #[tokio::test]
    async fn what_is_not_read_has_a_reason() {
        let wire = Wire::scripted().await;
        let aws = client_of(&wire).await;
        let error = |code| Act::Reply(Reply::json_rpc_error(code, "no"));
        wire.rule(Rule::on(
            "states.DescribeExecution",
            error("AccessDeniedException"),
        ));
        wire.rule(Rule::on("states.DescribeExecution", error("ExecutionDoesNotExist")).always());
        let run = with_children(&aws, parent(READ + 2), MapChildren::Few)
            .await
            .unwrap();
        assert_eq!(wire.count("states.DescribeExecution"), READ);
        let count = |why| run.unread.values().filter(|found| **found == why).count();
        assert_eq!(count(Unread::Denied), 1, "{:?}", run.unread);
        assert_eq!(count(Unread::NotFound), READ - 1);
        assert_eq!(count(Unread::TooMany(READ)), 2);
        let reader = Reader {
            aws: &aws,
            map_children: MapChildren::Few,
            known: BTreeMap::new(),
        };
        let run = reader.follow(parent(1), 0).await.unwrap();
        let why: Vec<Unread> = run.unread.into_values().collect();
        assert_eq!(why, [Unread::TooDeep(DEEP)]);
        // AWS need not be asked for one that it does not keep.
        let mut nested = parent(1);
        let history = nested.history.as_mut().unwrap();
        history.states[0].attempts[0].execution_arn =
            Some("arn:aws:states:eu-west-1:1:express:m:1:2".to_owned());
        let run = with_children(&aws, nested, MapChildren::Few).await.unwrap();
        let why: Vec<Unread> = run.unread.into_values().collect();
        assert_eq!(why, [Unread::Express]);
        assert_eq!(wire.count("states.DescribeExecution"), READ);
    }
}
