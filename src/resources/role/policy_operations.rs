//! The calls that change the policies of the state machines' roles around the move of `live`.

use serde_json::Value;

use super::beyond::{beyond, union};
use super::observe::policy;
use super::operations::{write_policy, writing};
use super::statement::{is_empty, is_held};
use super::transition::Transition;
use crate::apply::{Backoff, Executor, StepError};
use crate::aws::AwsError;
use crate::resources::alias::{self, NextRelease};
use crate::resources::operation::{Executed, Operation, Spec};

/// Adds to the only inline policy what it lacks, and takes nothing away, whatever it has become since the plan was made.
#[derive(Debug, Clone)]
pub(crate) struct WidenRolePolicy {
    pub role: String,
    pub policy: Value,
}

impl Transition {
    pub fn widen(&self) -> WidenRolePolicy {
        WidenRolePolicy {
            role: self.after.name.clone(),
            policy: self.before.clone(),
        }
    }
}

impl Operation for WidenRolePolicy {
    fn spec(&self) -> &'static Spec {
        writing(&self.policy)
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            let held = self.held(executor).await?;
            self.add_to(executor, held, true).await
        })
    }
}

impl WidenRolePolicy {
    pub async fn held(&self, executor: &Executor) -> Result<Option<Value>, AwsError> {
        policy(&executor.aws, &self.role).await
    }

    /// It is not `certain` that the role holds what was read if another deploy may just have narrowed it: IAM may show for
    /// some seconds what was before.
    pub async fn add_to(
        &self,
        executor: &Executor,
        held: Option<Value>,
        certain: bool,
    ) -> Result<(), StepError> {
        let wide = match &held {
            Some(held) => union(&self.policy, held),
            None => self.policy.clone(),
        };
        if is_empty(&wide) || (certain && held.as_ref() == Some(&wide)) {
            return Ok(());
        }
        write_policy(executor, &self.role, &wide).await
    }
}

/// Takes from the only inline policy what nothing needs once the release of this plan is live.
#[derive(Debug)]
pub(crate) struct NarrowRolePolicy {
    pub role: String,
    pub policy: Value,
    /// What it was before `live` moved.
    pub replaces: Value,
    pub alias_arn: String,
    pub next_release: NextRelease,
}

impl Operation for NarrowRolePolicy {
    fn spec(&self) -> &'static Spec {
        writing(&self.policy)
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.narrow(executor))
    }
}

impl NarrowRolePolicy {
    /// IAM has no revisions of policies, so another deploy that makes its release live meanwhile needs a second look.
    async fn narrow(&self, executor: &Executor) -> Result<(), StepError> {
        if self.next_release.was_taken(&executor.outputs.lock()) {
            let cause = "another deploy has published a release, and may need it".to_owned();
            return Err(StepError::Kept { cause });
        }
        self.refuse_other(executor).await?;
        let held = policy(&executor.aws, &self.role).await?;
        let held = held.unwrap_or_else(|| self.replaces.clone());
        let narrow = self.taken_from(&held);
        if is_held(&narrow, Some(&held)) {
            return Ok(());
        }
        write_policy(executor, &self.role, &narrow).await?;
        if let Err(other) = self.refuse_other(executor).await {
            write_policy(executor, &self.role, &held).await?;
            return Err(other);
        }
        Ok(())
    }

    /// What another deploy has added since stays.
    fn taken_from(&self, held: &Value) -> Value {
        let mut others = self.policy.clone();
        others["Statement"] = beyond(held, &self.replaces).into();
        union(&self.policy, &others)
    }

    /// Checks that callers still get the release of this plan. AWS may show for some seconds what was live before.
    async fn refuse_other(&self, executor: &Executor) -> Result<(), StepError> {
        let release = executor.outputs.lock().release().cloned();
        let release = release.ok_or(StepError::NoRelease)?.version;
        let mut backoff = Backoff::visible();
        loop {
            let live = alias::read(&executor.aws, &self.alias_arn).await?;
            if live.is_some_and(|live| live.routing == [(release, 100)]) {
                return Ok(());
            }
            let cause = || "another deploy has moved `live`, and may need it".to_owned();
            let Some(pause) = backoff.next() else {
                return Err(StepError::Kept { cause: cause() });
            };
            executor.pause(pause, cause).await?;
        }
    }
}
