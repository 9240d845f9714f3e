//! The last look at the roles of a release, once `live` leads to it.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use serde_json::Value;

use super::Role;
use super::make_sure::{MakeSure, Since};
use super::observe::{get, policy};
use super::policy_operations::WidenRolePolicy;
use crate::apply::{Executor, StepError};
use crate::plan::Draft;

/// The roles that a release needs. A deploy beside this one whose `deploy.toml` has no use for them takes from their policies,
/// or removes them.
#[derive(Debug, Clone, Default)]
pub(crate) struct NeededRoles {
    /// Those of the state machines, which allow what the former release needs as well.
    of_state_machines: Vec<Role>,
    others: Vec<Role>,
    /// The name of that of the triggers, if there are any. A deploy beside this one that has none removes it, also if it published
    /// nothing that would show: it may have gone back to an earlier release.
    triggers: Option<String>,
    /// By name. Nothing used them when the plan was made, so a deploy that has no use for them may be about to remove them.
    doubtful: BTreeSet<String>,
}

impl NeededRoles {
    pub fn new(draft: &Draft<'_>) -> Self {
        let (stack, observed) = (&draft.desired.stack, draft.observed);
        let wide = { draft.transitions.iter() }.map(|transition| Role {
            policy: transition.widest().clone(),
            ..transition.after.clone()
        });
        let of_state_machines: Vec<Role> = wide.collect();
        let others = draft.desired.roles.values();
        let others = others.filter(|role| stack.state_machine_of_role(&role.name).is_none());
        let unused = draft.desired.roles.keys();
        let unused = unused.filter(|name| observed.lacks_user_of(name, stack));
        // One that this plan creates is soon in use, but for that of the triggers, which are made last.
        let triggers = stack.triggers_role();
        let doubtful =
            unused.filter(|name| **name == triggers || observed.roles.contains_key(*name));
        Self {
            of_state_machines,
            others: others.cloned().collect(),
            triggers: { draft.desired.roles.keys() }
                .find(|name| **name == triggers)
                .cloned(),
            doubtful: doubtful.cloned().collect(),
        }
    }

    /// What the roles of the state machines allow now.
    pub async fn held(&self, executor: &Executor) -> Result<Vec<Option<Value>>, StepError> {
        let roles = self.of_state_machines.iter();
        let held = roles.map(|role| policy(&executor.aws, &role.name));
        Ok(try_join_all(held).await?)
    }

    /// Makes again what is gone, and adds what the state machines lack. A deploy that is `alone` only looks at what was `held`.
    pub async fn keep(
        &self,
        executor: &Executor,
        held: Vec<Option<Value>>,
        alone: bool,
    ) -> Result<(), StepError> {
        let appeared = executor.outputs.lock().appeared_roles.clone();
        let certain = |role: &Role| {
            alone && !self.doubtful.contains(&role.name) && !appeared.contains(&role.name)
        };
        let added = self.of_state_machines.iter().zip(held);
        let added = added.filter(|(role, _)| certain(role));
        let added = added.map(async |(role, held)| {
            let widen = WidenRolePolicy {
                role: role.name.clone(),
                policy: role.policy.clone(),
            };
            match widen.added_to(held.as_ref()) {
                Some(_) => widen.add(executor).await,
                None => Ok(()),
            }
        });
        let made = self.of_state_machines.iter().chain(&self.others);
        let made = made.filter(|role| !certain(role) || self.triggers.as_ref() == Some(&role.name));
        let made = made.map(async |role| {
            if certain(role) && get(&executor.aws, &role.name).await?.is_some() {
                return Ok(());
            }
            let sure = MakeSure {
                role: role.clone(),
                since: Since::Meanwhile,
            };
            sure.make_again(executor).await
        });
        tokio::try_join!(try_join_all(added), try_join_all(made)).map(drop)
    }
}
