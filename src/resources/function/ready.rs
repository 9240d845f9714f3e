//! The wait until a function can be used.

use std::time::Duration;

use aws_sdk_lambda::operation::get_function_configuration::GetFunctionConfigurationOutput;
use aws_sdk_lambda::types::{LastUpdateStatus, State};

use super::permissions::FUNCTIONS;
use super::settings::configuration_changes;
use super::{FunctionConfiguration, configuration as configuration_of};
use crate::apply::{Backoff, Executor, StepError};
use crate::aws::{Aws, AwsError, failed};
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};

/// Polls GetFunctionConfiguration until the function is ready.
#[derive(Debug)]
pub(crate) struct WaitForFunction {
    pub handler: String,
    pub name: String,
    /// What the version that the plan publishes must hold; `None` to wait for `$LATEST`.
    pub published: Option<Contents>,
}

/// What a version of a function holds.
#[derive(Debug, Clone)]
pub(crate) struct Contents {
    pub configuration: FunctionConfiguration,
    pub code_sha256: String,
}

pub(super) static WAIT_FOR_FUNCTION: Spec = Spec {
    operation: GET_FUNCTION_CONFIGURATION,
    effect: Effect::Wait,
    words: Words::new("Waiting", "Ready"),
    part: None,
    permissions: &[Permission::new(
        "lambda:GetFunctionConfiguration",
        &FUNCTIONS,
        Command::WRITE,
    )],
};

const GET_FUNCTION_CONFIGURATION: &str = "GetFunctionConfiguration";

impl Operation for WaitForFunction {
    fn spec(&self) -> &'static Spec {
        &WAIT_FOR_FUNCTION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.wait(executor))
    }
}

impl WaitForFunction {
    /// A version holds what `$LATEST` held when it was published, which another deploy may have changed since
    /// this one wrote it. Callers must not get a mix of both.
    async fn check(
        &self,
        executor: &Executor,
        version: Option<&String>,
        wanted: &Contents,
    ) -> Result<(), StepError> {
        let request = executor.aws.lambda.get_function();
        let request = request
            .function_name(&self.name)
            .set_qualifier(version.cloned());
        let answer = request.send().await.map_err(failed("GetFunction"))?;
        let Some(reported) = answer.configuration() else {
            return Ok(());
        };
        let held = configuration_of(reported);
        let same_code = reported.code_sha256() == Some(wanted.code_sha256.as_str());
        if same_code && configuration_changes(&held, &wanted.configuration).is_empty() {
            return Ok(());
        }
        Err(StepError::ChangedMeanwhile {
            name: self.name.clone(),
            cause: None,
        })
    }

    async fn wait(&self, executor: &Executor) -> Result<(), StepError> {
        let versions = executor.outputs.lock().versions.clone();
        let version = self
            .published
            .as_ref()
            .and_then(|_| versions.get(&self.handler));
        let mut waited = Duration::ZERO;
        let mut backoff = Backoff::function();
        loop {
            let now = configuration(&executor.aws, &self.name, version).await?;
            let state = match progress(&self.name, &now)? {
                Progress::Ready => {
                    let Some(wanted) = &self.published else {
                        revised(executor, &self.handler, now.revision_id());
                        return Ok(());
                    };
                    return self.check(executor, version, wanted).await;
                }
                Progress::Busy(state) => state,
            };
            let Some(pause) = backoff.next() else {
                return Err(StepError::StillNotReady {
                    name: self.name.clone(),
                    state,
                    waited: waited.as_secs(),
                });
            };
            let cause = format!("it is {state}");
            if waited.is_zero() {
                executor.waiting(&cause);
            }
            executor.pause(pause, || cause).await?;
            waited += pause;
        }
    }
}

pub(super) async fn configuration(
    aws: &Aws,
    name: &str,
    version: Option<&String>,
) -> Result<GetFunctionConfigurationOutput, AwsError> {
    aws.lambda
        .get_function_configuration()
        .function_name(name)
        .set_qualifier(version.cloned())
        .send()
        .await
        .map_err(failed(GET_FUNCTION_CONFIGURATION))
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
        // The next invocation wakes an idle function.
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

/// Keeps the revision that the next change is based on.
pub(super) fn revised(executor: &Executor, handler: &str, revision: Option<&str>) {
    if let Some(revision) = revision {
        let mut outputs = executor.outputs.lock();
        outputs
            .revisions
            .insert(handler.to_owned(), revision.to_owned());
    }
}
