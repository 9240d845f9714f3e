//! The Lambda calls.

use std::sync::Arc;

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{LastUpdateStatus, Runtime, State};

use super::appeared::Found;
use super::backoff::Backoff;
use super::execute::{Executor, StepError, gone};
use super::function_settings::{
    architecture, dead_letter, environment, ephemeral_storage, tracing, vpc,
};
use crate::aws::{AwsError, Class, failed, limits};
use crate::build::Artifact;
use crate::desired::Tags;
use crate::plan::{CodeUpdate, ConfigurationUpdate, NewFunction};

/// What `provided.al2023` starts.
const HANDLER: &str = "bootstrap";

impl Executor {
    pub(super) async fn create_function(&self, new: &NewFunction) -> Result<(), StepError> {
        let code = aws_sdk_lambda::types::FunctionCode::builder()
            .zip_file(blob(&new.artifact))
            .build();
        let created = self
            .until_ready(|| async {
                self.aws
                    .lambda
                    .create_function()
                    .function_name(&new.name)
                    .code(code.clone())
                    .runtime(Runtime::from(new.settings.runtime.as_str()))
                    .handler(HANDLER)
                    .role(&new.settings.role_arn)
                    .architectures(architecture(new.settings.architecture))
                    .memory_size(new.settings.memory)
                    .timeout(new.settings.timeout)
                    .environment(environment(&new.settings))
                    .tracing_config(tracing(&new.settings))
                    .set_ephemeral_storage(ephemeral_storage(&new.settings))
                    .vpc_config(vpc(&new.settings))
                    .set_layers(Some(new.settings.layers.clone()))
                    .dead_letter_config(dead_letter(&new.settings))
                    .set_tags(Some(new.tags.clone().into_iter().collect()))
                    .publish(true)
                    .customize()
                    .config_override(upload())
                    .send()
                    .await
                    .map_err(failed("CreateFunction"))
            })
            .await;
        match created {
            Ok(answer) => self.published(&new.handler, "CreateFunction", answer.version()),
            Err(StepError::Aws(error)) if error.class == Class::AlreadyExists => {
                let (name, wanted) = (&new.name, &new.tags);
                let read = || self.function_found(name);
                let found = self.of_this_stack(name, wanted, read).await?;
                // A request whose answer was lost is sent again and meets its own first effect.
                if found.code != Some(new.artifact.sha256.clone()) || !found.has_all(wanted) {
                    return Err(StepError::OtherDeploy { name: name.clone() });
                }
                self.publish_version(&new.handler, name, &new.artifact.sha256)
                    .await
            }
            Err(error) => Err(error),
        }
    }

    async fn function_found(&self, name: &str) -> Result<Found, AwsError> {
        let answer = self.aws.lambda.get_function().function_name(name);
        let answer = answer.send().await.map_err(failed("GetFunction"))?;
        let configuration = answer.configuration();
        Ok(Found {
            code: configuration.and_then(|found| found.code_sha256().map(str::to_owned)),
            tags: answer.tags.unwrap_or_default().into_iter().collect(),
        })
    }

    pub(super) async fn update_configuration(
        &self,
        update: &ConfigurationUpdate,
    ) -> Result<(), StepError> {
        let settings = &update.settings;
        let updated = self
            .until_ready(|| async {
                self.aws
                    .lambda
                    .update_function_configuration()
                    .function_name(&update.name)
                    .runtime(Runtime::from(settings.runtime.as_str()))
                    .handler(HANDLER)
                    .role(&settings.role_arn)
                    .memory_size(settings.memory)
                    .timeout(settings.timeout)
                    .environment(environment(settings))
                    .tracing_config(tracing(settings))
                    .set_ephemeral_storage(ephemeral_storage(settings))
                    .vpc_config(vpc(settings))
                    .set_layers(Some(settings.layers.clone()))
                    .dead_letter_config(dead_letter(settings))
                    .set_revision_id(self.revision(&update.handler, update.revision_id.as_ref()))
                    .send()
                    .await
                    .map_err(failed("UpdateFunctionConfiguration"))
            })
            .await
            .map_err(|error| changed_meanwhile(&update.name, error))?;
        self.revised(&update.handler, updated.revision_id());
        Ok(())
    }

