//! A role that may have been deleted a moment ago.

use super::Role;
use super::observe::get;
use super::operations::{CreateRole, MAKE_SURE};
use super::policy_operations::{WidenRolePolicy, write_policy};
use crate::apply::{Executor, StepError};
use crate::aws::Class;
use crate::resources::operation::{Executed, Operation, Spec};

/// Looks once more for a role, and makes it again if it is gone. Lambda would wait for it in vain, EventBridge takes the name
/// of a role that does not exist, and only a role leads to what is made for it.
#[derive(Debug)]
pub(crate) struct MakeSure {
    pub role: Role,
    pub since: Since,
}

/// When the role may have been deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// Before the plan was made: nothing seemed to use it, and AWS may still show it.
    BeforeThePlan,
    /// Meanwhile: a deploy beside this one has no use for it.
    Meanwhile,
}

impl Operation for MakeSure {
    fn spec(&self) -> &'static Spec {
        &MAKE_SURE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            if self.since == Since::BeforeThePlan {
                executor.until_all_is_shown().await?;
            }
            self.make_again(executor).await
        })
    }
}

impl MakeSure {
    pub async fn make_again(&self, executor: &Executor) -> Result<(), StepError> {
        let role = &self.role;
        if get(&executor.aws, &role.name).await?.is_none() {
            CreateRole(role.clone()).execute(executor).await?;
        }
        // What else it holds may be what a release of another deploy needs.
        let widen = WidenRolePolicy {
            role: role.name.clone(),
            policy: role.policy.clone(),
        };
        let written = match self.since {
            Since::BeforeThePlan => widen.add(executor).await,
            Since::Meanwhile => widen.add_for_certain(executor).await,
        };
        match written {
            // IAM still showed a role that was deleted a moment ago, but refuses to write to it.
            Err(StepError::GaveUp { cause, .. }) if cause.class == Class::NotFound => {
                CreateRole(role.clone()).execute(executor).await?;
                write_policy(executor, &role.name, &role.policy).await
            }
            written => written,
        }
    }
}
