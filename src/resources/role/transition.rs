//! The policy of a state machine's role while `live` moves from one release to another.

use std::collections::BTreeSet;

use serde_json::Value;

use super::documents::{LONGEST_POLICY, characters, state_machine_policy};
use super::statements::{beyond, union};
use crate::config::MachineName;
use crate::plan::Draft;
use crate::resources::{Pin, Release, StateMachine};
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
    /// Of each role that txflow makes for a state machine.
    pub fn all(draft: &Draft<'_>) -> Vec<Self> {
        let machines = draft.desired.state_machines.iter();
        machines
            .filter_map(|(_, wanted)| Self::new(draft, wanted))
            .collect()
    }

    /// `None` if others made the role.
    fn new(draft: &Draft<'_>, wanted: &StateMachine) -> Option<Self> {
        let desired = draft.desired;
        let stack = &desired.stack;
        let role = desired
            .roles
            .get(&stack.state_machine_role(&wanted.machine))?;
        let retained = draft.retained.run_with(&wanted.settings.role_arn);
        let after = retained.fold(role.policy.clone(), |policy, release| {
            union_that_fits(&policy, &needed_by(&wanted.machine, release, stack))
        });
        let observed = draft.observed.roles.get(&role.name);
        let observed = observed.and_then(|role| role.policy.as_ref());
        let before = observed.filter(|_| draft.state_machines.main.moves_live());
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

/// Whether the role of a state machine loses permissions if it gets what is desired: a retained release may need them.
pub(crate) fn loses_permissions(draft: &Draft<'_>) -> bool {
    let mut machines = draft.desired.state_machines.names();
    machines.any(|machine| {
        let name = draft.desired.stack.state_machine_role(&machine);
        let desired = draft.desired.roles.get(&name);
        let observed = draft.observed.roles.get(&name);
        let observed = observed.and_then(|role| role.policy.as_ref());
        desired
            .zip(observed)
            .is_some_and(|(desired, observed)| !beyond(observed, &desired.policy).is_empty())
    })
}

/// What a version of a state machine needs of its role.
fn needed_by(machine: &MachineName, release: &Release, stack: &Stack) -> Value {
    let pins = release.pins(stack);
    let functions = pins.iter().filter_map(Pin::of_function);
    let handlers: BTreeSet<String> = functions.map(|(handler, _)| handler.to_owned()).collect();
    let children = pins.iter().filter_map(Pin::of_state_machine);
    let children: BTreeSet<&MachineName> = children.map(|(child, _)| child).collect();
    let children: Vec<MachineName> = children.into_iter().cloned().collect();
    state_machine_policy(
        stack,
        machine,
        handlers.iter(),
        &children,
        &release.settings,
    )
}

/// Without the other's statements if IAM would refuse it.
fn union_that_fits(policy: &Value, other: &Value) -> Value {
    let union = union(policy, other);
    if characters(&union) > LONGEST_POLICY {
        return policy.clone();
    }
    union
}
