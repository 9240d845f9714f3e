//! The steps that a role needs.

use std::collections::BTreeSet;

use serde_json::Value;

use super::documents::state_machine_policy;
use super::operations::{
    CreateRole, DeleteRole, DeleteRolePermissionsBoundary, DeleteRolePolicy, DetachRolePolicy,
    PutRolePermissionsBoundary, PutRolePolicy, TaggedRole, UpdateAssumeRolePolicy,
};
use super::{Role, RoleState};
use crate::config::MachineName;
use crate::plan::{Attribute, Document, Draft, Milestone, Reason, Removal, StepId, Steps};
use crate::resources::{Kind, tags};
use crate::stack::POLICY;

pub(super) fn deploy(draft: &mut Draft<'_>) {
    let machines = draft.desired.state_machines.names();
    let with_former: Vec<Role> = machines
        .filter_map(|machine| with_former(draft, &machine))
        .collect();
    for role in draft.desired.roles.values() {
        let mut wanted = with_former.iter();
        let wanted = wanted.find(|wanted| wanted.name == role.name);
        let observed = draft.observed.roles.get(&role.name);
        deploy_one(&mut draft.steps, wanted.unwrap_or(role), observed);
    }
}

/// What the release that is about to be live needs of the role of the state machine.
pub(in crate::resources) fn needed_by_release(draft: &Draft<'_>) -> Option<PutRolePolicy> {
    let desired = draft.desired;
    let role = with_former(draft, &MachineName::Main);
    let own = desired.stack.state_machine_role(&MachineName::Main);
    let role = role.as_ref().or_else(|| desired.roles.get(&own))?;
    Some(put_policy(role, None))
}

/// The role of a state machine, if it must also invoke or start what `deploy.toml` no longer names but a retained
/// release pins: a rollback needs it.
fn with_former(draft: &Draft<'_>, machine: &MachineName) -> Option<Role> {
    let desired = draft.desired;
    let retained: BTreeSet<String> = draft.retained.handlers().map(str::to_owned).collect();
    let former = draft.retained.state_machines();
    let former: BTreeSet<&MachineName> = former
        .filter(|machine| desired.state_machines.get(machine).is_none())
        .collect();
    if former.is_empty()
        && retained
            .iter()
            .all(|handler| desired.functions.contains_key(handler))
    {
        return None;
    }
    let stack = &desired.stack;
    let role = desired.roles.get(&stack.state_machine_role(machine))?;
    let handlers: BTreeSet<&String> = desired.functions.keys().chain(&retained).collect();
    let children = desired.state_machines.names().skip(1);
    let children: Vec<MachineName> = children.chain(former.into_iter().cloned()).collect();
    let settings = &desired.state_machines.get(machine)?.settings;
    Some(Role {
        policy: state_machine_policy(stack, machine, handlers.into_iter(), &children, settings),
        ..role.clone()
    })
}

fn deploy_one(steps: &mut Steps, desired: &Role, observed: Option<&RoleState>) {
    match observed {
        None => create(steps, desired),
        Some(observed) => update(steps, desired, observed),
    }
}

fn create(steps: &mut Steps, desired: &Role) {
    let resource = Kind::Role.named(&desired.name);
    let missing = vec![Reason::Missing];
    let created = steps.add(&resource, CreateRole(desired.clone()), [], missing.clone());
    let put = steps.add(&resource, put_policy(desired, None), [created], missing);
    steps.reach(&resource, Milestone::Exists, [created]);
    steps.reach(&resource, Milestone::Usable, [created, put]);
}

fn update(steps: &mut Steps, desired: &Role, observed: &RoleState) {
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
    if observed.policy.as_ref() != Some(&desired.policy) {
        let old = observed.policy.as_ref().unwrap_or(&Value::Null);
        let reason = Reason::document(Document::Policy, old, &desired.policy);
        // A caller that may write policies only into bounded roles must bound the role first.
        let put = put_policy(desired, observed.policy.clone());
        let put = steps.add(&resource, put, bounded, vec![reason]);
        steps.reach(&resource, Milestone::Usable, [put]);
    }
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

fn put_policy(desired: &Role, observed: Option<Value>) -> PutRolePolicy {
    PutRolePolicy {
        role: desired.name.clone(),
        policy: desired.policy.clone(),
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
