//! The policy of the state machine's role while `live` moves from one release to another.

use serde_json::Value;

use super::documents::{LONGEST_POLICY, characters, state_machine_policy};
use super::statements::{beyond, union};
use crate::plan::Draft;
use crate::resources::Release;
use crate::stack::Stack;

/// Callers get the former release until `live` has moved, and the new one from then on. So the policy is widened before and
/// narrowed after, also if the deploy ends in between.
pub(crate) struct Transition {
    pub role: String,
    /// What the former release needs, the new one, and all that are retained.
    pub before: Value,
    /// The same without what only the former one needs.
    pub after: Value,
}

impl Transition {
    /// `None` if others made the role.
    pub fn new(draft: &Draft<'_>) -> Option<Self> {
        let desired = draft.desired;
        let stack = &desired.stack;
        let role = desired.roles.get(&stack.state_machine_role())?;
        let retained = draft
            .retained
            .run_with(&desired.state_machine.settings.role_arn);
        let after = retained.fold(role.policy.clone(), |policy, release| {
            union_that_fits(&policy, &needed_by(release, stack))
        });
        let observed = draft.observed.roles.get(&role.name);
        let observed = observed.and_then(|role| role.policy.as_ref());
        let before = observed.filter(|_| draft.state_machine.moves_live());
        let before = before.map_or_else(
            || after.clone(),
            |observed| union_that_fits(&after, observed),
        );
        Some(Self {
            role: role.name.clone(),
            before,
            after,
        })
    }
}

/// Whether a role loses permissions if it gets what is desired: a retained release, or a version that it pins, may need them.
pub(crate) fn loses_permissions(draft: &Draft<'_>) -> bool {
    let mut roles = draft.desired.roles.iter();
    roles.any(|(name, desired)| {
        let observed = draft.observed.roles.get(name);
        let observed = observed.and_then(|role| role.policy.as_ref());
        observed.is_some_and(|observed| !beyond(observed, &desired.policy).is_empty())
    })
}

/// What a release needs of the role of the state machine.
fn needed_by(release: &Release, stack: &Stack) -> Value {
    let pins = release.pins(stack);
    let handlers: std::collections::BTreeSet<&String> =
        pins.iter().map(|(handler, _)| handler).collect();
    state_machine_policy(stack, handlers.into_iter(), &release.settings)
}

/// Without the other's statements if IAM would refuse it.
fn union_that_fits(policy: &Value, other: &Value) -> Value {
    let union = union(policy, other);
    if characters(&union) > LONGEST_POLICY {
        return policy.clone();
    }
    union
}
