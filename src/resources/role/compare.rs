//! The steps that a role needs.

use serde_json::Value;

use super::beyond::beyond;
use super::network::{NetworkPolicy, networks, until_interfaces_removed};
use super::operations::{
    CreateRole, DeleteRole, DeleteRolePermissionsBoundary, DeleteRolePolicy, DetachRolePolicy,
    PutRolePermissionsBoundary, TaggedRole, UpdateAssumeRolePolicy,
};
use super::policy_operations::{NarrowRolePolicy, WriteRolePolicy};
use super::statement::{is_empty, is_held};
use super::transition::Transition;
use super::{Role, RoleState};
use crate::config::MachineName;
use crate::plan::{Attribute, Document, Draft, Milestone, Reason, Removal, StepId, Steps};
use crate::resources::alias::NextRelease;
use crate::resources::function::interfaces::WaitForInterfaces;
use crate::resources::late_triggers::RemoveLateTriggers;
use crate::resources::other_releases::OtherReleases;
use crate::resources::role::make_sure::{MakeSure, Since};
use crate::resources::{Kind, tags};
use crate::stack::POLICY;

pub(super) fn deploy(draft: &mut Draft<'_>) {
    draft.transitions = Transition::all(draft);
    for role in draft.desired.roles.values() {
        let observed = draft.observed.roles.get(&role.name);
        let mut transitions = draft.transitions.iter();
        let transition = transitions.find(|transition| transition.after.name == role.name);
        let role = match transition {
            Some(transition) => transition.after.clone(),
            None => NetworkPolicy::new(draft, role).before,
        };
        let steps = &mut draft.steps;
        let Some(observed) = observed else {
            create(steps, &role);
            continue;
        };
        let mut bounded = update(steps, &role, observed);
        if draft
            .observed
            .lacks_user_of(&role.name, &draft.desired.stack)
        {
            bounded = Some(make_sure(steps, &role, bounded));
        }
        match transition {
            Some(transition) if transition.fits() => widen(steps, transition, observed, bounded),
            _ => put(steps, &role, observed, bounded),
        }
    }
}

/// Takes from the roles of functions that have left their VPC what these versions needed, once they are deleted.
pub(crate) fn narrow_network(draft: &mut Draft<'_>, handler: &str, deleted: &[StepId]) {
    let name = draft.desired.stack.function_role(handler);
    let Some(role) = draft.desired.roles.get(&name) else {
        return;
    };
    let NetworkPolicy { before, after } = NetworkPolicy::new(draft, role);
    if before == after {
        return;
    }
    let resource = Kind::Role.named(&name);
    let wait = WaitForInterfaces {
        functions: vec![draft.desired.stack.function_name(handler)],
        networks: networks(draft.observed, handler),
    };
    let deleted = deleted.iter().copied();
    let reasons = vec![Reason::NotReadyAtOnce];
    let removed = draft.steps.add(&resource, wait, deleted, reasons);
    let reason = Reason::document(Document::Policy, &before.policy, &after.policy);
    let write = write_policy(&after, Some(before.policy));
    draft.steps.add(&resource, write, [removed], vec![reason]);
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
        before,
        after: Role { name, policy, .. },
    } = transition;
    let observed = draft.observed.roles.get(name);
    let observed = observed.and_then(|role| role.policy.as_ref());
    if before == policy || !transition.fits() {
        return;
    }
    // The step that widened it has said what changes.
    let reason = match observed {
        Some(observed) if observed == before => {
            Reason::document(Document::Policy, observed, policy)
        }
        _ => Reason::Superseded,
    };
    let live = draft.observed.lasting_state_machine();
    let live = live.and_then(|state_machine| state_machine.alias.as_ref());
    let mut live = live.map(|live| live.routing.clone()).unwrap_or_default();
    live.sort_unstable();
    let narrow = NarrowRolePolicy {
        role: name.clone(),
        policy: policy.clone(),
        replaces: before.clone(),
        alias_arn: draft.desired.stack.alias_arn(),
        live,
        next_release: NextRelease::new(draft),
    };
    let resource = Kind::Role.named(name);
    let usable = draft.steps.until(&resource, Milestone::Usable);
    let after = after.iter().copied().chain(usable);
    draft.steps.add(&resource, narrow, after, vec![reason]);
}

