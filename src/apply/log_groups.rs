//! The CloudWatch Logs calls.

use super::appeared::Found;
use super::execute::{Executor, StepError, gone};
use crate::aws::{AwsError, Class, failed};
use crate::desired::Tags;

impl Executor {
    pub(super) async fn create_log_group(
        &self,
        name: &str,
        arn: &str,
        tags: &Tags,
    ) -> Result<(), StepError> {
        let created = self
            .until_ready(|| async {
                self.aws
                    .logs
                    .create_log_group()
                    .log_group_name(name)
                    .set_tags(Some(tags.clone().into_iter().collect()))
                    .send()
                    .await
                    .map(drop)
                    .map_err(failed("CreateLogGroup"))
            })
            .await;
        match created {
            Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                let read = || self.log_group_found(arn);
                self.accept_own(name, tags, read).await
            }
            other => other,
        }
    }

    async fn log_group_found(&self, arn: &str) -> Result<Found, AwsError> {
        let answer = self.aws.logs.list_tags_for_resource().resource_arn(arn);
        let answer = answer.send().await.map_err(failed("ListTagsForResource"))?;
        Ok(Found {
            tags: answer.tags.unwrap_or_default().into_iter().collect(),
            code: None,
        })
    }

    pub(super) async fn put_retention(&self, name: &str, days: i32) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .logs
                .put_retention_policy()
                .log_group_name(name)
                .retention_in_days(days)
                .send()
                .await
                .map(drop)
                .map_err(failed("PutRetentionPolicy"))
        })
        .await
    }

    pub(super) async fn delete_retention(&self, name: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .logs
                .delete_retention_policy()
                .log_group_name(name)
                .send()
                .await
                .map(drop)
                .map_err(failed("DeleteRetentionPolicy"))
        })
        .await
    }

    pub(super) async fn tag_log_group(&self, arn: &str, tags: &Tags) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .logs
                .tag_resource()
                .resource_arn(arn)
                .set_tags(Some(tags.clone().into_iter().collect()))
                .send()
                .await
                .map(drop)
                .map_err(failed("TagResource"))
        })
        .await
    }

    pub(super) async fn untag_log_group(
        &self,
        arn: &str,
        keys: &[String],
    ) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .logs
                .untag_resource()
                .resource_arn(arn)
                .set_tag_keys(Some(keys.to_vec()))
                .send()
                .await
                .map(drop)
                .map_err(failed("UntagResource"))
        })
        .await
    }

    pub(super) async fn delete_log_group(&self, name: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            let deleted = self.aws.logs.delete_log_group().log_group_name(name);
            gone(
                deleted
                    .send()
                    .await
                    .map(drop)
                    .map_err(failed("DeleteLogGroup")),
            )
        })
        .await
    }
}
