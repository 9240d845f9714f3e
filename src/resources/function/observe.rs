//! Reads functions and their versions.

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{FunctionConfiguration, LastUpdateStatus, State};

use super::FunctionSettings;
use super::settings::settings;
use crate::aws::{Aws, AwsError, failed, found};
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone, PartialEq)]
pub struct FunctionState {
    pub name: String,
    /// `$LATEST`.
    pub latest: FunctionVersion,
    /// Sent back with an update, so that two deploys at once are noticed.
    pub revision_id: Option<String>,
    /// Why the last creation or update failed, in AWS's words.
    pub failure: Option<String>,
    /// The published versions, oldest first.
    pub versions: Vec<FunctionVersion>,
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
    pub last_modified: Option<String>,
    pub settings: FunctionSettings,
}

const LATEST: &str = "$LATEST";

/// One function with its published versions, both reads at once.
pub(in crate::resources) async fn read(
    aws: &Aws,
    stack: &Stack,
    handler: &str,
) -> Result<Option<FunctionState>, AwsError> {
    let name = stack.function_name(handler);
    let (function, versions) = tokio::try_join!(get(aws, &name), versions(aws, &name))?;
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
        versions,
        reserved_concurrency: function
            .concurrency
            .and_then(|concurrency| concurrency.reserved_concurrent_executions),
        tags: function.tags.unwrap_or_default().into_iter().collect(),
    }))
}

pub(in crate::resources) async fn get(
    aws: &Aws,
    name: &str,
) -> Result<Option<GetFunctionOutput>, AwsError> {
    let answer = aws.lambda.get_function().function_name(name).send().await;
    let function = found(answer.map_err(failed("GetFunction")))?;
    // Without its tags the function would be taken for somebody else's.
    if let Some(error) = function.as_ref().and_then(GetFunctionOutput::tags_error) {
        let (code, message) = (error.error_code(), error.message());
        return Err(AwsError::left_out("GetFunction", Some(code), Some(message)));
    }
    Ok(function)
}

async fn versions(aws: &Aws, name: &str) -> Result<Vec<FunctionVersion>, AwsError> {
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
        versions.extend(published.filter(|version| version.version != LATEST));
    }
    versions.sort_by_key(|version| version.version.parse::<u64>().unwrap_or(0));
    Ok(versions)
}

fn version(configuration: &FunctionConfiguration) -> FunctionVersion {
    FunctionVersion {
        version: configuration.version.clone().unwrap_or_default(),
        code_sha256: configuration.code_sha256.clone().unwrap_or_default(),
        code_size: configuration.code_size,
        last_modified: configuration.last_modified.clone(),
        settings: settings(configuration),
    }
}

fn failure(configuration: &FunctionConfiguration) -> Option<String> {
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
