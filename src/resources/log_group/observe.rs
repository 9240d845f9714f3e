//! Reads log groups.

use std::collections::BTreeSet;

use aws_sdk_cloudwatchlogs::types::LogGroup;

use crate::aws::{Aws, AwsError, Class, failed, found};
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogGroupState {
    /// Days.
    pub retention: Option<i32>,
    /// The ARN of the key that encrypts the logs.
    pub kms_key: Option<String>,
    pub tags: Tags,
}

/// One log group with its tags, both reads at once.
pub(in crate::resources) async fn read(
    aws: &Aws,
    stack: &Stack,
    name: &str,
) -> Result<Option<LogGroupState>, AwsError> {
    let (group, tags) = tokio::try_join!(describe(aws, name), tags(aws, stack, name))?;
    Ok(group.map(|group| LogGroupState {
        retention: group.retention_in_days,
        kms_key: group.kms_key_id,
        tags,
    }))
}

/// The names of the stack's own log groups of functions, of those that are `wanted`. What the caller may not read is not
/// the stack's.
pub(in crate::resources) async fn list_own(
    aws: &Aws,
    stack: &Stack,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeSet<String>, AwsError> {
    let mut pages = aws
        .logs
        .describe_log_groups()
        .log_group_name_prefix(stack.function_log_group(""))
        .into_paginator()
        .send();
    let mut own = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("DescribeLogGroups"))?;
        let names = page.log_groups().iter();
        let names = names.filter_map(|group| group.log_group_name());
        for name in names.filter(|name| wanted(name)) {
            match tags(aws, stack, name).await {
                Ok(tags) if stack.owns(&tags) => drop(own.insert(name.to_owned())),
                Ok(_) => {}
                Err(error) if error.class == Class::Denied => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(own)
}

/// A log group, whoever created it; `None` if it does not exist.
pub(in crate::resources) async fn describe(
    aws: &Aws,
    name: &str,
) -> Result<Option<LogGroup>, AwsError> {
    let mut pages = aws
        .logs
        .describe_log_groups()
        .log_group_name_prefix(name)
        .into_paginator()
        .send();
    // A prefix finds longer names as well.
    while let Some(page) = pages.next().await {
        let page = page.map_err(failed("DescribeLogGroups"))?;
        let mut groups = page.log_groups.unwrap_or_default().into_iter();
        let group = groups.find(|group| group.log_group_name() == Some(name));
        if group.is_some() {
            return Ok(group);
        }
    }
    Ok(None)
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
