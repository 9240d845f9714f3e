//! The steps that a role needs.

use serde_json::Value;

use super::operations::{
    CreateRole, DeleteRole, DeleteRolePermissionsBoundary, DeleteRolePolicy, DetachRolePolicy,
    PutRolePermissionsBoundary, PutRolePolicy, TaggedRole, UpdateAssumeRolePolicy,
};
use super::policy_operations::NarrowRolePolicy;
use super::transition::Transition;
use super::{Role, RoleState};
use crate::plan::{Attribute, Document, Draft, Milestone, Reason, Removal, StepId, Steps};
use crate::resources::{Kind, tags};
use crate::stack::POLICY;

pub(super) fn deploy(draft: &mut Draft<'_>) {
    draft.transitions = Transition::all(draft);
    for role in draft.desired.roles.values() {
        let observed = draft.observed.roles.get(&role.name);
        let mut transitions = draft.transitions.iter();
        let transition = transitions.find(|transition| transition.role == role.name);
        let steps = &mut draft.steps;
        match (observed, transition) {
            (None, Some(transition)) => create(steps, role, &transition.before),
            (None, None) => create(steps, role, &role.policy),
            (Some(observed), Some(transition)) => {
                let bounded = update(steps, role, observed);
                if draft.state_machines.main.moves_live() {
                    widen(steps, transition, observed, bounded);
                } else {
                    put(steps, role, &transition.after, observed, bounded);
                }
            }
            (Some(observed), None) => {
                let bounded = update(steps, role, observed);
                put(steps, role, &role.policy, observed, bounded);
            }
        }
    }
}

/// Takes from the roles of the state machines what nothing needs once `live` has moved.
pub(crate) fn narrow(draft: &mut Draft<'_>, after: &[StepId]) {
    let transitions = std::mem::take(&mut draft.transitions);
    for transition in &transitions {
        narrow_one(draft, transition, after);
    }
    draft.transitions = transitions;
}

fn narrow_one(draft: &mut Draft<'_>, transition: &Transition, after: &[StepId]) {
    let Transition {
        role,
        before,
        after: narrowed,
    } = transition;
    let observed = draft.observed.roles.get(role);
    let observed = observed.and_then(|role| role.policy.as_ref());
    if before == narrowed {
        return;
    }
    // The step that widened it has said what changes.
    let reason = match observed {
        Some(observed) if observed == before => {
            Reason::document(Document::Policy, observed, narrowed)
        }
        _ => Reason::Superseded,
    };
    let narrow = NarrowRolePolicy {
        role: role.clone(),
        policy: narrowed.clone(),
        replaces: before.clone(),
        alias_arn: draft.desired.stack.alias_arn(),
    };
    let resource = Kind::Role.named(role);
    let after = after.iter().copied();
    draft.steps.add(&resource, narrow, after, vec![reason]);
}

fn create(steps: &mut Steps, desired: &Role, policy: &Value) {
    let resource = Kind::Role.named(&desired.name);
    let missing = vec![Reason::Missing];
    let created = steps.add(&resource, CreateRole(desired.clone()), [], missing.clone());
    let put = put_policy(desired, policy, None);
    let put = steps.add(&resource, put, [created], missing);
    steps.reach(&resource, Milestone::Exists, [created]);
    steps.reach(&resource, Milestone::Usable, [created, put]);
}

/// Everything but the policy. Gives the step after which the role is bounded.
fn update(steps: &mut Steps, desired: &Role, observed: &RoleState) -> Option<StepId> {
    let resource = Kind::Role.named(&desired.name);
    if observed.trust != desired.trust {
        let reason = Reason::document(Document::TrustPolicy, &observed.trust, &desired.trust);
        let update = UpdateAssumeRolePolicy {
            role: desired.name.clone(),
            trust: desired.trust.clone(),
        };
        let updated = steps.add(&resource, update, [], vec![reason]);
        steps.reach(&resource, Milestone::Exists, [updated]);
        steps.reach(&resource, Milestone::Usable, [updated]);
    }
    let bounded = boundary(steps, desired, observed);
    steps.reach(&resource, Milestone::Usable, bounded);
    for name in &observed.other_policies {
        let attribute = Attribute::Named("inline policy");
        let reason = Reason::changed(attribute, Some(name), None::<String>);
        steps.add(
            &resource,
            delete_policy(&desired.name, name),
            [],
            vec![reason],
        );
    }
    for arn in &observed.attached_policies {
        let attribute = Attribute::Named("managed policy");
        let reason = Reason::changed(attribute, Some(arn), None::<String>);
        steps.add(
            &resource,
            detach_policy(&desired.name, arn),
            [],
            vec![reason],
        );
    }
    let target = TaggedRole(desired.name.clone());
    let (old, new) = (&observed.tags, &desired.tags);
    tags::compare(steps, &resource, &target, (old, new), Vec::new());
    bounded
}

