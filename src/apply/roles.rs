//! The IAM calls.

use serde_json::Value;

use super::appeared::Found;
use super::execute::{Executor, StepError, gone};
use crate::aws::{AwsError, Class, failed};
use crate::desired::{POLICY, Role, Tags};

impl Executor {
    pub(super) async fn create_role(&self, role: &Role) -> Result<(), StepError> {
        let created = self.until_ready(|| self.create_role_once(role)).await;
        match created {
            Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                let read = || self.role_found(&role.name);
                self.accept_own(&role.name, &role.tags, read).await
            }
            other => other,
        }
    }

    async fn create_role_once(&self, role: &Role) -> Result<(), AwsError> {
        self.aws
            .iam
            .create_role()
            .role_name(&role.name)
            .path(&role.path)
            .description(&role.description)
            .assume_role_policy_document(role.trust.to_string())
            .set_tags(Some(iam_tags(&role.tags)))
            .send()
            .await
            .map(drop)
            .map_err(failed("CreateRole"))
    }

    async fn role_found(&self, name: &str) -> Result<Found, AwsError> {
        let answer = self.aws.iam.get_role().role_name(name).send().await;
        let answer = answer.map_err(failed("GetRole"))?;
        let tags = answer.role().map(|role| role.tags()).unwrap_or_default();
        let tags = tags.iter();
        Ok(Found {
            tags: tags
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                .collect(),
            code: None,
        })
    }

    pub(super) async fn trust(&self, role: &str, trust: &Value) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .iam
                .update_assume_role_policy()
                .role_name(role)
                .policy_document(trust.to_string())
                .send()
                .await
                .map(drop)
                .map_err(failed("UpdateAssumeRolePolicy"))
        })
        .await
    }

    pub(super) async fn put_policy(&self, role: &str, policy: &Value) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .iam
                .put_role_policy()
                .role_name(role)
                .policy_name(POLICY)
                .policy_document(policy.to_string())
                .send()
                .await
                .map(drop)
                .map_err(failed("PutRolePolicy"))
        })
        .await
    }

    pub(super) async fn delete_policy(&self, role: &str, policy: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            let deleted = self
                .aws
                .iam
                .delete_role_policy()
                .role_name(role)
                .policy_name(policy)
                .send()
                .await;
            gone(deleted.map(drop).map_err(failed("DeleteRolePolicy")))
        })
        .await
    }

    pub(super) async fn detach_policy(&self, role: &str, arn: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            let detached = self
                .aws
                .iam
                .detach_role_policy()
                .role_name(role)
                .policy_arn(arn)
                .send()
                .await;
            gone(detached.map(drop).map_err(failed("DetachRolePolicy")))
        })
        .await
    }

    pub(super) async fn tag_role(&self, role: &str, tags: &Tags) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .iam
                .tag_role()
                .role_name(role)
                .set_tags(Some(iam_tags(tags)))
                .send()
                .await
                .map(drop)
                .map_err(failed("TagRole"))
        })
        .await
    }

    pub(super) async fn untag_role(&self, role: &str, keys: &[String]) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .iam
                .untag_role()
                .role_name(role)
                .set_tag_keys(Some(keys.to_vec()))
                .send()
                .await
                .map(drop)
                .map_err(failed("UntagRole"))
        })
        .await
    }

    pub(super) async fn delete_role(&self, role: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            let deleted = self.aws.iam.delete_role().role_name(role).send().await;
            gone(deleted.map(drop).map_err(failed("DeleteRole")))
        })
        .await
    }
}

fn iam_tags(tags: &Tags) -> Vec<aws_sdk_iam::types::Tag> {
    tags.iter()
        .filter_map(|(key, value)| {
            // Both are set, so `build` has nothing to refuse.
            aws_sdk_iam::types::Tag::builder()
                .key(key)
                .value(value)
                .build()
                .ok()
        })
        .collect()
}
