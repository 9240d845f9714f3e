//! Where executions of both releases failed and how often they were retried, of a few of them: only their histories tell.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::running::Running;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::commands::redaction::{hidden, redaction};
use crate::config::ExecutionStatus;
use crate::executions::{self, Cause, Listed, OnAlias, Run, Status};
use crate::world::Secrets;

/// How many of the newest executions of a release are read that failed, and how many that succeeded.
const READ: usize = 10;

/// Step Functions answers 20 reads of a history a second.
const READ_AT_ONCE: usize = 4;

/// What a few histories say.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Details {
    /// Alike failures, the most frequent first.
    pub failures: Vec<FailuresAlike>,
    pub retries: Vec<Retries>,
}

/// Failures in one state with one error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FailuresAlike {
    pub release: u64,
    pub state: Option<String>,
    pub error: Option<String>,
    /// The first line of the cause of one of them.
    pub cause: String,
    /// Among the executions that were read.
    pub count: usize,
    /// The name of one of them.
    pub example: String,
}

/// How many executions of a release had a state that was retried.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Retries {
    pub release: u64,
    pub retried: usize,
    /// How many histories were read.
    pub of: usize,
}

/// `None` if a history could not be read.
pub async fn details<D>(
    context: &Context,
    session: &Session<D>,
    running: &Running,
    executions: &OnAlias,
) -> Option<Details> {
    let mut details = Details::default();
    let (old, new) = running.releases();
    for release in [new, old] {
        let chosen = chosen(executions, release);
        let reads = stream::iter(chosen)
            .map(|arn| async move { executions::read(&session.aws, &arn).await });
        let runs: Vec<_> = reads.buffered(READ_AT_ONCE).collect().await;
        let runs = runs.into_iter().collect::<Result<Vec<_>, _>>().ok()?;
        let runs: Vec<Run> = runs.into_iter().flatten().collect();
        let runs = shown(runs, &session.config.redact, &context.world.secrets).ok()?;
        details.take(release, &runs, &context.world.secrets);
    }
    Some(details)
}

/// The executions without what is not shown of them.
fn shown(runs: Vec<Run>, redact: &[String], secrets: &Secrets) -> Result<Vec<Run>, CommandError> {
    let states = { runs.iter() }
        .flat_map(|run| &run.history)
        .flat_map(|history| &history.states);
    // Of the definition, only the names of states are said.
    let names: Value = states.map(|state| Value::from(&*state.name)).collect();
    let redaction = redaction(redact, &names)?;
    let runs = runs.into_iter();
    Ok(runs
        .map(|run| hidden(&redaction, run, secrets).masked(secrets))
        .collect())
}

/// The ARNs of the newest that failed, and of the newest that succeeded.
fn chosen(executions: &OnAlias, release: u64) -> Vec<String> {
    let of_release = executions.all().filter(|one| one.release == Some(release));
    let mut ended: Vec<&Listed> = of_release.filter(|one| one.status.is_ended()).collect();
    ended.sort_by_key(|one| std::cmp::Reverse(one.started));
    let succeeded = |one: &&Listed| one.status == Status::Ended(ExecutionStatus::Succeeded);
    let aborted = |one: &&Listed| one.status == Status::Ended(ExecutionStatus::Aborted);
    let (good, bad): (Vec<&Listed>, Vec<&Listed>) = ended.into_iter().partition(succeeded);
    let bad = bad.into_iter().filter(|one| !aborted(one)).take(READ);
    let chosen = bad.chain(good.into_iter().take(READ));
    chosen.map(|one| one.execution_arn.clone()).collect()
}

impl Details {
    fn take(&mut self, release: u64, runs: &[Run], secrets: &Secrets) {
        let mut alike: BTreeMap<(Option<String>, Option<String>), FailuresAlike> = BTreeMap::new();
        let succeeded = Status::Ended(ExecutionStatus::Succeeded);
        for run in runs.iter().filter(|run| run.status != succeeded) {
            let state = run.failed_state().map(|state| state.name.clone());
            let error = run.error.clone();
            let key = (state.clone(), error.clone());
            let cause = Cause::parse(run.cause.as_deref().unwrap_or_default());
            let failures = alike.entry(key).or_insert_with(|| FailuresAlike {
                release,
                state,
                error,
                cause: cause.headline().to_owned(),
                count: 0,
                // What is cut off afterwards would not be found any more.
                example: secrets.mask(run.name()).into_owned(),
            });
            failures.count += 1;
        }
        let mut alike: Vec<FailuresAlike> = alike.into_values().collect();
        alike.sort_by_key(|failures| std::cmp::Reverse(failures.count));
        self.failures.extend(alike);
        let retried = |run: &&Run| {
            let states = run.history.iter().flat_map(|history| &history.states);
            states.map(|state| state.retries()).sum::<usize>() > 0
        };
        self.retries.push(Retries {
            release,
            retried: runs.iter().filter(retried).count(),
            of: runs.len(),
        });
    }
}
