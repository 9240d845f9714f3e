//! Triggers that AWS shows late. Only their role leads to those that `deploy.toml` does not name.

use futures_util::future::try_join_all;

use super::operation::{Effect, Executed, Operation, Spec, Words};
use super::other_releases::OtherReleases;
use super::read_triggers;
use super::rule::operations::removal_of;
use super::schedule_group::operations::DeleteScheduleGroup;
use crate::apply::{Executor, StepError};
use crate::stack::Stack;

/// Looks once more for triggers of the stack before their role goes, and removes what it finds: EventBridge lists a rule
/// late that was made a moment ago, and what a deploy had sent before it was killed may come after the plan was made. A deploy
/// that runs beside this one may be about to write triggers, so the role stays if there is one.
#[derive(Debug)]
pub(crate) struct RemoveLateTriggers {
    pub stack: Stack,
    /// `None` if the state machine goes as well: no release needs the triggers then.
    pub others: Option<OtherReleases>,
}

pub(super) static REMOVE_LATE_TRIGGERS: Spec = Spec {
    operation: "ListRules",
    effect: Effect::Wait,
    words: Words::new("Checking", "Checked"),
    part: Some("use"),
    // The same as for reading and removing triggers.
    permissions: &[],
};

impl Operation for RemoveLateTriggers {
    fn spec(&self) -> &'static Spec {
        &REMOVE_LATE_TRIGGERS
    }

    fn execute<'a>(&'a self, executor: &'a Executor) -> Executed<'a> {
        Box::pin(self.remove(executor))
    }
}

impl RemoveLateTriggers {
    async fn remove(&self, executor: &Executor) -> Result<(), StepError> {
        executor.until_all_is_shown().await?;
        if let Some(others) = &self.others
            && !others.listed(executor).await?.is_empty()
        {
            let cause = "another deploy has published a release, and may need it".to_owned();
            return Err(StepError::Kept { cause });
        }
        let stack = &self.stack;
        let late = read_triggers(&executor.aws, stack, true).await?;
        let rules = late.rules.iter();
        let rules = rules.filter(|(_, rule)| stack.owns(&rule.tags));
        let rules = rules.map(|(name, rule)| async move {
            let (targets, rule) = removal_of(name, rule, None);
            targets.execute(executor).await?;
            rule.execute(executor).await
        });
        try_join_all(rules).await?;
        let group = late.schedule_group.filter(|group| !group.deleting);
        match group.filter(|group| stack.owns(&group.tags)) {
            // The schedules go with it.
            Some(group) => {
                DeleteScheduleGroup { name: group.name }
                    .execute(executor)
                    .await
            }
            None => Ok(()),
        }
    }
}
