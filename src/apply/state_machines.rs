//! The Step Functions calls.

use aws_sdk_sfn::types::{
    CloudWatchLogsLogGroup, ExecutionStatus, LogDestination, LogLevel, LoggingConfiguration,
    StateMachineStatus, StateMachineType, Tag, TracingConfiguration,
};

use serde_json::Value;

use super::appeared::Found;
use super::backoff::Backoff;
use super::execute::{Executor, StepError, gone};
use super::outputs::PublishedRelease;
use crate::aws::{AwsError, Class, failed};
use crate::config::Placeholder;
use crate::desired::{StateMachineSettings, Tags};
use crate::plan::{StateMachineRequest, digest};

impl Executor {
    pub(super) async fn create_state_machine(
        &self,
        request: &StateMachineRequest,
    ) -> Result<(), StepError> {
        let definition = self.definition(request)?;
        let text = format!("{definition:#}");
        let settings = &request.settings;
        let answer = self
            .until_ready(|| async {
                self.aws
                    .sfn
                    .create_state_machine()
                    .name(&request.name)
                    .definition(&text)
                    .role_arn(&settings.role_arn)
                    .r#type(StateMachineType::from(settings.kind.as_str()))
                    .logging_configuration(logging(settings))
                    .tracing_configuration(tracing(settings))
                    .set_tags(Some(tags(&request.tags)))
                    .publish(true)
                    .version_description(&request.description)
                    .send()
                    .await
                    .map_err(failed("CreateStateMachine"))
            })
            .await;
        let answer = match answer {
            // A request that is sent twice is answered as before, so somebody else's has another
            // definition.
            Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                let (name, read) = (&request.name, || self.state_machine_found(&request.arn));
                self.of_this_stack(name, &request.tags, read).await?;
                return Err(StepError::OtherDeploy { name: name.clone() });
            }
            answer => answer?,
        };
        let version_arn = answer.state_machine_version_arn();
        let digest = digest(&definition, settings);
        self.released("CreateStateMachine", version_arn, digest)
    }

    async fn state_machine_found(&self, arn: &str) -> Result<Found, AwsError> {
        let answer = self.aws.sfn.list_tags_for_resource().resource_arn(arn);
        let answer = answer.send().await.map_err(failed("ListTagsForResource"))?;
        let tags = answer.tags.unwrap_or_default().into_iter();
        Ok(Found {
            tags: tags
                .filter_map(|tag| Some((tag.key?, tag.value.unwrap_or_default())))
                .collect(),
            code: None,
        })
    }

    pub(super) async fn update_state_machine(
        &self,
        request: &StateMachineRequest,
    ) -> Result<(), StepError> {
        let definition = self.definition(request)?;
        let text = format!("{definition:#}");
        let settings = &request.settings;
        let answer = self
            .until_ready(|| async {
                self.aws
                    .sfn
                    .update_state_machine()
                    .state_machine_arn(&request.arn)
                    .definition(&text)
                    .role_arn(&settings.role_arn)
                    .logging_configuration(logging(settings))
                    .tracing_configuration(tracing(settings))
                    .publish(true)
                    .version_description(&request.description)
                    .send()
                    .await
                    .map_err(failed("UpdateStateMachine"))
            })
            .await?;
        let version_arn = answer.state_machine_version_arn();
        let digest = digest(&definition, settings);
        self.released("UpdateStateMachine", version_arn, digest)
    }

    pub(super) async fn publish_release(
        &self,
        arn: &str,
        revision_id: Option<&str>,
        description: &str,
        digest: &str,
    ) -> Result<(), StepError> {
        let answer = self
            .until_ready(|| async {
                self.aws
                    .sfn
                    .publish_state_machine_version()
                    .state_machine_arn(arn)
                    .set_revision_id(revision_id.map(str::to_owned))
                    .description(description)
                    .send()
                    .await
                    .map_err(failed("PublishStateMachineVersion"))
            })
            .await?;
        let version_arn = Some(answer.state_machine_version_arn());
        self.released("PublishStateMachineVersion", version_arn, digest.to_owned())
    }

    pub(super) async fn tag_state_machine(&self, arn: &str, new: &Tags) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .sfn
                .tag_resource()
                .resource_arn(arn)
                .set_tags(Some(tags(new)))
                .send()
                .await
                .map(drop)
                .map_err(failed("TagResource"))
        })
        .await
    }

    pub(super) async fn untag_state_machine(
        &self,
        arn: &str,
        keys: &[String],
    ) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .sfn
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

    pub(super) async fn delete_release(&self, arn: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            let deleted = self
                .aws
                .sfn
                .delete_state_machine_version()
                .state_machine_version_arn(arn)
                .send()
                .await;
            gone(
                deleted
                    .map(drop)
                    .map_err(failed("DeleteStateMachineVersion")),
            )
        })
        .await
    }

    pub(super) async fn stop_execution(&self, arn: &str) -> Result<(), StepError> {
        self.until_ready(|| self.stop_once(arn)).await
    }

    async fn stop_once(&self, arn: &str) -> Result<(), AwsError> {
        let stopped = self
            .aws
            .sfn
            .stop_execution()
            .execution_arn(arn)
            .error("txflow.Destroyed")
            .cause("The stack is being destroyed.")
            .send()
            .await;
        gone(stopped.map(drop).map_err(failed("StopExecution")))
    }

    pub(super) async fn delete_state_machine(&self, arn: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            let deleted = self.aws.sfn.delete_state_machine().state_machine_arn(arn);
            let deleted = deleted.send().await.map(drop);
            gone(deleted.map_err(failed("DeleteStateMachine")))
        })
        .await
    }

    /// Waits until the state machine is gone. An execution that was started after the plan was made
    /// would hold it, so what still runs is stopped.
    pub(super) async fn wait_for_deletion(&self, arn: &str) -> Result<(), StepError> {
        let mut waited = std::time::Duration::ZERO;
        let mut backoff = Backoff::deletion();
        loop {
            let answer = self.aws.sfn.describe_state_machine().state_machine_arn(arn);
            let status = match answer.send().await.map_err(failed("DescribeStateMachine")) {
                Ok(answer) => answer.status().cloned(),
                Err(error) if error.class == Class::NotFound => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            let Some(pause) = backoff.next() else {
                return Err(StepError::StillNotReady {
                    name: arn.to_owned(),
                    state: status.unwrap_or(StateMachineStatus::Deleting).to_string(),
                    waited: waited.as_secs(),
                });
            };
            let cause = "Step Functions deletes it when its executions have ended";
            if waited.is_zero() {
                self.waiting(cause);
            }
            self.stop_all(arn).await?;
            self.pause(pause, || cause.to_owned()).await?;
            waited += pause;
        }
    }

    async fn stop_all(&self, arn: &str) -> Result<(), StepError> {
        let running = self
            .aws
            .sfn
            .list_executions()
            .state_machine_arn(arn)
            .status_filter(ExecutionStatus::Running)
            .send()
            .await
            .map_err(failed("ListExecutions"));
        let running = match running {
            Ok(answer) => answer.executions,
            // It is gone, or it is EXPRESS, whose executions are not listed.
            Err(error) if matches!(error.class, Class::NotFound | Class::NotSupported) => {
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        for execution in running {
            self.stop_once(&execution.execution_arn).await?;
        }
        Ok(())
    }

    /// The definition with every function's version pinned.
    fn definition(&self, request: &StateMachineRequest) -> Result<Value, StepError> {
        let learned = self.outputs.learned().clone();
        let pin = |handler: &str| {
            request.pins.get(handler).cloned().or_else(|| {
                let version = learned.versions.get(handler)?;
                let arn = request.function_arns.get(handler)?;
                Some(format!("{arn}:{version}"))
            })
        };
        for placeholder in request.definition.placeholders() {
            if let Placeholder::Function(handler) = placeholder
                && pin(&handler).is_none()
            {
                return Err(StepError::Unpinned { handler });
            }
        }
        Ok(request.definition.resolve(|placeholder| match placeholder {
            Placeholder::Function(handler) => pin(handler).unwrap_or_default(),
            other => request.account.pseudo_parameter(other),
        }))
    }

    fn released(
        &self,
        operation: &'static str,
        version_arn: Option<&str>,
        digest: String,
    ) -> Result<(), StepError> {
        let version = version_arn
            .and_then(|arn| arn.rsplit(':').next())
            .and_then(|version| version.parse().ok())
            .ok_or(StepError::IncompleteAnswer {
                operation,
                field: "stateMachineVersionArn",
            })?;
        self.outputs.learned().release = Some(PublishedRelease { version, digest });
        Ok(())
    }
}

fn logging(settings: &StateMachineSettings) -> LoggingConfiguration {
    let destinations = settings.logging.log_group_arns.iter().map(|arn| {
        let group = CloudWatchLogsLogGroup::builder().log_group_arn(arn).build();
        LogDestination::builder()
            .cloud_watch_logs_log_group(group)
            .build()
    });
    LoggingConfiguration::builder()
        .level(LogLevel::from(settings.logging.level.as_str()))
        .include_execution_data(settings.logging.include_execution_data)
        .set_destinations(Some(destinations.collect()))
        .build()
}

fn tracing(settings: &StateMachineSettings) -> TracingConfiguration {
    TracingConfiguration::builder()
        .enabled(settings.tracing)
        .build()
}

fn tags(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}
