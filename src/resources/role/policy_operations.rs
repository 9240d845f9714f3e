//! The calls that change the inline policy of a role, also around the move of `live`.

use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;
use serde_json::Value;
use tokio::time::Instant;

use super::beyond::{beyond, union};
use super::observe::policy;
use super::permissions::{BOUNDED_ROLES, ROLES};
use super::statement::{is_empty, is_held};
use super::transition::Transition;
use crate::apply::{Backoff, Executor, StepError};
use crate::policy::{Command, Permission};
use crate::resources::alias::{self, NextRelease, Routing};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};
use crate::stack::POLICY;

/// Writes the only inline policy, or deletes it if it is to allow nothing.
#[derive(Debug, Clone)]
pub(crate) struct WriteRolePolicy {
    pub role: String,
    pub policy: Value,
    /// What it replaces, if there was one when the plan was made.
    pub observed: Option<Value>,
}

pub(super) static PUT_ROLE_POLICY: Spec = Spec {
    operation: "PutRolePolicy",
    effect: Effect::Update,
    words: Words::WRITE,
    part: Some("policy"),
    permissions: &[Permission::new(
        "iam:PutRolePolicy",
        &BOUNDED_ROLES,
        Command::WRITE,
    )],
};

/// What writes this policy.
fn writing(policy: &Value) -> &'static Spec {
    if is_empty(policy) {
        &DELETE_OWN_ROLE_POLICY
    } else {
        &PUT_ROLE_POLICY
    }
}

impl Operation for WriteRolePolicy {
    fn spec(&self) -> &'static Spec {
        writing(&self.policy)
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            if executor.outputs.lock().appeared_roles.contains(&self.role) {
                return self.add(executor).await;
            }
            let next = || async {
                self.refuse_other(executor).await?;
                Ok(Some(self.policy.clone()))
            };
            rewrite(executor, &self.role, next).await.map(drop)
        })
    }
}

impl WriteRolePolicy {
    /// Another deploy has made the role meanwhile, and its release may be live: what it needs stays.
    async fn add(&self, executor: &Executor) -> Result<(), StepError> {
        executor.until_all_is_shown().await?;
        let widen = WidenRolePolicy {
            role: self.role.clone(),
            policy: self.policy.clone(),
        };
        widen.execute(executor).await
    }

    /// IAM has no revisions of policies. A deploy that overwrites what another one has just written would take from the
    /// release of that one what it needs.
    async fn refuse_other(&self, executor: &Executor) -> Result<(), StepError> {
        let Some(observed) = &self.observed else {
            return Ok(());
        };
        let mut backoff = Backoff::visible();
        loop {
            let held = policy(&executor.aws, &self.role).await?;
            if held.is_none_or(|held| held == *observed || held == self.policy) {
                return Ok(());
            }
            // It may also be an older one that AWS still shows.
            let other = || StepError::ChangedMeanwhile {
                name: self.role.clone(),
                cause: None,
            };
            let pause = backoff.next().ok_or_else(other)?;
            executor.pause(pause, || other().to_string()).await?;
        }
    }
}

/// How long what was read of a policy may be written over. Who adds to a policy looks at it again after a longer time than this,
/// once the release that needs it is live.
const FRESH: Duration = Duration::from_secs(3);

/// Writes the policy that `next` makes of what the role holds, or nothing if it makes none. IAM has no revisions of policies,
/// so a write that waits for its turn, or that AWS throttles, would undo what another deploy has written meanwhile: it is given
/// up, and begins again with what the role holds by then. Returns whether it wrote.
async fn rewrite<F>(
    executor: &Executor,
    role: &str,
    next: impl Fn() -> F,
) -> Result<bool, StepError>
where
    F: Future<Output = Result<Option<Value>, StepError>>,
{
    let mut fresh = FRESH;
    loop {
        let Some(policy) = next().await? else {
            return Ok(false);
        };
        tokio::select! {
            biased;
            written = write_policy(executor, role, &policy) => return written.map(|()| true),
            // The next one gets more time, so that this ends even if AWS throttles for minutes.
            () = executor.aws.sleep.sleep(fresh) => fresh *= 2,
        }
    }
}

