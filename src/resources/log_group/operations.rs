//! The CloudWatch Logs calls.

use futures_util::future::BoxFuture;

use super::permissions::LOG_GROUPS;
use crate::apply::{Executor, Found, StepError};
use crate::aws::{Aws, AwsError, Class, failed};
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::tags::{Tagged, sent};
use crate::stack::Tags;

pub(super) const ALL: &[&Spec] = &[
    &CREATE_LOG_GROUP,
    &PUT_RETENTION_POLICY,
    &DELETE_RETENTION_POLICY,
    &ASSOCIATE_KMS_KEY,
    &DISASSOCIATE_KMS_KEY,
    &TAG_LOG_GROUP,
    &UNTAG_LOG_GROUP,
    &DELETE_LOG_GROUP,
];

#[derive(Debug)]
pub(crate) struct CreateLogGroup {
    pub name: String,
    pub arn: String,
    pub kms_key: Option<String>,
    pub tags: Tags,
}

static CREATE_LOG_GROUP: Spec = Spec {
    operation: "CreateLogGroup",
    effect: Effect::Create,
    words: Words::CREATE,
    part: None,
    permissions: &[
        Permission::new("logs:CreateLogGroup", &LOG_GROUPS, Command::WRITE),
        // A log group that is created with a key needs it, too.
        Permission::new("logs:AssociateKmsKey", &LOG_GROUPS, Command::WRITE),
    ],
};

impl Operation for CreateLogGroup {
    fn spec(&self) -> &'static Spec {
        &CREATE_LOG_GROUP
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let request = executor.aws.logs.create_log_group();
            let request = request
                .log_group_name(&self.name)
                .set_kms_key_id(self.kms_key.clone())
                .set_tags(Some(self.tags.clone().into_iter().collect()));
            let created = executor.call(&CREATE_LOG_GROUP, || request.clone().send());
            match created.await {
                Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                    let read = || self.found(&executor.aws);
                    executor.accept_own(&self.name, &self.tags, read).await
                }
                other => other.map(drop),
            }
        })
    }
}

impl CreateLogGroup {
    async fn found(&self, aws: &Aws) -> Result<Found, AwsError> {
        let answer = aws.logs.list_tags_for_resource().resource_arn(&self.arn);
        let answer = answer.send().await.map_err(failed("ListTagsForResource"))?;
        Ok(Found {
            tags: answer.tags.unwrap_or_default().into_iter().collect(),
            as_wanted: true,
        })
    }
}

#[derive(Debug)]
pub(crate) struct PutRetentionPolicy {
    pub name: String,
    pub days: i32,
}

static PUT_RETENTION_POLICY: Spec = Spec {
    operation: "PutRetentionPolicy",
    effect: Effect::Update,
    words: Words::WRITE,
    part: Some("retention"),
    permissions: &[Permission::new(
        "logs:PutRetentionPolicy",
        &LOG_GROUPS,
        Command::WRITE,
    )],
};

impl Operation for PutRetentionPolicy {
    fn spec(&self) -> &'static Spec {
        &PUT_RETENTION_POLICY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor
            .aws
            .logs
            .put_retention_policy()
            .log_group_name(&self.name)
            .retention_in_days(self.days);
        executor.run(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct DeleteRetentionPolicy {
    pub name: String,
}

static DELETE_RETENTION_POLICY: Spec = Spec {
    operation: "DeleteRetentionPolicy",
    effect: Effect::Update,
    words: Words::DELETE,
    part: Some("retention"),
    permissions: &[Permission::new(
        "logs:DeleteRetentionPolicy",
        &LOG_GROUPS,
        Command::WRITE,
    )],
};

impl Operation for DeleteRetentionPolicy {
    fn spec(&self) -> &'static Spec {
        &DELETE_RETENTION_POLICY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let logs = &executor.aws.logs;
        let request = logs.delete_retention_policy().log_group_name(&self.name);
        executor.run(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct AssociateKmsKey {
    pub name: String,
    pub key: String,
}

static ASSOCIATE_KMS_KEY: Spec = Spec {
    operation: "AssociateKmsKey",
    effect: Effect::Update,
    words: Words::WRITE,
    part: Some("KMS key"),
    permissions: &[Permission::new(
        "logs:AssociateKmsKey",
        &LOG_GROUPS,
        Command::WRITE,
    )],
};

impl Operation for AssociateKmsKey {
    fn spec(&self) -> &'static Spec {
        &ASSOCIATE_KMS_KEY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor.aws.logs.associate_kms_key();
        let request = request.log_group_name(&self.name).kms_key_id(&self.key);
        executor.run(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct DisassociateKmsKey {
    pub name: String,
}

static DISASSOCIATE_KMS_KEY: Spec = Spec {
    operation: "DisassociateKmsKey",
    effect: Effect::Update,
    words: Words::DELETE,
    part: Some("KMS key"),
    permissions: &[Permission::new(
        "logs:DisassociateKmsKey",
        &LOG_GROUPS,
        Command::WRITE,
    )],
};

impl Operation for DisassociateKmsKey {
    fn spec(&self) -> &'static Spec {
        &DISASSOCIATE_KMS_KEY
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let logs = &executor.aws.logs;
        let request = logs.disassociate_kms_key().log_group_name(&self.name);
        executor.run(self, move || request.clone().send())
    }
}

#[derive(Debug)]
pub(crate) struct DeleteLogGroup {
    pub name: String,
}

static DELETE_LOG_GROUP: Spec = Spec {
    operation: "DeleteLogGroup",
    effect: Effect::Delete,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new(
        "logs:DeleteLogGroup",
        &LOG_GROUPS,
        Command::REMOVE,
    )],
};

impl Operation for DeleteLogGroup {
    fn spec(&self) -> &'static Spec {
        &DELETE_LOG_GROUP
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let logs = &executor.aws.logs;
        let request = logs.delete_log_group().log_group_name(&self.name);
        executor.run_removal(self, move || request.clone().send())
    }
}

static TAG_LOG_GROUP: Spec = Spec::tag(
    "TagResource",
    &[Permission::new(
        "logs:TagResource",
        &LOG_GROUPS,
        Command::WRITE,
    )],
);

static UNTAG_LOG_GROUP: Spec = Spec::untag(
    "UntagResource",
    &[Permission::new(
        "logs:UntagResource",
        &LOG_GROUPS,
        Command::WRITE,
    )],
);

/// A log group, by its ARN.
#[derive(Debug, Clone)]
pub(crate) struct TaggedLogGroup(pub String);

impl Tagged for TaggedLogGroup {
    const TAG: &Spec = &TAG_LOG_GROUP;
    const UNTAG: &Spec = &UNTAG_LOG_GROUP;

    fn tag<'a>(&'a self, aws: &'a Aws, tags: &'a Tags) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.logs.tag_resource().resource_arn(&self.0);
        let request = request.set_tags(Some(tags.clone().into_iter().collect()));
        sent(Self::TAG, request.send())
    }

    fn untag<'a>(
        &'a self,
        aws: &'a Aws,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.logs.untag_resource().resource_arn(&self.0);
        let request = request.set_tag_keys(Some(keys.to_vec()));
        sent(Self::UNTAG, request.send())
    }
}
