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
                let read = || self.role_found(role);
                self.accept_own(&role.name, &role.tags, read).await
            }
            other => match &role.boundary {
                Some(boundary) => other.map_err(|error| no_boundary(error, boundary)),
                None => other,
            },
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
            .set_permissions_boundary(role.boundary.clone())
            .set_tags(Some(iam_tags(&role.tags)))
            .send()
            .await
            .map(drop)
            .map_err(failed("CreateRole"))
    }

    async fn role_found(&self, wanted: &Role) -> Result<Found, AwsError> {
        let answer = self.aws.iam.get_role().role_name(&wanted.name).send().await;
        let answer = answer.map_err(failed("GetRole"))?;
        let role = answer.role();
        let tags = role.map(|role| role.tags()).unwrap_or_default();
        let boundary =
            role.and_then(|role| role.permissions_boundary()?.permissions_boundary_arn());
        let tags = tags.iter();
        Ok(Found {
            tags: tags
                .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
                .collect(),
            as_wanted: role.is_some_and(|role| role.path() == wanted.path)
                && boundary == wanted.boundary.as_deref(),
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

    pub(super) async fn put_boundary(&self, role: &str, boundary: &str) -> Result<(), StepError> {
        let put = self.until_ready(|| async {
            self.aws
                .iam
                .put_role_permissions_boundary()
                .role_name(role)
                .permissions_boundary(boundary)
                .send()
                .await
                .map(drop)
                .map_err(failed("PutRolePermissionsBoundary"))
        });
        put.await.map_err(|error| no_boundary(error, boundary))
    }

    pub(super) async fn delete_boundary(&self, role: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            let deleted = self
                .aws
                .iam
                .delete_role_permissions_boundary()
                .role_name(role)
                .send()
                .await;
            gone(
                deleted
                    .map(drop)
                    .map_err(failed("DeleteRolePermissionsBoundary")),
            )
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

/// AWS says `NoSuchEntity` of the role and of its boundary alike, and names which.
fn no_boundary(error: StepError, boundary: &str) -> StepError {
    match error {
        StepError::Aws(cause) | StepError::GaveUp { cause, .. }
            if cause.message.contains(boundary)
                && matches!(cause.class, Class::NotFound | Class::RoleNotReady) =>
        {
            StepError::NoBoundary {
                boundary: boundary.to_owned(),
                cause,
            }
        }
        other => other,
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
