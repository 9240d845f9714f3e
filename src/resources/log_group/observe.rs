//! Reads log groups.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatchlogs::types::LogGroup;
use futures_util::future::try_join_all;

use crate::aws::{Aws, AwsError, Class, failed, found};
use crate::resources::each::each;
use crate::stack::{Stack, Tags};

/// Of how many groups the tags are read before it is known which exist. CloudWatch Logs takes ten such calls a second.
const AT_ONCE: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroupState {
    /// Days.
    pub retention: Option<i32>,
    /// The ARN of the key that encrypts the logs.
    pub kms_key: Option<String>,
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
    let (groups, mut tags) = if names.len() > AT_ONCE {
        let groups = existing(aws, stack, names).await?;
        let found = groups.keys().cloned().collect();
        (groups, tags_of(&found).await?)
    } else {
        tokio::try_join!(existing(aws, stack, names), tags_of(names))?
    };
    let groups = groups.into_iter().map(|(name, group)| {
        let state = LogGroupState {
            retention: group.retention_in_days,
            kms_key: group.kms_key_id,
            tags: tags.remove(&name).unwrap_or_default(),
        };
        (name, state)
    });
    Ok(groups.collect())
}

/// Those of these groups that exist. The names of all functions' groups begin alike.
async fn existing(
    aws: &Aws,
    stack: &Stack,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, LogGroup>, AwsError> {
    let shared = stack.function_log_group("");
    let prefixes = names.iter().map(|name| match name.starts_with(&shared) {
        true => shared.clone(),
        false => name.clone(),
    });
    let prefixes: BTreeSet<String> = prefixes.collect();
    let found = try_join_all(prefixes.iter().map(|prefix| describe(aws, prefix))).await?;
    let found = found.into_iter().flatten();
    let named = found.filter_map(|group| Some((group.log_group_name.clone()?, group)));
    let mut found: BTreeMap<_, _> = named.collect();
    // A prefix finds longer names as well.
    found.retain(|name, _| names.contains(name));
    Ok(found)
}

/// The names of the stack's own log groups that begin with this, of those that are `wanted`. What the caller may not read is
/// not the stack's.
pub(in crate::resources) async fn list_own(
    aws: &Aws,
    stack: &Stack,
    prefix: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeSet<String>, AwsError> {
    let groups = describe(aws, prefix).await?;
    let names = groups.iter().filter_map(|group| group.log_group_name());
    let mut own = BTreeSet::new();
    for name in names.filter(|name| wanted(name)) {
        match tags(aws, stack, name).await {
            Ok(tags) if stack.owns(&tags) => drop(own.insert(name.to_owned())),
            Ok(_) => {}
            Err(error) if error.class == Class::Denied => {}
            Err(error) => return Err(error),
        }
    }
    Ok(own)
}

/// A log group, whoever created it; `None` if it does not exist.
pub(in crate::resources) async fn described(
    aws: &Aws,
    name: &str,
) -> Result<Option<LogGroup>, AwsError> {
    let groups = describe(aws, name).await?;
    let mut groups = groups.into_iter();
    Ok(groups.find(|group| group.log_group_name() == Some(name)))
}

/// The groups whose names begin with this.
async fn describe(aws: &Aws, prefix: &str) -> Result<Vec<LogGroup>, AwsError> {
    let mut groups = Vec::new();
    let mut pages = aws
        .logs
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("DescribeLogGroups"))?;
        groups.extend(page.log_groups.unwrap_or_default());
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
