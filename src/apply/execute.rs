//! One step → its AWS calls.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep;
use tokio::sync::watch;

use super::backoff::Backoff;
use super::outputs::Outputs;
use crate::aws::{Aws, AwsError, Class};
use crate::plan::{Action, StepName};
use crate::report::{Event, Reporter};
use crate::world::Interrupt;

/// Runs the action of one step. What it needs is in the action, or was learned by an earlier step.
pub(super) struct Executor {
    pub aws: Aws,
    pub outputs: Arc<Outputs>,
    pub reporter: Arc<dyn Reporter>,
    pub interrupts: watch::Receiver<Interrupt>,
    /// What the step is called in events.
    pub step: StepName,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The last cause of a wait that was given up.
    #[error("gave up after {waited} s: {cause}")]
    GaveUp { waited: u64, cause: AwsError },
    #[error("`{name}` is {state} after {waited} s")]
    StillNotReady {
        name: String,
        state: String,
        waited: u64,
    },
    /// AWS's StateReasonCode and StateReason.
    #[error("`{name}` failed with {code}: {reason}")]
    FunctionFailed {
        name: String,
        code: String,
        reason: String,
    },
    #[error("`{name}` was changed by someone else during this deploy")]
    ChangedMeanwhile { name: String, cause: AwsError },
    /// A wait that was left at an interrupt: what it waits for has not been done.
    #[error("interrupted while waiting: {cause}")]
    Interrupted { cause: String },
    /// It was not there when the plan was made, and carries the tags of this stack.
    #[error("another deploy of this stage is running: it has made `{name}` meanwhile")]
    OtherDeploy { name: String },
    /// As above, without the tags.
    #[error("`{name}` appeared during this deploy and does not belong to this stack")]
    Appeared { name: String },
    /// The alias was moved again right after this deploy had moved it.
    #[error("release {release} is not live: another deploy of this stage has moved `live` to release {live}{}", from(.origin.as_deref()))]
    Overtaken {
        release: u64,
        live: String,
        /// Of what is live, such as `txflow 0.1.0, commit 1f2e3d4`.
        origin: Option<String>,
    },
    #[error("AWS's answer to {operation} lacks {field}")]
    IncompleteAnswer {
        operation: &'static str,
        field: &'static str,
    },
    /// The plan puts every function before the state machine, so this is a fault of txflow.
    #[error("no version of `{handler}` is known to pin in the definition")]
    Unpinned { handler: String },
    /// As above.
    #[error("no release is known for the alias to point at")]
    NoRelease,
    #[error("the request for `{name}` cannot be made: {cause}")]
    Request { name: String, cause: String },
}

