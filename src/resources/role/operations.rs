//! The IAM calls.

use aws_sdk_iam::types;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::Role;
use super::permissions::{BOUNDARY, BOUNDED_ROLES, ROLES, TRUST};
use super::policy_operations::{DELETE_OWN_ROLE_POLICY, PUT_ROLE_POLICY, deleting_policy};
use crate::apply::{Executor, Found, StepError};
use crate::aws::{Aws, AwsError, Class, failed};
use crate::policy::{Command, Permission};
use crate::resources::late_triggers::REMOVE_LATE_TRIGGERS;
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::tags::{Tagged, sent};
use crate::stack::Tags;

pub(super) const ALL: &[&Spec] = &[
    &CREATE_ROLE,
    &UPDATE_ASSUME_ROLE_POLICY,
    &PUT_ROLE_POLICY,
    &PUT_ROLE_PERMISSIONS_BOUNDARY,
    &DELETE_ROLE_PERMISSIONS_BOUNDARY,
    &DELETE_ROLE_POLICY,
    &DELETE_OWN_ROLE_POLICY,
    &DETACH_ROLE_POLICY,
    &TAG_ROLE,
    &UNTAG_ROLE,
    &DELETE_ROLE,
    &MAKE_SURE,
    &REMOVE_LATE_TRIGGERS,
];

#[derive(Debug)]
pub(crate) struct CreateRole(pub Role);

static CREATE_ROLE: Spec = Spec {
    operation: "CreateRole",
    effect: Effect::Create,
    words: Words::CREATE,
    part: None,
    permissions: &[Permission::new(
        "iam:CreateRole",
        &BOUNDED_ROLES,
        Command::WRITE,
    )],
};

impl Operation for CreateRole {
    fn spec(&self) -> &'static Spec {
        &CREATE_ROLE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let role = &self.0;
            let request = executor
                .aws
                .iam
                .create_role()
                .role_name(&role.name)
                .path(&role.path)
                .description(&role.description)
                .assume_role_policy_document(role.trust.to_string())
                .set_permissions_boundary(role.boundary.clone())
                .set_tags(Some(sdk_tags(&role.tags)));
            let created = executor.call(&CREATE_ROLE, || request.clone().send()).await;
            match created {
                Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                    let read = || self.found(&executor.aws);
                    executor.accept_own(&role.name, &role.tags, read).await?;
                    let mut outputs = executor.outputs.lock();
                    outputs.appeared_roles.insert(role.name.clone());
                    Ok(())
                }
                Err(error) => Err(match &role.boundary {
                    Some(boundary) => no_boundary(error, boundary),
                    None => error,
                }),
                Ok(_) => Ok(()),
            }
        })
    }
}

impl CreateRole {
    async fn found(&self, aws: &Aws) -> Result<Found, AwsError> {
        let wanted = &self.0;
        let answer = aws.iam.get_role().role_name(&wanted.name).send().await;
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
}

/// Of [`MakeSure`](super::make_sure::MakeSure).
pub(super) static MAKE_SURE: Spec = Spec {
    operation: "GetRole",
    effect: Effect::Wait,
    words: Words::new("Checking", "Checked"),
    part: None,
    // The same as for reading and creating roles.
    permissions: &[],
};

#[derive(Debug)]
pub(crate) struct UpdateAssumeRolePolicy {
    pub role: String,
    pub trust: Value,
}

static UPDATE_ASSUME_ROLE_POLICY: Spec = Spec {
    operation: "UpdateAssumeRolePolicy",
    effect: Effect::Update,
    words: Words::UPDATE,
    part: Some("trust policy"),
    permissions: &[Permission::new(
        "iam:UpdateAssumeRolePolicy",
        &TRUST,
        Command::WRITE,
    )],
};

impl Operation for UpdateAssumeRolePolicy {
    fn spec(&self) -> &'static Spec {
        &UPDATE_ASSUME_ROLE_POLICY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor
            .aws
            .iam
            .update_assume_role_policy()
            .role_name(&self.role)
            .policy_document(self.trust.to_string());
        executor.run(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct PutRolePermissionsBoundary {
    pub role: String,
    pub boundary: String,
}

static PUT_ROLE_PERMISSIONS_BOUNDARY: Spec = Spec {
    operation: "PutRolePermissionsBoundary",
    effect: Effect::Update,
    words: Words::WRITE,
    part: Some("permissions boundary"),
    permissions: &[Permission::new(
        "iam:PutRolePermissionsBoundary",
        &BOUNDARY,
        Command::WRITE,
    )],
};

impl Operation for PutRolePermissionsBoundary {
    fn spec(&self) -> &'static Spec {
        &PUT_ROLE_PERMISSIONS_BOUNDARY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let request = executor
                .aws
                .iam
                .put_role_permissions_boundary()
                .role_name(&self.role)
                .permissions_boundary(&self.boundary);
            let put = executor.run(self, move || request.clone().send()).await;
            put.map_err(|error| no_boundary(error, &self.boundary))
        })
    }
}

