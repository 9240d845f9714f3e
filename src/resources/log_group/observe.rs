//! Reads log groups.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;

use crate::aws::{Aws, AwsError, failed, found};
use crate::resources::each::each;
use crate::stack::{Stack, Tags};

/// Of how many groups the tags are read before it is known which exist. CloudWatch Logs takes ten such calls a second.
const AT_ONCE: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroupState {
    /// Days.
    pub retention: Option<i32>,
    pub tags: Tags,
}

/// The log groups with these names, each with its tags.
pub(in crate::resources) async fn read_all(
    aws: &Aws,
    stack: &Stack,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, LogGroupState>, AwsError> {
    let tags_of = async |names: &BTreeSet<String>| {
        each(names, |name| async move {
            Ok(Some(tags(aws, stack, name).await?))
        })
        .await
    };
    let (retention, mut tags) = if names.len() > AT_ONCE {
        let retention = retentions(aws, stack, names).await?;
        let found = retention.keys().cloned().collect();
        (retention, tags_of(&found).await?)
    } else {
        tokio::try_join!(retentions(aws, stack, names), tags_of(names))?
    };
    let groups = retention.into_iter().map(|(name, retention)| {
        let tags = tags.remove(&name).unwrap_or_default();
        (name, LogGroupState { retention, tags })
    });
    Ok(groups.collect())
}

/// The retention of those of these groups that exist. The names of all functions' groups begin alike.
async fn retentions(
    aws: &Aws,
    stack: &Stack,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, Option<i32>>, AwsError> {
    let shared = stack.function_log_group("");
    let prefixes = names.iter().map(|name| match name.starts_with(&shared) {
        true => shared.clone(),
        false => name.clone(),
    });
    let prefixes: BTreeSet<String> = prefixes.collect();
    let found = try_join_all(prefixes.iter().map(|prefix| describe(aws, prefix))).await?;
    let mut found: BTreeMap<_, _> = found.into_iter().flatten().collect();
    // A prefix finds longer names as well.
    found.retain(|name, _| names.contains(name));
    Ok(found)
}

/// `None` if the group does not exist, `Some(None)` if it keeps its logs forever.
pub(in crate::resources) async fn retention(
    aws: &Aws,
    name: &str,
) -> Result<Option<Option<i32>>, AwsError> {
    let groups = describe(aws, name).await?;
    let mut groups = groups.into_iter();
    Ok(groups.find(|group| group.0 == name).map(|group| group.1))
}

/// The groups whose names begin with this, each with its retention.
async fn describe(aws: &Aws, prefix: &str) -> Result<Vec<(String, Option<i32>)>, AwsError> {
    let mut groups = Vec::new();
    let mut pages = aws
        .logs
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("DescribeLogGroups"))?;
        groups.extend(
            page.log_groups
                .unwrap_or_default()
                .into_iter()
                .filter_map(|group| Some((group.log_group_name?, group.retention_in_days))),
        );
    }
    Ok(groups)
}

async fn tags(aws: &Aws, stack: &Stack, name: &str) -> Result<Tags, AwsError> {
    let answer = aws
        .logs
        .list_tags_for_resource()
        .resource_arn(stack.log_group_arn(name))
        .send()
        .await;
    let answer = found(answer.map_err(failed("ListTagsForResource")))?;
    let tags = answer.and_then(|answer| answer.tags).unwrap_or_default();
    Ok(tags.into_iter().collect())
}