/// Writes the policy once the role is bounded: a caller may be allowed to write policies only then.
fn put(
    steps: &mut Steps,
    desired: &Role,
    policy: &Value,
    observed: &RoleState,
    bounded: Option<StepId>,
) {
    if observed.policy.as_ref() == Some(policy) {
        return;
    }
    let resource = Kind::Role.named(&desired.name);
    let old = observed.policy.as_ref().unwrap_or(&Value::Null);
    let reason = Reason::document(Document::Policy, old, policy);
    let put = put_policy(desired, policy, observed.policy.clone());
    let put = steps.add(&resource, put, bounded, vec![reason]);
    steps.reach(&resource, Milestone::Usable, [put]);
}

/// The same before `live` moves, which must take nothing away.
fn widen(
    steps: &mut Steps,
    transition: &Transition,
    observed: &RoleState,
    bounded: Option<StepId>,
) {
    if observed.policy.as_ref() == Some(&transition.before) {
        return;
    }
    let resource = Kind::Role.named(&transition.role);
    let old = observed.policy.as_ref().unwrap_or(&Value::Null);
    let reason = Reason::document(Document::Policy, old, &transition.after);
    let widened = steps.add(&resource, transition.widen(), bounded, vec![reason]);
    steps.reach(&resource, Milestone::Usable, [widened]);
}

/// Sets or removes the permissions boundary.
fn boundary(steps: &mut Steps, desired: &Role, observed: &RoleState) -> Option<StepId> {
    let (old, new) = (observed.boundary.as_ref(), desired.boundary.as_ref());
    if old == new {
        return None;
    }
    let resource = Kind::Role.named(&desired.name);
    let role = desired.name.clone();
    let reason = Reason::changed(Attribute::Named("permissions boundary"), old, new);
    Some(match new {
        Some(boundary) => {
            let boundary = boundary.clone();
            let put = PutRolePermissionsBoundary { role, boundary };
            steps.add(&resource, put, [], vec![reason])
        }
        None => {
            let delete = DeleteRolePermissionsBoundary { role };
            steps.add(&resource, delete, [], vec![reason])
        }
    })
}

fn put_policy(desired: &Role, policy: &Value, observed: Option<Value>) -> PutRolePolicy {
    PutRolePolicy {
        role: desired.name.clone(),
        policy: policy.clone(),
        observed,
    }
}

fn delete_policy(role: &str, name: &str) -> DeleteRolePolicy {
    DeleteRolePolicy {
        role: role.to_owned(),
        policy_name: name.to_owned(),
    }
}

fn detach_policy(role: &str, arn: &str) -> DetachRolePolicy {
    DetachRolePolicy {
        role: role.to_owned(),
        policy_arn: arn.to_owned(),
    }
}

/// Removes a role and its policies. It is removed last, since its path leads back to everything else that
/// belongs to it; and its policies are removed with it, since Lambda removes network interfaces, and Step Functions
/// the delivery of logs, with the role of what is being deleted.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    let Some(role) = removal.observed.roles.get(name) else {
        return;
    };
    let resource = Kind::Role.named(name);
    let own = role.policy.as_ref().map(|_| POLICY.to_owned());
    let unused = removal.after_everything();
    let mut bare = unused.clone();
    for policy in role.other_policies.iter().chain(&own) {
        let delete = delete_policy(name, policy);
        let reasons = vec![Reason::NotWanted];
        bare.push(
            removal
                .steps
                .add(&resource, delete, unused.clone(), reasons),
        );
    }
    for arn in &role.attached_policies {
        let detach = detach_policy(name, arn);
        let reasons = vec![Reason::NotWanted];
        bare.push(
            removal
                .steps
                .add(&resource, detach, unused.clone(), reasons),
        );
    }
    let role = name.to_owned();
    let delete = DeleteRole { role };
    removal
        .steps
        .add(&resource, delete, bare, vec![Reason::NotWanted]);
}
