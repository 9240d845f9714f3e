//! The policy of a state machine's role while `live` moves from one release to another.

use std::collections::BTreeSet;

use serde_json::Value;

use super::beyond::{beyond, union};
use super::documents::{LONGEST_POLICY, Runnable, characters, state_machine_statements};
use super::{Because, Role};
use crate::config::MachineName;
use crate::plan::{Draft, PinnedBy};
use crate::resources::{Pin, StateMachine};

/// Callers get the former release until `live` has moved, and the new one from then on. So the policy is widened before and
/// narrowed after, even if the deploy ends in between.
pub(crate) struct Transition {
    /// What the former release needs, the new one, and all that are retained.
    pub before: Value,
    /// The role without what only the former one needs.
    pub after: Role,
}

impl Transition {
    /// Whether IAM accepts the wider policy. If not, the new one replaces the former at once.
    pub fn fits(&self) -> bool {
        characters(&self.before) <= LONGEST_POLICY
    }

    /// What the role allows once it is written.
    pub fn widest(&self) -> &Value {
        match self.fits() {
            true => &self.before,
            false => &self.after.policy,
        }
    }

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
        let name = desired.stack.state_machine_role(&wanted.machine);
        let role = desired.roles.get(&name)?;
        let after = with_retained(draft, wanted, role);
        let observed = draft.observed.roles.get(&role.name);
        let observed = observed.and_then(|role| role.policy.as_ref());
        let before = observed.map_or_else(
            || after.policy.clone(),
            |observed| union(&after.policy, observed),
        );
        Some(Self { before, after })
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

/// The role with all that retained releases need, also of what `deploy.toml` no longer names: a rollback and executions in
/// flight need it. What IAM would refuse as too long is left out.
fn with_retained(draft: &Draft<'_>, wanted: &StateMachine, role: &Role) -> Role {
    let desired = draft.desired;
    let stack = &desired.stack;
    let named = wanted.definition.names();
    let is_main = wanted.machine == MachineName::Main;
    let mut handlers: BTreeSet<String> = { desired.functions.keys() }
        .filter(|handler| is_main || named.contains(*handler))
        .cloned()
        .collect();
    let mut retained: Vec<Runnable<'_>> = Vec::new();
    let mut fits = role.clone();
    let role_arn = &wanted.settings.role_arn;
    for (by, release) in draft.retained.run_with(role_arn) {
        if retained.iter().any(|(_, other)| *other == release) {
            continue;
        }
        retained.push((because(by), release));
        let pins = release.pins(stack);
        let functions = pins.iter().filter_map(Pin::of_function);
        handlers.extend(functions.map(|(handler, _)| handler.to_owned()));
        let statements = state_machine_statements(stack, handlers.iter(), wanted, &retained);
        let wider = role.allowing(statements);
        if characters(&wider.policy) > LONGEST_POLICY {
            break;
        }
        fits = wider;
    }
    fits
}

fn because(by: PinnedBy) -> Because {
    match by {
        PinnedBy::Fork(version) => Because::Fork(version),
        PinnedBy::Execution => Because::Executions,
        PinnedBy::Alias => Because::Alias,
        PinnedBy::StateMachine => Because::StateMachine,
        PinnedBy::Release(release) => Because::Release(release),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn invoking(functions: usize) -> Value {
        let arn =
            |number| format!("arn:aws:lambda:us-east-1:123456789012:function:shop-dev-{number}:*");
        let arns: Vec<String> = (0..functions).map(arn).collect();
        json!({ "Statement": [{ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arns }] })
    }

    fn to_two_functions(before: usize) -> Transition {
        let after = Role {
            name: "shop-dev-state-machine".to_owned(),
            path: "/".to_owned(),
            description: String::new(),
            trust: json!({}),
            statements: Vec::new(),
            policy: invoking(2),
            boundary: None,
            tags: Default::default(),
        };
        Transition {
            before: invoking(before),
            after,
        }
    }

    /// What is made sure of once `live` has moved is what was written before, and IAM refuses what is too long.
    #[test]
    fn the_role_allows_both_releases_unless_that_is_too_long_for_iam() {
        let both = to_two_functions(3);
        assert_eq!(*both.widest(), both.before);
        let too_long = to_two_functions(200);
        assert_eq!(*too_long.widest(), too_long.after.policy);
        assert!(characters(too_long.widest()) <= LONGEST_POLICY);
    }
}
