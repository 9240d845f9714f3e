//! Reads functions and their versions.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{
    Architecture as LambdaArchitecture, FunctionConfiguration as Reported, LastUpdateStatus, State,
};
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use futures_util::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

use super::contents::Contents;
use super::{FunctionConfiguration, settings};
use crate::apply::Backoff;
use crate::aws::{Aws, AwsError, failed, found};
use crate::config::Architecture;
use crate::resources::each::each;
use crate::resources::state_machine::Pin;
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionState {
    pub name: String,
    /// `$LATEST`.
    pub latest: FunctionVersion,
    /// Sent back with an update, to detect two deploys at once.
    pub revision_id: Option<String>,
    /// Why the last creation or update failed, in AWS's words.
    pub failure: Option<String>,
    /// Whether its creation failed, after which Lambda lets nobody change it.
    pub creation_failed: bool,
    /// Whether the newest version may not be ready: it was published a moment ago, and a deploy that was cut off has not waited
    /// for it.
    pub young: bool,
    /// The published versions that were read, oldest first.
    pub versions: Vec<FunctionVersion>,
    /// Whether these are all of them.
    pub all_versions: bool,
    pub reserved_concurrency: Option<i32>,
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionVersion {
    /// `$LATEST` or a number.
    pub version: String,
    pub code_sha256: String,
    /// Bytes of the zip.
    pub code_size: i64,
    /// As Lambda writes it, such as `2026-11-25T21:17:03.000+0000`.
    pub last_modified: Option<Timestamp>,
    /// Whether Lambda has reclaimed what an idle function needs in order to run. Lists of versions do not say so.
    pub inactive: bool,
    pub configuration: FunctionConfiguration,
}

impl FunctionState {
    /// The newest version, which the next release pins unless the function changes.
    pub(super) fn newest(&self) -> &FunctionVersion {
        self.versions.last().unwrap_or(&self.latest)
    }
}

impl FunctionVersion {
    pub(super) fn contents(&self) -> Contents {
        Contents {
            configuration: self.configuration.clone(),
            code_sha256: self.code_sha256.clone(),
        }
    }
}

const LATEST: &str = "$LATEST";

/// Which versions of the functions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versions {
    None,
    /// Those that the definition of the state machine pins, or all, whichever is less to ask for.
    Pinned,
    All,
}

/// How long Lambda may take until a new version is ready, in a VPC as well.
const READY_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// How many functions' versions are listed. Lambda takes 15 such calls a second, and 100 of GetFunction, which shows one
/// version.
const LISTED: usize = 10;

/// These functions with their versions. `pins` gives what the definitions pin; it is awaited only if that is needed.
pub(in crate::resources) async fn read_all(
    aws: &Aws,
    stack: &Stack,
    handlers: &BTreeSet<String>,
    wanted: Versions,
    pins: impl Future<Output = Vec<Pin>>,
) -> Result<BTreeMap<String, FunctionState>, AwsError> {
    let wanted = match wanted {
        Versions::Pinned if handlers.len() <= LISTED => Versions::All,
        other => other,
    };
    let list = wanted == Versions::All;
    let functions = each(handlers, |handler| read(aws, stack, handler, list));
    if wanted != Versions::Pinned {
        return functions.await;
    }
    let (functions, pins) = tokio::join!(functions, pins);
    let mut functions = functions?;
    let read = functions.iter_mut().map(async |(handler, function)| {
        let pins = pins.iter().filter_map(Pin::of_function);
        let pins = pins.filter(|(pinned, _)| pinned == handler);
        let pins: BTreeSet<&str> = pins.map(|(_, version)| version).collect();
        function.versions = pinned(aws, &function.name, &pins).await?;
        Ok::<_, AwsError>(())
    });
    try_join_all(read).await?;
    Ok(functions)
}

/// One function, and all its published versions if they are to be listed, both reads at once.
async fn read(
    aws: &Aws,
    stack: &Stack,
    handler: &str,
    list: bool,
) -> Result<Option<FunctionState>, AwsError> {
    let name = stack.function_name(handler);
    let (function, versions) = tokio::try_join!(get(aws, &name), async {
        if list {
            let listed = versions(aws, &name).await?;
            with_state_of_newest(aws, &name, listed).await
        } else {
            Ok(Vec::new())
        }
    })?;
    let Some(function) = function else {
        return Ok(None);
    };
    let Some(configuration) = &function.configuration else {
        return Ok(None);
    };
    Ok(Some(FunctionState {
        name,
        latest: version(configuration),
        revision_id: configuration.revision_id.clone(),
        failure: failure(configuration),
        creation_failed: configuration.state == Some(State::Failed),
        young: is_young(configuration, (aws.now)()),
        versions,
        all_versions: list,
        reserved_concurrency: function
            .concurrency
            .and_then(|concurrency| concurrency.reserved_concurrent_executions),
        tags: function.tags.unwrap_or_default().into_iter().collect(),
    }))
}