    pub(super) async fn update_code(&self, update: &CodeUpdate) -> Result<(), StepError> {
        let updated = self
            .until_ready(|| async {
                self.aws
                    .lambda
                    .update_function_code()
                    .function_name(&update.name)
                    .zip_file(blob(&update.artifact))
                    .architectures(architecture(update.architecture))
                    .set_revision_id(self.revision(&update.handler, update.revision_id.as_ref()))
                    .publish(true)
                    .customize()
                    .config_override(upload())
                    .send()
                    .await
                    .map_err(failed("UpdateFunctionCode"))
            })
            .await;
        match updated {
            Ok(answer) => self.published(&update.handler, "UpdateFunctionCode", answer.version()),
            Err(StepError::Aws(error)) if error.class == Class::ChangedMeanwhile => {
                // A request whose answer was lost is sent again with the revision of before its own
                // first effect.
                let now = self.configuration(&update.name, None).await?;
                if now.code_sha256() != Some(update.artifact.sha256.as_str()) {
                    return Err(changed_meanwhile(&update.name, error.into()));
                }
                let (handler, name) = (&update.handler, &update.name);
                self.publish_version(handler, name, &update.artifact.sha256)
                    .await
            }
            Err(error) => Err(error),
        }
    }

    /// Publishes `$LATEST`, which must hold the code of this hash. AWS gives the newest version where
    /// nothing has changed since.
    pub(super) async fn publish_version(
        &self,
        handler: &str,
        name: &str,
        code_sha256: &str,
    ) -> Result<(), StepError> {
        let answer = self
            .until_ready(|| async {
                self.aws
                    .lambda
                    .publish_version()
                    .function_name(name)
                    .code_sha256(code_sha256)
                    .send()
                    .await
                    .map_err(failed("PublishVersion"))
            })
            .await?;
        self.published(handler, "PublishVersion", answer.version())
    }

    pub(super) async fn wait_for_function(
        &self,
        handler: &str,
        name: &str,
        published: bool,
    ) -> Result<(), StepError> {
        let version = published
            .then(|| self.outputs.learned().versions.get(handler).cloned())
            .flatten();
        let mut waited = std::time::Duration::ZERO;
        let mut backoff = Backoff::function();
        loop {
            let now = self.configuration(name, version.as_deref()).await?;
            let state = match progress(name, &now)? {
                Progress::Ready => {
                    if !published {
                        self.revised(handler, now.revision_id());
                    }
                    return Ok(());
                }
                Progress::Busy(state) => state,
            };
            let Some(pause) = backoff.next() else {
                return Err(StepError::StillNotReady {
                    name: name.to_owned(),
                    state,
                    waited: waited.as_secs(),
                });
            };
            let cause = format!("it is {state}");
            if waited.is_zero() {
                self.waiting(&cause);
            }
            self.pause(pause, || cause).await?;
            waited += pause;
        }
    }

    async fn configuration(
        &self,
        name: &str,
        version: Option<&str>,
    ) -> Result<GetFunctionConfigurationOutput, AwsError> {
        self.aws
            .lambda
            .get_function_configuration()
            .function_name(name)
            .set_qualifier(version.map(str::to_owned))
            .send()
            .await
            .map_err(failed("GetFunctionConfiguration"))
    }

