//! The wait until a function can be used.

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{FunctionConfiguration as Reported, LastUpdateStatus, State};

use super::contents::Contents;
use super::permissions::FUNCTIONS;
use crate::apply::{Backoff, Executor, StepError};
use crate::aws::{Aws, AwsError, Class, failed};
use crate::policy::{Command, Permission};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};

/// Polls GetFunction until the function is ready. AWS allows 100 of these calls a second, and 15 of all others of Lambda's
/// control plane together.
#[derive(Debug)]
pub(crate) struct WaitForFunction {
    pub handler: String,
    pub name: String,
    /// What the version must hold; `None` to wait for `$LATEST`.
    pub published: Option<Contents>,
    /// The version, unless this plan publishes it.
    pub version: Option<String>,
}

pub(super) static WAIT_FOR_FUNCTION: Spec = Spec {
    operation: GET_FUNCTION,
    effect: Effect::Wait,
    words: Words::new("Waiting", "Ready"),
    part: None,
    permissions: &[Permission::new(
        "lambda:GetFunction",
        &FUNCTIONS,
        Command::WRITE,
    )],
};

const NOT_ASKED: &str = "whether it is ready was not asked yet";

const GET_FUNCTION: &str = "GetFunction";

impl Operation for WaitForFunction {
    fn spec(&self) -> &'static Spec {
        &WAIT_FOR_FUNCTION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.wait(executor))
    }
}

impl WaitForFunction {
    async fn wait(&self, executor: &Executor) -> Result<(), StepError> {
        let outputs = executor.outputs.lock().clone();
        if outputs.changing.contains(&self.handler) {
            let shortest = executor.aws.shortest_change;
            executor.pause(shortest, || NOT_ASKED.to_owned()).await?;
        }
        let published = self.published.as_ref();
        let version = published.and_then(|_| outputs.versions.get(&self.handler));
        let version = self.version.as_ref().or(version);
        let now = until_ready(executor, &self.name, version).await?;
        self.ready(executor, &now)
    }

    /// A version holds what `$LATEST` held when it was published, which another deploy may have changed since
    /// this one wrote it. Callers must not get a mix of both.
    fn ready(&self, executor: &Executor, now: &Reported) -> Result<(), StepError> {
        match &self.published {
            None => {
                revised(executor, &self.handler, now.revision_id());
                Ok(())
            }
            Some(wanted) if wanted.are(&Contents::of(now)) => Ok(()),
            Some(_) => Err(StepError::ChangedMeanwhile {
                name: self.name.clone(),
                cause: None,
            }),
        }
    }
}

/// Polls GetFunction until Lambda has taken a function out of its VPC, or has given up.
#[derive(Debug)]
pub(crate) struct WaitForDetachment {
    pub name: String,
}

impl Operation for WaitForDetachment {
    fn spec(&self) -> &'static Spec {
        &WAIT_FOR_FUNCTION
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            match until_ready(executor, &self.name, None).await {
                // It goes next: one that cannot run, such as one whose subnet is gone, must go as well.
                Err(StepError::FunctionFailed { .. }) => Ok(()),
                // It has gone already, and AWS still showed it when the plan was made.
                Err(StepError::Aws(error)) if error.class == Class::NotFound => Ok(()),
                other => other.map(drop),
            }
        })
    }
}

/// What the version of a function holds once it is ready, or `$LATEST`.
async fn until_ready(
    executor: &Executor,
    name: &str,
    version: Option<&String>,
) -> Result<Reported, StepError> {
    let mut visible = Backoff::visible();
    let mut backoff = Backoff::function();
    let mut told = false;
    loop {
        let (cause, pause) = match function(&executor.aws, name, version).await {
            Ok(now) => match progress(name, &now)? {
                Progress::Ready => return Ok(now),
                Progress::Busy(state) => {
                    let pause = backoff.next();
                    let pause = pause.ok_or_else(|| StepError::StillNotReady {
                        name: name.to_owned(),
                        state: state.clone(),
                        waited: backoff.waited().as_secs(),
                    })?;
                    (format!("it is {state}"), pause)
                }
            },
            // It was created or published a moment ago, so AWS does not show it everywhere yet.
            Err(error) if error.class == Class::NotFound => {
                let pause = visible.next();
                let cause = error.message.clone();
                (cause, pause.ok_or(StepError::Aws(error))?)
            }
            Err(error) => return Err(error.into()),
        };
        if !told {
            executor.waiting(&cause);
            told = true;
        }
        executor.pause(pause, || cause).await?;
    }
}

/// What a version of a function holds, or `$LATEST`.
pub(super) async fn function(
    aws: &Aws,
    name: &str,
    version: Option<&String>,
) -> Result<Reported, AwsError> {
    let answer = aws
        .lambda
        .get_function()
        .function_name(name)
        .set_qualifier(version.cloned())
        .send()
        .await
        .map_err(failed(GET_FUNCTION))?;
    Ok(described(answer))
}

/// The description that AWS always sends.
fn described(answer: GetFunctionOutput) -> Reported {
    answer
        .configuration
        .unwrap_or_else(|| Reported::builder().build())
}

enum Progress {
    Ready,
    /// AWS's own name of the state.
    Busy(String),
}

/// A function is ready when it is `Active` and no update is in progress. A failure ends the wait.
fn progress(name: &str, now: &Reported) -> Result<Progress, StepError> {
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
        None | Some(State::Active) => {}
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

/// Whether a change is in progress.
pub(super) fn is_busy(state: Option<&State>, update: Option<&LastUpdateStatus>) -> bool {
    !matches!(state, None | Some(State::Active))
        || !matches!(update, None | Some(LastUpdateStatus::Successful))
}

/// Keeps whether a change was still in progress when it was answered.
pub(super) fn answered(executor: &Executor, handler: &str, busy: bool) {
    let changing = &mut executor.outputs.lock().changing;
    if busy {
        changing.insert(handler.to_owned());
    } else {
        changing.remove(handler);
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
