//! A role that may have been deleted a moment ago.

use super::Role;
use super::observe::{get, policy};
use super::operations::{CreateRole, write_policy};
use super::statement::is_held;
use crate::apply::{Executor, StepError};
use crate::resources::operation::{Effect, Executed, Operation, Spec, Words};

/// Looks once more for a role that nothing seemed to use, and makes it again if it is gone. EventBridge takes the name of a
/// role that does not exist, and then starts nothing.
#[derive(Debug)]
pub(crate) struct MakeSure(pub Role);

pub(super) static MAKE_SURE: Spec = Spec {
    operation: "GetRole",
    effect: Effect::Wait,
    words: Words::new("Checking", "Checked"),
    part: None,
    // The same as for reading and creating roles.
    permissions: &[],
};

impl Operation for MakeSure {
    fn spec(&self) -> &'static Spec {
        &MAKE_SURE
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(async move {
            executor.until_all_is_shown().await?;
            self.make_again(executor).await
        })
    }
}

impl MakeSure {
    async fn make_again(&self, executor: &Executor) -> Result<(), StepError> {
        let Self(role) = self;
        if get(&executor.aws, &role.name).await?.is_none() {
            CreateRole(role.clone()).execute(executor).await?;
        }
        let held = policy(&executor.aws, &role.name).await?;
        if is_held(&role.policy, held.as_ref()) {
            return Ok(());
        }
        write_policy(executor, &role.name, &role.policy).await
    }
}
