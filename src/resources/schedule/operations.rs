//! The calls of EventBridge Scheduler for schedules.

use aws_sdk_scheduler::error::BuildError;
use aws_sdk_scheduler::operation::update_schedule::builders::UpdateScheduleFluentBuilder;
use aws_sdk_scheduler::types::{
    DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, ScheduleState,
    Target,
};

use super::permissions::SCHEDULES;
use super::{Schedule, ScheduleSettings};
use crate::apply::{Executor, StepError};
use crate::aws::Class;
use crate::policy::{Command, Permission};
use crate::resources::alias::refuse_overtaken;
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::resources::role::PASS_ROLE;
use crate::resources::schedule_group::operations::CreateScheduleGroup;

pub(super) const ALL: &[&Spec] = &[&CREATE_SCHEDULE, &UPDATE_SCHEDULE, &DELETE_SCHEDULE];

#[derive(Debug)]
pub(crate) struct CreateSchedule(pub Schedule, pub CreateScheduleGroup);

static CREATE_SCHEDULE: Spec = Spec {
    operation: "CreateSchedule",
    effect: Effect::Create,
    words: Words::CREATE,
    part: None,
    permissions: &[
        Permission::new("scheduler:CreateSchedule", &SCHEDULES, Command::WRITE),
        PASS_ROLE,
    ],
};

impl Operation for CreateSchedule {
    fn spec(&self) -> &'static Spec {
        &CREATE_SCHEDULE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.0.create(executor, &self.1))
    }
}

#[derive(Debug)]
pub(crate) struct UpdateSchedule(pub Schedule, pub CreateScheduleGroup);

static UPDATE_SCHEDULE: Spec = Spec {
    operation: "UpdateSchedule",
    effect: Effect::Update,
    words: Words::UPDATE,
    part: None,
    permissions: &[
        Permission::new("scheduler:UpdateSchedule", &SCHEDULES, Command::WRITE),
        Permission::new("scheduler:CreateSchedule", &SCHEDULES, Command::WRITE),
        PASS_ROLE,
    ],
};

impl Operation for UpdateSchedule {
    fn spec(&self) -> &'static Spec {
        &UPDATE_SCHEDULE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            executor.until_policies_apply().await?;
            let update = self.0.update(executor)?;
            let updated = executor.call_if_found(&UPDATE_SCHEDULE, || update.clone().send());
            match updated.await? {
                Some(_) => Ok(()),
                // Another deploy has removed it meanwhile.
                None => self.0.create(executor, &self.1).await,
            }
        })
    }
}

impl Schedule {
    async fn create(
        &self,
        executor: &Executor,
        group: &CreateScheduleGroup,
    ) -> Result<(), StepError> {
        // A rate is due at once.
        executor.until_policies_apply().await?;
        let settings = &self.settings;
        let request = executor.aws.scheduler.create_schedule();
        let request = request
            .name(&self.name)
            .group_name(&self.group)
            .schedule_expression(&settings.expression)
            .schedule_expression_timezone(&settings.time_zone)
            .flexible_time_window(self.window()?)
            .state(settings.state())
            .target(self.target()?);
        let send = || request.clone().send();
        let mut created = executor.call(&CREATE_SCHEDULE, send).await;
        if matches!(&created, Err(StepError::Aws(error)) if error.class == Class::NotFound) {
            // The group went with the last schedule of the deploy before, and AWS still showed it; or a deploy that has gone live
            // meanwhile has no use for it.
            refuse_overtaken(executor, &settings.target).await?;
            group.execute(executor).await?;
            created = executor.call(&CREATE_SCHEDULE, send).await;
        }
        match created {
            // A request whose response was lost meets its own first effect, and whatever else is in the group is
            // ours as well.
            Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                let update = self.update(executor)?;
                let updated = executor.call(&UPDATE_SCHEDULE, || update.clone().send());
                updated.await.map(drop)
            }
            other => other.map(drop),
        }
    }

    /// Replaces all settings: AWS takes what is left out for its default.
    fn update(&self, executor: &Executor) -> Result<UpdateScheduleFluentBuilder, StepError> {
        let settings = &self.settings;
        let request = executor.aws.scheduler.update_schedule();
        Ok(request
            .name(&self.name)
            .group_name(&self.group)
            .schedule_expression(&settings.expression)
            .schedule_expression_timezone(&settings.time_zone)
            .flexible_time_window(self.window()?)
            .state(settings.state())
            .target(self.target()?))
    }

    fn window(&self) -> Result<FlexibleTimeWindow, StepError> {
        let window = FlexibleTimeWindow::builder();
        let window = match self.settings.flexible_window {
            None => window.mode(FlexibleTimeWindowMode::Off),
            Some(minutes) => window
                .mode(FlexibleTimeWindowMode::Flexible)
                .maximum_window_in_minutes(minutes),
        };
        window.build().map_err(|error| self.refused(&error))
    }

    fn target(&self) -> Result<Target, StepError> {
        let settings = &self.settings;
        let retry = RetryPolicy::builder()
            .maximum_retry_attempts(settings.retries)
            .maximum_event_age_in_seconds(settings.max_event_age);
        let queue = settings.dead_letter_queue.as_ref();
        let queue = queue.map(|arn| DeadLetterConfig::builder().arn(arn).build());
        let target = Target::builder()
            .arn(&settings.target)
            .role_arn(&settings.role)
            .input(settings.input.to_string())
            .retry_policy(retry.build())
            .set_dead_letter_config(queue);
        target.build().map_err(|error| self.refused(&error))
    }

    fn refused(&self, error: &BuildError) -> StepError {
        StepError::Request {
            name: self.name.clone(),
            cause: error.to_string(),
        }
    }
}

impl ScheduleSettings {
    fn state(&self) -> ScheduleState {
        if self.enabled {
            ScheduleState::Enabled
        } else {
            ScheduleState::Disabled
        }
    }
}

#[derive(Debug)]
pub(crate) struct DeleteSchedule {
    pub group: String,
    pub name: String,
    /// In a deploy: the alias, whose release may be another one by then that has the schedule.
    pub alias: Option<String>,
}

static DELETE_SCHEDULE: Spec = Spec {
    operation: "DeleteSchedule",
    effect: Effect::Delete,
    words: Words::DELETE,
    part: None,
    permissions: &[Permission::new(
        "scheduler:DeleteSchedule",
        &SCHEDULES,
        Command::REMOVE,
    )],
};

impl Operation for DeleteSchedule {
    fn spec(&self) -> &'static Spec {
        &DELETE_SCHEDULE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            if let Some(alias) = &self.alias {
                refuse_overtaken(executor, alias).await?;
            }
            let request = executor.aws.scheduler.delete_schedule();
            let request = request.group_name(&self.group).name(&self.name);
            let delete = || request.clone().send();
            executor.remove(&DELETE_SCHEDULE, delete).await
        })
    }
}