#[derive(Debug)]
pub(crate) struct DeleteRolePermissionsBoundary {
    pub role: String,
}

/// An administrator does it once, after `permissions-boundary` has left deploy.toml.
static DELETE_ROLE_PERMISSIONS_BOUNDARY: Spec = Spec {
    operation: "DeleteRolePermissionsBoundary",
    effect: Effect::Update,
    words: Words::DELETE,
    part: Some("permissions boundary"),
    permissions: &[Permission::new(
        "iam:DeleteRolePermissionsBoundary",
        &ROLES,
        &[],
    )],
};

impl Operation for DeleteRolePermissionsBoundary {
    fn spec(&self) -> &'static Spec {
        &DELETE_ROLE_PERMISSIONS_BOUNDARY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let iam = &executor.aws.iam;
        let request = iam.delete_role_permissions_boundary().role_name(&self.role);
        executor.run_removal(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct DeleteRolePolicy {
    pub role: String,
    pub policy_name: String,
}

static DELETE_ROLE_POLICY: Spec = deleting_policy(None);

impl Operation for DeleteRolePolicy {
    fn spec(&self) -> &'static Spec {
        &DELETE_ROLE_POLICY
    }

    fn part(&self) -> Option<String> {
        Some(format!("policy `{}`", self.policy_name))
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor
            .aws
            .iam
            .delete_role_policy()
            .role_name(&self.role)
            .policy_name(&self.policy_name);
        executor.run_removal(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct DetachRolePolicy {
    pub role: String,
    pub policy_arn: String,
}

static DETACH_ROLE_POLICY: Spec = Spec {
    operation: "DetachRolePolicy",
    effect: Effect::Update,
    words: Words::new("Detaching", "Detached"),
    part: None,
    permissions: &[Permission::new(
        "iam:DetachRolePolicy",
        &ROLES,
        Command::REMOVE,
    )],
};

impl Operation for DetachRolePolicy {
    fn spec(&self) -> &'static Spec {
        &DETACH_ROLE_POLICY
    }

    fn part(&self) -> Option<String> {
        Some(format!("policy `{}`", self.policy_arn))
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor
            .aws
            .iam
            .detach_role_policy()
            .role_name(&self.role)
            .policy_arn(&self.policy_arn);
        executor.run_removal(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct DeleteRole {
    pub role: String,
}

static DELETE_ROLE: Spec = Spec {
    operation: "DeleteRole",
    effect: Effect::Delete,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new("iam:DeleteRole", &ROLES, Command::REMOVE)],
};

impl Operation for DeleteRole {
    fn spec(&self) -> &'static Spec {
        &DELETE_ROLE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor.aws.iam.delete_role().role_name(&self.role);
        executor.run_removal(self, move || request.clone().send())
    }
}

static TAG_ROLE: Spec = Spec::tag(
    "TagRole",
    &[Permission::new("iam:TagRole", &ROLES, Command::WRITE)],
);

static UNTAG_ROLE: Spec = Spec::untag(
    "UntagRole",
    &[Permission::new("iam:UntagRole", &ROLES, Command::WRITE)],
);

/// A role, by its name.
#[derive(Debug, Clone)]
pub(crate) struct TaggedRole(pub String);

impl Tagged for TaggedRole {
    const TAG: &Spec = &TAG_ROLE;
    const UNTAG: &Spec = &UNTAG_ROLE;

    fn tag<'a>(&'a self, aws: &'a Aws, tags: &'a Tags) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.iam.tag_role().role_name(&self.0);
        let request = request.set_tags(Some(sdk_tags(tags)));
        sent(Self::TAG, request.send())
    }

    fn untag<'a>(
        &'a self,
        aws: &'a Aws,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.iam.untag_role().role_name(&self.0);
        let request = request.set_tag_keys(Some(keys.to_vec()));
        sent(Self::UNTAG, request.send())
    }
}

/// AWS responds with `NoSuchEntity` for the role and for its boundary alike, and the message names which.
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

fn sdk_tags(tags: &Tags) -> Vec<types::Tag> {
    tags.iter()
        .filter_map(|(key, value)| {
            // Both are set, so `build` cannot fail.
            types::Tag::builder().key(key).value(value).build().ok()
        })
        .collect()
}
