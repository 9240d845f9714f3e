//! Where the executions come from: AWS, or files.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;
use txflow_asl::Arn;
use txflow_asl::replay::{REDACTED_TEXT, RedactionPath, redact};
use txflow_local_aws::Time;

use super::ReplayOptions;
use crate::aws::Class;
use crate::commands::context::{Context, Session};
use crate::commands::error::CommandError;
use crate::commands::executions::refuse_express;
use crate::commands::release;
use crate::config::{Deployment, ExecutionStatus, MachineName};
use crate::executions::{self, Listed, Status};
use crate::world::Secrets;

/// The executions that are meant, without what is redacted and without secrets.
pub(super) async fn recordings(
    context: &Context,
    options: &ReplayOptions,
    deployment: &Deployment,
    machine: &MachineName,
) -> Result<Vec<Value>> {
    let paths = { deployment.replay.redact.iter() }.map(|text| {
        RedactionPath::parse(text).map_err(|cause| CommandError::BadRecording {
            path: format!("redact = [\"{text}\"]"),
            cause,
        })
    });
    let paths: Vec<_> = paths.collect::<Result<_, _>>()?;
    let corpus = deployment.replay.corpus.as_deref();
    let from = options.from.as_deref().or(corpus);
    let release = match from {
        None => Some(Release::Any),
        Some("live") => Some(Release::Live),
        Some(number) => number.parse().ok().map(Release::Number),
    };
    let mut recordings = match (release, from) {
        (Some(release), _) => from_aws(context, options, deployment, machine, release).await?,
        (None, path) => {
            // What stands in deploy.toml is below it, what is typed below the working folder.
            let root = match options.from {
                Some(_) => context.world.dir.as_path(),
                None => context.project.root(),
            };
            let found = from_files(&root.join(path.unwrap_or_default()))?;
            selected(found, options, context)
        }
    };
    for recording in &mut recordings {
        redact(recording, &paths);
        hide_secrets(recording, &context.world.secrets);
    }
    Ok(recordings)
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
    refuse_express(context, &session, machine)?;
    let release = match release {
        Release::Any => None,
        Release::Number(number) => Some(number),
        // If the traffic is split, `live` is several releases.
        Release::Live => Arn::version_in(&release::live_version(context, &session).await?),
    };
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
    listed.truncate(options.last_from_aws());
    read(&session, listed).await
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
    found.retain(|one| {
        let last = one["events"].as_array().and_then(|events| events.last());
        let ended = last
            .and_then(|last| last["type"].as_str())
            .unwrap_or_default();
        let started = one["events"][0]["timestamp"].as_str();
        let started = started.and_then(|time| time.parse::<jiff::Timestamp>().ok());
        let recent = match (since, started) {
            (Some(since), Some(started)) => started >= since,
            _ => true,
        };
        recent && (!options.failed || matches!(ended, "ExecutionFailed" | "ExecutionTimedOut"))
    });
    if let Some(last) = options.last {
        found.truncate(last.get());
    }
    found
}

fn from_files(path: &Path) -> Result<Vec<Value>, CommandError> {
    let unreadable = |path: &Path, cause: String| CommandError::BadRecording {
        path: path.display().to_string(),
        cause,
    };
    let files = files(path).map_err(|cause| unreadable(path, cause.to_string()))?;
    let mut recordings = Vec::new();
    for file in files {
        let text = text(&file).map_err(|cause| unreadable(&file, cause.to_string()))?;
        let found = parse(&text).map_err(|cause| unreadable(&file, cause))?;
        recordings.extend(found);
    }
    // A pipeline whose corpus is elsewhere must not pass.
    if recordings.is_empty() {
        return Err(unreadable(path, "it holds no executions".to_owned()));
    }
    Ok(recordings)
}

/// The file, or the files of recordings in the folder, by their names.
#[expect(clippy::disallowed_methods, reason = "looks for recordings")]
fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.retain(|file| {
        let kind = file.extension().and_then(|kind| kind.to_str());
        matches!(kind, Some("json" | "jsonl"))
    });
    files.sort();
    Ok(files)
}

#[expect(clippy::disallowed_methods, reason = "reads recordings")]
fn text(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// One document, or one a line.
fn parse(text: &str) -> Result<Vec<Value>, String> {
    let documents = match serde_json::from_str::<Value>(text) {
        Ok(document) => vec![document],
        Err(_) => { text.lines().enumerate() }
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| {
                serde_json::from_str(line).map_err(|cause| format!("line {}: {cause}", number + 1))
            })
            .collect::<Result<Vec<Value>, String>>()?,
    };
    match documents.iter().all(|one| one["events"].is_array()) {
        true => Ok(documents),
        false => Err("an execution has no list `events`".to_owned()),
    }
}

/// Secrets of the deployment are redacted wherever they are: in an environment that a handler returned, for one.
fn hide_secrets(value: &mut Value, secrets: &Secrets) {
    match value {
        Value::String(text) => {
            if let std::borrow::Cow::Owned(masked) = secrets.mask(text) {
                *text = masked.replace("***", REDACTED_TEXT);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| hide_secrets(item, secrets)),
        Value::Object(fields) => {
            fields
                .values_mut()
                .for_each(|field| hide_secrets(field, secrets));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corpus_without_executions_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = from_files(folder.path()).unwrap_err().to_string();
        assert!(error.contains("it holds no executions"), "{error}");
    }

    #[test]
    fn a_file_has_one_document_or_one_a_line() {
        let one = "{\n  \"events\": []\n}";
        assert_eq!(parse(one).map(|found| found.len()), Ok(1));
        let lines = "{\"events\":[]}\n\n{\"events\":[]}\n";
        assert_eq!(parse(lines).map(|found| found.len()), Ok(2));
        let error = parse("{\"events\":[]}\n{").err().unwrap_or_default();
        assert!(error.starts_with("line 2: EOF"), "{error}");
        assert_eq!(
            parse("{\"status\":\"FAILED\"}"),
            Err("an execution has no list `events`".to_owned())
        );
    }

    #[test]
    fn a_secret_is_redacted_inside_of_documents() {
        let secrets = Secrets::default();
        secrets.add(["5up3r-s3cret"], &[]);
        let mut recording = serde_json::json!({ "output": "{\"a\":\"5up3r-s3cret\"}" });
        hide_secrets(&mut recording, &secrets);
        assert_eq!(recording["output"], "{\"a\":\"[redacted]\"}");
    }
}