/// How long ago a version was published at least that nobody has invoked "for multiple weeks".
const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Lists of versions do not tell their states. Lambda reclaims only the network interfaces of a VPC ("Lambda function states" and
/// "Giving Lambda functions access to resources in an Amazon VPC" in its developer guide), so few versions are asked for.
async fn with_state_of_newest(
    aws: &Aws,
    name: &str,
    mut versions: Vec<FunctionVersion>,
) -> Result<Vec<FunctionVersion>, AwsError> {
    let since = (aws.now)() - IDLE;
    if let Some(newest) = versions.last_mut()
        && newest.configuration.settings.vpc.is_some()
        && newest
            .last_modified
            .is_some_and(|published| published < since)
    {
        let described = function_version(aws, name, &newest.version).await?;
        newest.inactive = described.is_some_and(|described| described.inactive);
    }
    Ok(versions)
}

/// The versions that are pinned; all if none is, since the newest may be what the next release pins.
async fn pinned(
    aws: &Aws,
    name: &str,
    pins: &BTreeSet<&str>,
) -> Result<Vec<FunctionVersion>, AwsError> {
    if pins.is_empty() {
        return versions(aws, name).await;
    }
    let read = pins.iter().map(|pin| function_version(aws, name, pin));
    let found = try_join_all(read).await?;
    Ok(in_order(found.into_iter().flatten()))
}

pub(in crate::resources) async fn get(
    aws: &Aws,
    name: &str,
) -> Result<Option<GetFunctionOutput>, AwsError> {
    let answer = aws.lambda.get_function().function_name(name).send().await;
    let function = found(answer.map_err(failed("GetFunction")))?;
    // Without its tags the function would seem to belong to somebody else.
    if let Some(error) = function.as_ref().and_then(GetFunctionOutput::tags_error) {
        let (code, message) = (error.error_code(), error.message());
        return Err(AwsError::reported("GetFunction", Some(code), Some(message)));
    }
    Ok(function)
}

/// A published version, if it exists.
///
/// # Errors
///
/// If the read fails.
pub async fn function_version(
    aws: &Aws,
    name: &str,
    qualifier: &str,
) -> Result<Option<FunctionVersion>, AwsError> {
    let request = aws.lambda.get_function().function_name(name);
    let answer = request.qualifier(qualifier).send().await;
    let answer = found(answer.map_err(failed("GetFunction")))?;
    let configuration = answer.and_then(|answer| answer.configuration);
    Ok(configuration.as_ref().map(version))
}

/// A version; `None` if it does not exist. AWS may not show one everywhere that was published a moment ago.
///
/// # Errors
///
/// If the read fails.
pub async fn published(
    aws: &Aws,
    name: &str,
    version: &str,
) -> Result<Option<FunctionVersion>, AwsError> {
    let mut backoff = Backoff::visible();
    loop {
        if let Some(version) = function_version(aws, name, version).await? {
            return Ok(Some(version));
        }
        match backoff.next() {
            Some(pause) => aws.sleep.sleep(pause).await,
            None => return Ok(None),
        }
    }
}

/// All published versions, oldest first.
pub(in crate::resources) async fn versions(
    aws: &Aws,
    name: &str,
) -> Result<Vec<FunctionVersion>, AwsError> {
    let mut versions = Vec::new();
    let mut pages = aws
        .lambda
        .list_versions_by_function()
        .function_name(name)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let Some(page) = found(page.map_err(failed("ListVersionsByFunction")))? else {
            break;
        };
        let published = page.versions().iter().map(version);
        versions.extend(published);
    }
    Ok(in_order(versions.into_iter()))
}

fn in_order(versions: impl Iterator<Item = FunctionVersion>) -> Vec<FunctionVersion> {
    let published = versions.filter(|version| version.version != LATEST);
    let mut published: Vec<_> = published.collect();
    published.sort_by_key(|version| version.version.parse::<u64>().unwrap_or(0));
    published
}

fn version(reported: &Reported) -> FunctionVersion {
    FunctionVersion {
        version: reported.version.clone().unwrap_or_default(),
        code_sha256: reported.code_sha256.clone().unwrap_or_default(),
        code_size: reported.code_size,
        last_modified: reported.last_modified().and_then(|time| time.parse().ok()),
        inactive: reported.state == Some(State::Inactive),
        configuration: configuration(reported),
    }
}

pub(in crate::resources) fn configuration(reported: &Reported) -> FunctionConfiguration {
    let runtime = reported.runtime.as_ref();
    FunctionConfiguration {
        role_arn: reported.role.clone().unwrap_or_default(),
        runtime: runtime.map_or_else(String::new, |runtime| runtime.as_str().to_owned()),
        architecture: match reported.architectures().first() {
            Some(LambdaArchitecture::Arm64) => Architecture::Arm64,
            _ => Architecture::X86_64,
        },
        settings: settings::reported(reported),
    }
}

/// The newest version is not younger than `$LATEST`, which it is a copy of.
fn is_young(latest: &Reported, now: Timestamp) -> bool {
    let modified = latest.last_modified().and_then(|time| time.parse().ok());
    modified.is_none_or(|modified: Timestamp| now.duration_since(modified) < READY_AFTER)
}

fn failure(configuration: &Reported) -> Option<String> {
    if configuration.state == Some(State::Failed) {
        let reason = configuration.state_reason.clone();
        return Some(reason.unwrap_or_else(|| "State is Failed".to_owned()));
    }
    if configuration.last_update_status == Some(LastUpdateStatus::Failed) {
        let reason = configuration.last_update_status_reason.clone();
        return Some(reason.unwrap_or_else(|| "LastUpdateStatus is Failed".to_owned()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lambda_writes_the_offset_without_its_colon() {
        let modified = "2026-11-25T21:16:03.120+0000";
        let version = version(&Reported::builder().last_modified(modified).build());
        let modified = version.last_modified.map(|time| time.to_string());
        assert_eq!(modified.as_deref(), Some("2026-11-25T21:16:03.12Z"));
    }
}
