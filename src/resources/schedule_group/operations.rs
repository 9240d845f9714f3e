//! The calls of EventBridge Scheduler for the group.

use aws_sdk_scheduler::types::Tag;
use futures_util::future::BoxFuture;

use super::observe::{is_deleting, tags};
use super::permissions::SCHEDULE_GROUP;
use crate::apply::{Backoff, Executor, Found, StepError};
use crate::aws::{Aws, AwsError, Class};
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::tags::{Tagged, sent};
use crate::stack::Tags;

pub(super) const ALL: &[&Spec] = &[
    &CREATE_SCHEDULE_GROUP,
    &TAG_SCHEDULE_GROUP,
    &UNTAG_SCHEDULE_GROUP,
    &DELETE_SCHEDULE_GROUP,
];

#[derive(Debug, Clone)]
pub(crate) struct CreateScheduleGroup {
    pub name: String,
    pub arn: String,
    pub tags: Tags,
}

static CREATE_SCHEDULE_GROUP: Spec = Spec {
    operation: "CreateScheduleGroup",
    effect: Effect::Create,
    words: Words::CREATE,
    part: None,
    permissions: &[
        Permission::new(
            "scheduler:CreateScheduleGroup",
            &SCHEDULE_GROUP,
            Command::WRITE,
        ),
        // A group that is created with tags needs it, too.
        Permission::new("scheduler:TagResource", &SCHEDULE_GROUP, Command::WRITE),
    ],
};

impl Operation for CreateScheduleGroup {
    fn spec(&self) -> &'static Spec {
        &CREATE_SCHEDULE_GROUP
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            // A former group of this name goes with its schedules, and its name is taken until then.
            gone(executor, &self.name).await?;
            let request = executor.aws.scheduler.create_schedule_group();
            let request = request
                .name(&self.name)
                .set_tags(Some(sdk_tags(&self.tags)?));
            let created = executor.call(&CREATE_SCHEDULE_GROUP, || request.clone().send());
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

impl CreateScheduleGroup {
    async fn found(&self, aws: &Aws) -> Result<Found, AwsError> {
        Ok(Found {
            tags: tags(aws, &self.arn).await?.unwrap_or_default(),
            as_wanted: true,
        })
    }
}

/// Waits until no group of this name is being deleted.
async fn gone(executor: &Executor, name: &str) -> Result<(), StepError> {
    let mut backoff = Backoff::deletion();
    while is_deleting(&executor.aws, name).await? == Some(true) {
        let cause = || format!("schedule group `{name}` is being deleted");
        let Some(pause) = backoff.next() else {
            return Err(StepError::StillNotReady {
                name: name.to_owned(),
                state: "being deleted".to_owned(),
                waited: backoff.waited().as_secs(),
            });
        };
        executor.waiting(&cause());
        executor.pause(pause, cause).await?;
    }
    Ok(())
}

#[derive(Debug)]
pub(crate) struct DeleteScheduleGroup {
    pub name: String,
}

static DELETE_SCHEDULE_GROUP: Spec = Spec {
    operation: "DeleteScheduleGroup",
    effect: Effect::Delete,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new(
        "scheduler:DeleteScheduleGroup",
        &SCHEDULE_GROUP,
        Command::REMOVE,
    )],
};

impl Operation for DeleteScheduleGroup {
    fn spec(&self) -> &'static Spec {
        &DELETE_SCHEDULE_GROUP
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        let request = executor.aws.scheduler.delete_schedule_group();
        let request = request.name(&self.name);
        executor.run_removal(self, move || request.clone().send())
    }
}

#[derive(Debug, Clone)]
pub(crate) struct TaggedScheduleGroup(pub String);

static TAG_SCHEDULE_GROUP: Spec = Spec::tag(
    "TagResource",
    &[Permission::new(
        "scheduler:TagResource",
        &SCHEDULE_GROUP,
        Command::WRITE,
    )],
);

static UNTAG_SCHEDULE_GROUP: Spec = Spec::untag(
    "UntagResource",
    &[Permission::new(
        "scheduler:UntagResource",
        &SCHEDULE_GROUP,
        Command::WRITE,
    )],
);

impl Tagged for TaggedScheduleGroup {
    const TAG: &Spec = &TAG_SCHEDULE_GROUP;
    const UNTAG: &Spec = &UNTAG_SCHEDULE_GROUP;

    fn tag<'a>(&'a self, aws: &'a Aws, tags: &'a Tags) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.scheduler.tag_resource().resource_arn(&self.0);
        // A key and a value are all that a tag needs.
        let request = request.set_tags(sdk_tags(tags).ok());
        sent(Self::TAG, request.send())
    }

    fn untag<'a>(
        &'a self,
        aws: &'a Aws,
        keys: &'a [String],
    ) -> BoxFuture<'a, Result<(), AwsError>> {
        let request = aws.scheduler.untag_resource().resource_arn(&self.0);
        let request = request.set_tag_keys(Some(keys.to_vec()));
        sent(Self::UNTAG, request.send())
    }
}

fn sdk_tags(tags: &Tags) -> Result<Vec<Tag>, StepError> {
    let built = tags.iter().map(|(key, value)| {
        let tag = Tag::builder().key(key).value(value).build();
        tag.map_err(|error| StepError::Request {
            name: key.clone(),
            cause: error.to_string(),
        })
    });
    built.collect()
}
