//! Makes the calls of an operation.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep;
use aws_smithy_runtime_api::client::result::SdkError;
use tokio::sync::watch;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::outputs::SharedOutputs;
use super::step_error::StepError;
use crate::aws::{Aws, AwsError, Class, Response, ServiceError, failed};
use crate::plan::StepName;
use crate::report::{Event, Reporter};
use crate::resources::{Effect, Executed, Operation, Spec};
use crate::world::Interrupt;

/// Makes the calls of one step. Their input is in the operation, or is the output of an earlier step.
pub struct Executor {
    pub aws: Aws,
    pub outputs: Arc<SharedOutputs>,
    pub reporter: Arc<dyn Reporter>,
    pub interrupts: watch::Receiver<Interrupt>,
    /// When this apply began. The plan was made before.
    pub began: Instant,
    /// The name of the step in events.
    pub step: StepName,
}

impl Executor {
    /// Makes the one call of an operation.
    pub fn run<'a, T, E, F>(
        &'a self,
        operation: &'a dyn Operation,
        send: impl Fn() -> F + Send + Sync + 'a,
    ) -> Executed<'a>
    where
        T: Send + 'a,
        E: ServiceError,
        F: Future<Output = Result<T, SdkError<E, Response>>> + Send + 'a,
    {
        Box::pin(async move { self.call(operation.spec(), send).await.map(drop) })
    }

    /// The same for a deletion, whose resource may not exist any more, or may be in use by somebody else, who keeps it.
    pub fn run_removal<'a, T, E, F>(
        &'a self,
        operation: &'a dyn Operation,
        send: impl Fn() -> F + Send + Sync + 'a,
    ) -> Executed<'a>
    where
        T: Send + 'a,
        E: ServiceError,
        F: Future<Output = Result<T, SdkError<E, Response>>> + Send + 'a,
    {
        Box::pin(async move { self.remove(operation.spec(), send).await })
    }

    /// Makes the call of a deletion.
    pub async fn remove<T, E, F>(&self, spec: &Spec, send: impl Fn() -> F) -> Result<(), StepError>
    where
        E: ServiceError,
        F: Future<Output = Result<T, SdkError<E, Response>>>,
    {
        let operation = spec.operation;
        self.until_removed(|| async { send().await.map_err(failed(operation)) })
            .await
    }

    /// Repeats the call of a deletion while something else is in progress.
    pub async fn until_removed<T, F>(&self, call: impl Fn() -> F) -> Result<(), StepError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        match self.repeated(call, None, None).await {
            Err(StepError::Aws(error)) if error.class == Class::NotFound => Ok(()),
            Err(StepError::Aws(error)) if error.class == Class::InUse => Err(StepError::Kept {
                cause: error.message,
            }),
            other => other.map(drop),
        }
    }

    /// Makes a call and returns AWS's response.
    pub async fn call<T, E, F>(&self, spec: &Spec, send: impl Fn() -> F) -> Result<T, StepError>
    where
        E: ServiceError,
        F: Future<Output = Result<T, SdkError<E, Response>>>,
    {
        let operation = spec.operation;
        self.until_ready(spec, || async { send().await.map_err(failed(operation)) })
            .await
    }

    /// The same with a role, which is not waited for any more once somebody has removed it.
    pub async fn call_with_role<T, E, F>(
        &self,
        spec: &Spec,
        role_arn: &str,
        send: impl Fn() -> F,
    ) -> Result<T, StepError>
    where
        E: ServiceError,
        F: Future<Output = Result<T, SdkError<E, Response>>>,
    {
        let operation = spec.operation;
        let call = || async { send().await.map_err(failed(operation)) };
        self.repeated(call, visible(spec), Some(role_arn)).await
    }

    /// The same for what may have been removed meanwhile. `None` if AWS does not find it, which is not waited for.
    pub async fn call_if_found<T, E, F>(
        &self,
        spec: &Spec,
        send: impl Fn() -> F,
    ) -> Result<Option<T>, StepError>
    where
        E: ServiceError,
        F: Future<Output = Result<T, SdkError<E, Response>>>,
    {
        let operation = spec.operation;
        let call = || async { send().await.map_err(failed(operation)) };
        match self.repeated(call, None, None).await {
            Err(StepError::Aws(error)) if error.class == Class::NotFound => Ok(None),
            other => other.map(Some),
        }
    }

    /// Repeats the call until the role has propagated, or the change in progress has finished. What an update works
    /// on exists, so if AWS does not find it, AWS does not show it everywhere yet.
    pub async fn until_ready<T, F>(&self, spec: &Spec, call: impl Fn() -> F) -> Result<T, StepError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        self.repeated(call, visible(spec), None).await
    }

    /// `visible` is how long something that AWS does not find is looked for.
    async fn repeated<T, F>(
        &self,
        call: impl Fn() -> F,
        mut visible: Option<Backoff>,
        role_arn: Option<&str>,
    ) -> Result<T, StepError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        let mut waited = Duration::ZERO;
        let mut told = None;
        let mut ready = Backoff::until_ready();
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let backoff = match (error.class, &mut visible) {
                (Class::RoleNotReady | Class::Busy, _) => &mut ready,
                (Class::NotFound, Some(visible)) => visible,
                _ => return Err(error.into()),
            };
            let Some(pause) = backoff.next() else {
                return Err(StepError::GaveUp {
                    waited: waited.as_secs(),
                    cause: error,
                });
            };
            if error.class == Class::RoleNotReady && waited >= SHOWN {
                self.refuse_removed(role_arn).await?;
            }
            if told.as_ref() != Some(&error.message) {
                self.waiting(&error.awaited());
                told = Some(error.message.clone());
            }
            self.pause(pause, || error.awaited()).await?;
            waited += pause;
        }
    }

    /// IAM shows a role that exists by now. Whoever may not read it is told nothing.
    async fn refuse_removed(&self, role_arn: Option<&str>) -> Result<(), StepError> {
        let Some(name) = role_arn.and_then(|arn| arn.rsplit('/').next()) else {
            return Ok(());
        };
        let read = self.aws.iam.get_role().role_name(name).send().await;
        match read.map_err(failed("GetRole")) {
            Err(error) if error.class == Class::NotFound => Err(StepError::RoleRemoved {
                name: name.to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Waits until the policies that this apply wrote are in force. An execution that starts before is denied its
    /// functions, and a function that starts before keeps the permissions of then while it is warm.
    pub async fn until_policies_apply(&self) -> Result<(), StepError> {
        let propagation = self.aws.policy_propagation;
        let left = self.outputs.lock().until_policies_apply(propagation);
        if left.is_zero() {
            return Ok(());
        }
        let cause = "AWS may not apply a policy yet that was just written";
        self.waiting(cause);
        self.pause(left, || cause.to_owned()).await
    }

    /// Waits until AWS shows what was made before this apply began, and no longer shows what was removed then.
    pub async fn until_all_is_shown(&self) -> Result<(), StepError> {
        let left = self.aws.policy_propagation;
        let left = left.saturating_sub(self.began.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        let cause = "AWS may not show everything yet that was made or removed a moment ago";
        self.waiting(cause);
        self.pause(left, || cause.to_owned()).await
    }

    /// Sleeps, unless txflow is interrupted: a wait may take minutes, and nothing is in flight meanwhile.
    pub async fn pause(
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

    pub fn waiting(&self, cause: &str) {
        self.reporter.report(&Event::StepWaiting {
            step: self.step.clone(),
            cause: cause.to_owned(),
        });
    }
}

/// How long something that AWS does not find is looked for.
fn visible(spec: &Spec) -> Option<Backoff> {
    let exists = matches!(spec.effect, Effect::Update | Effect::Wait);
    exists.then(Backoff::visible)
}

/// As long as [`Backoff::visible`] waits for what AWS does not show yet.
const SHOWN: Duration = Duration::from_secs(10);