impl Executor {
    pub async fn execute(&self, action: &Action) -> Result<(), StepError> {
        match action {
            Action::CreateRole(role) => self.create_role(role).await,
            Action::UpdateAssumeRolePolicy { role, trust } => self.trust(role, trust).await,
            Action::PutRolePolicy { role, policy } => self.put_policy(role, policy).await,
            Action::DeleteRolePolicy { role, policy_name } => {
                self.delete_policy(role, policy_name).await
            }
            Action::DetachRolePolicy { role, policy_arn } => {
                self.detach_policy(role, policy_arn).await
            }
            Action::TagRole { role, tags } => self.tag_role(role, tags).await,
            Action::UntagRole { role, keys } => self.untag_role(role, keys).await,
            Action::DeleteRole { role } => self.delete_role(role).await,

            Action::CreateLogGroup { name, arn, tags } => {
                self.create_log_group(name, arn, tags).await
            }
            Action::PutRetentionPolicy { name, days } => self.put_retention(name, *days).await,
            Action::DeleteRetentionPolicy { name } => self.delete_retention(name).await,
            Action::TagLogGroup { arn, tags } => self.tag_log_group(arn, tags).await,
            Action::UntagLogGroup { arn, keys } => self.untag_log_group(arn, keys).await,
            Action::DeleteLogGroup { name } => self.delete_log_group(name).await,

            Action::CreateFunction(function) => self.create_function(function).await,
            Action::UpdateFunctionConfiguration(update) => self.update_configuration(update).await,
            Action::UpdateFunctionCode(update) => self.update_code(update).await,
            Action::PublishVersion {
                handler,
                name,
                code_sha256,
            } => self.publish_version(handler, name, code_sha256).await,
            Action::WaitForFunction {
                handler,
                name,
                published,
            } => self.wait_for_function(handler, name, *published).await,
            Action::PutFunctionConcurrency { name, reserved } => {
                self.put_concurrency(name, *reserved).await
            }
            Action::DeleteFunctionConcurrency { name } => self.delete_concurrency(name).await,
            Action::TagFunction { arn, tags } => self.tag_function(arn, tags).await,
            Action::UntagFunction { arn, keys } => self.untag_function(arn, keys).await,
            Action::DeleteFunctionVersion { name, version } => {
                self.delete_function(name, Some(version)).await
            }
            Action::DeleteFunction { name } => self.delete_function(name, None).await,

            Action::CreateStateMachine(request) => self.create_state_machine(request).await,
            Action::UpdateStateMachine(request) => self.update_state_machine(request).await,
            Action::PublishStateMachineVersion {
                arn,
                revision_id,
                description,
                digest,
            } => {
                self.publish_release(arn, revision_id.as_deref(), description, digest)
                    .await
            }
            Action::TagStateMachine { arn, tags } => self.tag_state_machine(arn, tags).await,
            Action::UntagStateMachine { arn, keys } => self.untag_state_machine(arn, keys).await,
            Action::CreateStateMachineAlias(alias) => self.create_alias(alias).await,
            Action::UpdateStateMachineAlias(alias) => self.update_alias(alias).await,
            Action::DeleteStateMachineVersion { arn } => self.delete_release(arn).await,
            Action::StopExecution { arn } => self.stop_execution(arn).await,
            Action::DeleteStateMachine { arn } => self.delete_state_machine(arn).await,
            Action::WaitForDeletion { arn } => self.wait_for_deletion(arn).await,
        }
    }

    /// Calls until the role is known everywhere, or the change in progress is over.
    pub(super) async fn until_ready<T, F>(&self, call: impl Fn() -> F) -> Result<T, StepError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        let mut waited = Duration::ZERO;
        let mut told = None;
        let mut backoff = Backoff::until_ready();
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if !matches!(error.class, Class::RoleNotReady | Class::Busy) {
                return Err(error.into());
            }
            let Some(pause) = backoff.next() else {
                return Err(StepError::GaveUp {
                    waited: waited.as_secs(),
                    cause: error,
                });
            };
            if told.as_ref() != Some(&error.message) {
                self.waiting(&error.message);
                told = Some(error.message.clone());
            }
            self.pause(pause, || error.to_string()).await?;
            waited += pause;
        }
    }

    /// Sleeps, unless txflow is interrupted: a wait may take minutes, and nothing is in flight meanwhile.
    pub(super) async fn pause(
        &self,
        pause: Duration,
        cause: impl FnOnce() -> String,
    ) -> Result<(), StepError> {
        let mut interrupts = self.interrupts.clone();
        tokio::select! {
            biased;
            () = Interrupt::Stop.reached(&mut interrupts) => {
                Err(StepError::Interrupted { cause: cause() })
            }
            () = self.aws.sleep.sleep(pause) => Ok(()),
        }
    }

    pub(super) fn waiting(&self, cause: &str) {
        self.reporter.report(&Event::StepWaiting {
            step: self.step.clone(),
            cause: cause.to_owned(),
        });
    }
}

fn from(origin: Option<&str>) -> String {
    origin.map_or_else(String::new, |origin| format!(", from {origin}"))
}

/// What is gone already need not be removed.
pub(super) fn gone(result: Result<(), AwsError>) -> Result<(), AwsError> {
    match result {
        Err(error) if error.class == Class::NotFound => Ok(()),
        other => other,
    }
}