fn create(steps: &mut Steps, desired: &Role) {
    let resource = Kind::Role.named(&desired.name);
    let trust = Reason::new_document(Document::TrustPolicy, &desired.trust);
    let reasons = vec![Reason::Missing, trust];
    let created = steps.add(&resource, CreateRole(desired.clone()), [], reasons);
    steps.reach(&resource, Milestone::Exists, [created]);
    steps.reach(&resource, Milestone::Usable, [created]);
    if is_empty(&desired.policy) {
        return;
    }
    let allows = desired.statements.iter().cloned().map(Reason::Allows);
    let policy = Reason::new_document(Document::Policy, &desired.policy);
    let reasons = allows.chain([policy]).collect();
    let write = write_policy(desired, None);
    let written = steps.add(&resource, write, [created], reasons);
    steps.reach(&resource, Milestone::Usable, [written]);
}

/// What waits for the role waits for this look, too.
fn make_sure(steps: &mut Steps, desired: &Role, bounded: Option<StepId>) -> StepId {
    let resource = Kind::Role.named(&desired.name);
    let sure = MakeSure {
        role: desired.clone(),
        since: Since::BeforeThePlan,
    };
    let sure = steps.add(&resource, sure, bounded, vec![Reason::NotReadyAtOnce]);
    steps.reach(&resource, Milestone::Exists, [sure]);
    steps.reach(&resource, Milestone::Usable, [sure]);
    sure
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
fn put(steps: &mut Steps, desired: &Role, observed: &RoleState, bounded: Option<StepId>) {
    if is_held(&desired.policy, observed.policy.as_ref()) {
        return;
    }
    let resource = Kind::Role.named(&desired.name);
    let write = write_policy(desired, observed.policy.clone());
    let written = steps.add(&resource, write, bounded, policy_changes(desired, observed));
    steps.reach(&resource, Milestone::Usable, [written]);
}

/// The same before `live` has moved, which must take nothing away.
fn widen(
    steps: &mut Steps,
    transition: &Transition,
    observed: &RoleState,
    bounded: Option<StepId>,
) {
    let Transition { before, after } = transition;
    let lacks_nothing = { observed.policy.as_ref() }
        .is_some_and(|observed| beyond(&after.policy, observed).is_empty());
    let is_narrowed = *before != after.policy;
    if is_held(before, observed.policy.as_ref()) || (is_narrowed && lacks_nothing) {
        return;
    }
    let resource = Kind::Role.named(&after.name);
    let reasons = policy_changes(after, observed);
    let widened = steps.add(&resource, transition.widen(), bounded, reasons);
    steps.reach(&resource, Milestone::Usable, [widened]);
}

fn policy_changes(desired: &Role, observed: &RoleState) -> Vec<Reason> {
    let old = observed.policy.as_ref().unwrap_or(&Value::Null);
    let changed = Reason::document(Document::Policy, old, &desired.policy);
    let added = desired.statements.iter();
    let added = added.filter(|statement| !statement.is_in(old));
    { [changed].into_iter() }
        .chain(added.cloned().map(Reason::Allows))
        .collect()
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

fn write_policy(desired: &Role, observed: Option<Value>) -> WriteRolePolicy {
    WriteRolePolicy {
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

/// Removes a role and its policies. It goes after what uses it, since its path leads back to all that
/// belongs to it; and its policies are removed with it, since Lambda removes network interfaces, and Step Functions
/// the delivery of logs, with the role of what is being deleted.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    let Some(role) = removal.observed.roles.get(name) else {
        return;
    };
    let resource = Kind::Role.named(name);
    let own = role.policy.as_ref().map(|_| POLICY.to_owned());
    let mut unused = removal.after_users_of(name);
    unused.extend(removal.steps.until(&resource, Milestone::Unused));
    if name == removal.stack.triggers_role() {
        let stack = removal.stack.clone();
        let main = Kind::StateMachine.named(stack.state_machine_name(&MachineName::Main));
        let stays = !removal.removed.iter().any(|(gone, _)| *gone == main);
        let others = stays.then(|| OtherReleases::new(&stack, removal.observed));
        let late = RemoveLateTriggers { stack, others };
        let reasons = vec![Reason::NotReadyAtOnce];
        unused = vec![removal.steps.add(&resource, late, unused, reasons)];
    }
    if let Some(removed) = until_interfaces_removed(removal, &resource) {
        unused.push(removed);
    }
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