pub(super) async fn write_policy(
    executor: &Executor,
    role: &str,
    policy: &Value,
) -> Result<(), StepError> {
    let iam = &executor.aws.iam;
    if is_empty(policy) {
        let request = iam.delete_role_policy();
        let request = request.role_name(role).policy_name(POLICY);
        let send = || request.clone().send();
        return executor.remove(&DELETE_OWN_ROLE_POLICY, send).await;
    }
    let request = iam.put_role_policy();
    let request = request
        .role_name(role)
        .policy_name(POLICY)
        .policy_document(policy.to_string());
    let send = || request.clone().send();
    executor.call(&PUT_ROLE_POLICY, send).await?;
    executor.outputs.lock().policy_written = Some(Instant::now());
    Ok(())
}

/// The one that txflow writes, of a role that stays.
pub(super) static DELETE_OWN_ROLE_POLICY: Spec = deleting_policy(Some("policy"));

pub(super) const fn deleting_policy(part: Option<&'static str>) -> Spec {
    Spec {
        operation: "DeleteRolePolicy",
        effect: Effect::Update,
        words: Words::DELETE,
        part,
        permissions: DELETING_POLICIES,
    }
}

const DELETING_POLICIES: &[Permission] = &[Permission::new(
    "iam:DeleteRolePolicy",
    &ROLES,
    Command::REMOVE,
)];

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
        Box::pin(self.add(executor))
    }
}

impl WidenRolePolicy {
    pub async fn add(&self, executor: &Executor) -> Result<(), StepError> {
        let next = || async {
            let held = policy(&executor.aws, &self.role).await?;
            Ok(self.added_to(held.as_ref()))
        };
        rewrite(executor, &self.role, next).await.map(drop)
    }

    /// The same for a role that another deploy may just have narrowed or deleted: IAM may show for some seconds what was before,
    /// so what it shows is written even if it lacks nothing.
    pub async fn add_for_certain(&self, executor: &Executor) -> Result<(), StepError> {
        let next = || async {
            let held = policy(&executor.aws, &self.role).await?;
            let wide = self.with(held.as_ref());
            Ok((!is_empty(&wide)).then_some(wide))
        };
        rewrite(executor, &self.role, next).await.map(drop)
    }

    /// What the role has to hold, unless it does.
    pub fn added_to(&self, held: Option<&Value>) -> Option<Value> {
        let wide = self.with(held);
        (!is_held(&wide, held)).then_some(wide)
    }

    fn with(&self, held: Option<&Value>) -> Value {
        match held {
            Some(held) => union(&self.policy, held),
            None => self.policy.clone(),
        }
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
    /// Where `live` leads to, unless this plan has published a release.
    pub live: Routing,
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
        self.refuse_other(executor).await?;
        let next = || async {
            let held = policy(&executor.aws, &self.role).await?;
            let held = held.unwrap_or_else(|| self.replaces.clone());
            let narrow = self.taken_from(&held);
            Ok((!is_held(&narrow, Some(&held))).then_some(narrow))
        };
        if !rewrite(executor, &self.role, next).await? {
            return Ok(());
        }
        if let Err(other) = self.refuse_other(executor).await {
            let back = WidenRolePolicy {
                role: self.role.clone(),
                policy: self.replaces.clone(),
            };
            back.add_for_certain(executor).await?;
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

    /// Checks that no other deploy has published, and that callers still get the release of this plan. AWS may show for some
    /// seconds what was live before.
    async fn refuse_other(&self, executor: &Executor) -> Result<(), StepError> {
        if self.next_release.was_taken(executor).await? {
            let cause = "another deploy has published a release, and may need it".to_owned();
            return Err(StepError::Kept { cause });
        }
        let release = executor.outputs.lock().release().cloned();
        let expected = match release {
            Some(release) => &vec![(release.version, 100)],
            None => &self.live,
        };
        let mut backoff = Backoff::visible();
        loop {
            let live = alias::read(&executor.aws, &self.alias_arn).await?;
            if live.is_some_and(|live| live.leads_to(expected)) {
                return Ok(());
            }
            let cause =
                || "another command has moved `live`, and what is live may need it".to_owned();
            let Some(pause) = backoff.next() else {
                return Err(StepError::Kept { cause: cause() });
            };
            executor.pause(pause, cause).await?;
        }
    }
}