    pub(super) async fn put_concurrency(&self, name: &str, reserved: i32) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .lambda
                .put_function_concurrency()
                .function_name(name)
                .reserved_concurrent_executions(reserved)
                .send()
                .await
                .map(drop)
                .map_err(failed("PutFunctionConcurrency"))
        })
        .await
    }

    pub(super) async fn delete_concurrency(&self, name: &str) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .lambda
                .delete_function_concurrency()
                .function_name(name)
                .send()
                .await
                .map(drop)
                .map_err(failed("DeleteFunctionConcurrency"))
        })
        .await
    }

    pub(super) async fn tag_function(&self, arn: &str, tags: &Tags) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .lambda
                .tag_resource()
                .resource(arn)
                .set_tags(Some(tags.clone().into_iter().collect()))
                .send()
                .await
                .map(drop)
                .map_err(failed("TagResource"))
        })
        .await
    }

    pub(super) async fn untag_function(&self, arn: &str, keys: &[String]) -> Result<(), StepError> {
        self.until_ready(|| async {
            self.aws
                .lambda
                .untag_resource()
                .resource(arn)
                .set_tag_keys(Some(keys.to_vec()))
                .send()
                .await
                .map(drop)
                .map_err(failed("UntagResource"))
        })
        .await
    }

    /// Removes the function with all its versions, or the one version.
    pub(super) async fn delete_function(
        &self,
        name: &str,
        version: Option<&String>,
    ) -> Result<(), StepError> {
        self.until_ready(|| async {
            let deleted = self
                .aws
                .lambda
                .delete_function()
                .function_name(name)
                .set_qualifier(version.cloned())
                .send()
                .await;
            gone(deleted.map(drop).map_err(failed("DeleteFunction")))
        })
        .await
    }

    /// The revision that the next change is based on: the one that the last change of this apply
    /// left, else the one that was observed.
    fn revision(&self, handler: &str, observed: Option<&String>) -> Option<String> {
        self.outputs
            .learned()
            .revisions
            .get(handler)
            .or(observed)
            .cloned()
    }

    fn revised(&self, handler: &str, revision: Option<&str>) {
        if let Some(revision) = revision {
            let mut learned = self.outputs.learned();
            learned
                .revisions
                .insert(handler.to_owned(), revision.to_owned());
        }
    }

    fn published(
        &self,
        handler: &str,
        operation: &'static str,
        version: Option<&str>,
    ) -> Result<(), StepError> {
        let version = version.ok_or(StepError::IncompleteAnswer {
            operation,
            field: "Version",
        })?;
        let mut learned = self.outputs.learned();
        learned
            .versions
            .insert(handler.to_owned(), version.to_owned());
        Ok(())
    }
}

enum Progress {
    Ready,
    /// AWS's own name of the state.
    Busy(String),
}

/// A function is ready when it is `Active` and no update is in progress. A failure ends the wait.
fn progress(name: &str, now: &GetFunctionConfigurationOutput) -> Result<Progress, StepError> {
    let failed = |code: Option<&str>, reason: Option<&str>| StepError::FunctionFailed {
        name: name.to_owned(),
        code: code.unwrap_or("Failed").to_owned(),
        reason: reason.unwrap_or("AWS gives no reason").to_owned(),
    };
    match now.state() {
        Some(State::Failed) => {
            let code = now.state_reason_code().map(|code| code.as_str());
            return Err(failed(code, now.state_reason()));
        }
        // An idle function is woken by its next invocation.
        None | Some(State::Active | State::Inactive) => {}
        Some(state) => return Ok(Progress::Busy(state.as_str().to_owned())),
    }
    match now.last_update_status() {
        Some(LastUpdateStatus::Failed) => {
            let code = now.last_update_status_reason_code();
            let code = code.map(|code| code.as_str());
            Err(failed(code, now.last_update_status_reason()))
        }
        None | Some(LastUpdateStatus::Successful) => Ok(Progress::Ready),
        Some(status) => Ok(Progress::Busy(status.as_str().to_owned())),
    }
}

fn changed_meanwhile(name: &str, error: StepError) -> StepError {
    match error {
        StepError::Aws(cause) if cause.class == Class::ChangedMeanwhile => {
            StepError::ChangedMeanwhile {
                name: name.to_owned(),
                cause,
            }
        }
        other => other,
    }
}

/// With the time that the code of a function may take.
fn upload() -> aws_sdk_lambda::config::Builder {
    aws_sdk_lambda::Config::builder().timeout_config(limits::of_uploads())
}

fn blob(artifact: &Artifact) -> Blob {
    Blob::new(Arc::as_ref(&artifact.zip))
}
