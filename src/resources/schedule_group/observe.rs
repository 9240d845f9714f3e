//! Reads the group of schedules.

use aws_sdk_scheduler::types::ScheduleGroupState as Status;

use crate::aws::{Aws, AwsError, failed, found};
use crate::stack::{Stack, Tags};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleGroupState {
    pub name: String,
    /// It goes together with its schedules, which takes some time.
    pub deleting: bool,
    pub tags: Tags,
}

pub(in crate::resources) async fn read(
    aws: &Aws,
    stack: &Stack,
) -> Result<Option<ScheduleGroupState>, AwsError> {
    let (name, arn) = (stack.schedule_group(), stack.schedule_group_arn());
    let (deleting, tags) = tokio::try_join!(is_deleting(aws, &name), tags(aws, &arn))?;
    Ok(deleting.map(|deleting| ScheduleGroupState {
        name,
        deleting,
        tags: tags.unwrap_or_default(),
    }))
}

/// `None` if there is no such group.
pub(super) async fn is_deleting(aws: &Aws, name: &str) -> Result<Option<bool>, AwsError> {
    let answer = aws.scheduler.get_schedule_group().name(name).send().await;
    let answer = found(answer.map_err(failed("GetScheduleGroup")))?;
    Ok(answer.map(|group| group.state() == Some(&Status::Deleting)))
}

pub(super) async fn tags(aws: &Aws, arn: &str) -> Result<Option<Tags>, AwsError> {
    let request = aws.scheduler.list_tags_for_resource().resource_arn(arn);
    let answer = request.send().await.map_err(failed("ListTagsForResource"));
    let Some(answer) = found(answer)? else {
        return Ok(None);
    };
    let tags = answer.tags().iter();
    let tags = tags.map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
    Ok(Some(tags.collect()))
}
