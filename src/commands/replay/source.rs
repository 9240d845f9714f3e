//! Where the executions come from: AWS, or files.

use std::time::Duration;

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde_json::Value;
use txflow_asl::Arn;
use txflow_local_aws::Time;

use super::ReplayOptions;
use super::files::from_files;
use crate::aws::Class;
use crate::commands::context::{Context, Session};
use crate::commands::logs::Since;
use crate::commands::release;
use crate::config::{Deployment, ExecutionStatus, MachineName, StateMachineKind};
use crate::executions::{self, Listed, Status};
use crate::logs;
use crate::report::counted;

/// The executions that are meant, as they were recorded.
pub(super) async fn recordings(
    context: &Context,
    options: &ReplayOptions,
    deployment: &Deployment,
    machine: &MachineName,
) -> Result<Vec<Value>> {
    // What is exported becomes the corpus, so it is not taken from there unless that is typed.
    let corpus = { deployment.replay.corpus.as_deref() }.filter(|_| options.export.is_none());
    let from = options.from.as_deref().or(corpus);
    let release = match from {
        None => Some(Release::Any),
        Some("live") => Some(Release::Live),
        Some(number) => number.parse().ok().map(Release::Number),
    };
    if let Some(release) = release {
        return from_aws(context, options, deployment, machine, release).await;
    }
    // What stands in deploy.toml is below it, what is typed below the working folder.
    let root = match options.from {
        Some(_) => context.world.dir.as_path(),
        None => context.project.root(),
    };
    let found = from_files(&root.join(from.unwrap_or_default()))?;
    Ok(selected(found, options, context))
}

/// Which executions in AWS.
#[derive(Debug, Clone, Copy)]
enum Release {
    Any,
    Live,
    Number(u64),
}

/// How many of the newest executions are looked at for those that are meant.
const LOOKED_AT: usize = 1000;

/// Step Functions answers 20 reads of a history a second.
const READ_AT_ONCE: usize = 4;

async fn from_aws(
    context: &Context,
    options: &ReplayOptions,
    deployment: &Deployment,
    machine: &MachineName,
    release: Release,
) -> Result<Vec<Value>> {
    let session = Session::open(&context.connection, deployment.clone(), Time::Real).await?;
    let release = match release {
        Release::Any => None,
        Release::Number(number) => Some(number),
        // If the traffic is split, `live` is several releases.
        Release::Live => Arn::version_in(&release::live_version(context, &session).await?),
    };
    if let Some(StateMachineKind::Express) = session.config.state_machines.get(machine) {
        return from_log(context, options, &session, machine, release).await;
    }
    let all = release.is_none() && !options.failed && options.since.is_none();
    let limit = match all {
        true => options.last_from_aws(),
        false => LOOKED_AT,
    };
    let listed = executions::list(&session.aws, &session.stack, machine, None, limit).await;
    let mut listed = match listed {
        Err(error) if error.class == Class::NotFound => {
            return Err(context.not_deployed_here(&session).await.into());
        }
        listed => listed?,
    };
    let since = options.since.map(|since| since.time((context.world.now)()));
    listed.retain(|one| {
        (release.is_none() || one.release == release)
            && since.is_none_or(|since| one.started >= since)
            && (!options.failed || has_failed(one.status))
    });
    let all = listed.len();
    listed.retain(|one| !one.fork);
    if listed.len() < all {
        let forks = counted(all - listed.len(), "fork");
        let text = format!(
            "{forks} left out: an execution that began in the middle says nothing of the definition"
        );
        context.printer.note(&text);
    }
    listed.truncate(options.last_from_aws());
    read(&session, listed).await
}

/// How far back the log of an EXPRESS state machine is read without `--since`.
const READ_BACK: Since = Since::Ago(Duration::from_secs(24 * 60 * 60));

/// Step Functions keeps nothing of EXPRESS executions but what they log.
async fn from_log(
    context: &Context,
    options: &ReplayOptions,
    session: &Session,
    machine: &MachineName,
    release: Option<u64>,
) -> Result<Vec<Value>> {
    let group = session.stack.state_machine_log_group(machine);
    let since = options.since.unwrap_or(READ_BACK);
    let logged = logs::all_recorded(&session.aws, group, since.time((context.world.now)()));
    let mut found = logged.await?;
    let ran_on = |one: &Value| {
        one["stateMachineVersionArn"]
            .as_str()
            .and_then(Arn::version_in)
    };
    if release.is_some() {
        let all = found.len();
        found.retain(|one| ran_on(one).is_some());
        if found.len() < all {
            let unknown = counted(all - found.len(), "execution");
            let text =
                format!("{unknown} left out: the log does not say on which release they ran");
            context.printer.note(&text);
        }
        found.retain(|one| ran_on(one) == release);
    }
    let mut found = selected(found, options, context);
    found.truncate(options.last_from_aws());
    Ok(found)
}

async fn read(session: &Session, listed: Vec<Listed>) -> Result<Vec<Value>> {
    let reads = stream::iter(listed)
        .map(|one| async move { executions::recorded(&session.aws, &one.execution_arn).await });
    Ok(reads.buffered(READ_AT_ONCE).try_collect().await?)
}

fn has_failed(status: Status) -> bool {
    use ExecutionStatus::{Failed, TimedOut};
    matches!(status, Status::Ended(Failed | TimedOut))
}

/// The options that choose executions apply to files as well.
fn selected(mut found: Vec<Value>, options: &ReplayOptions, context: &Context) -> Vec<Value> {
    let since = options.since.map(|since| since.time((context.world.now)()));
    let started = |one: &Value| {
        let written = &one["events"][0]["timestamp"];
        let text = written
            .as_str()
            .and_then(|time| time.parse::<Timestamp>().ok());
        // In seconds, as the log of an EXPRESS execution has it.
        let seconds = written.as_f64().map(Duration::try_from_secs_f64);
        text.or_else(|| Timestamp::UNIX_EPOCH.checked_add(seconds?.ok()?).ok())
    };
    found.retain(|one| {
        let last = one["events"].as_array().and_then(|events| events.last());
        let ended = last
            .and_then(|last| last["type"].as_str())
            .unwrap_or_default();
        let recent = match (since, started(one)) {
            (Some(since), Some(started)) => started >= since,
            _ => true,
        };
        recent && (!options.failed || matches!(ended, "ExecutionFailed" | "ExecutionTimedOut"))
    });
    if let Some(last) = options.last {
        found.sort_by_key(|one| std::cmp::Reverse(started(one)));
        found.truncate(last.get());
    }
    found
}
