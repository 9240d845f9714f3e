//! The steps that a log group needs.

use super::operations::{
    AssociateKmsKey, CreateLogGroup, DeleteLogGroup, DeleteRetentionPolicy, DisassociateKmsKey,
    PutRetentionPolicy, TaggedLogGroup,
};
use super::{LogGroup, LogGroupState};
use crate::plan::{Attribute, Draft, Milestone, Reason, Removal, StepId, Steps, Unit};
use crate::resources::{Kind, Resource, tags};
use crate::stack::Stack;

pub(super) fn deploy(draft: &mut Draft<'_>) {
    let stack = &draft.desired.stack;
    for (name, log_group) in &draft.desired.log_groups {
        let arn = stack.log_group_arn(name);
        // Only the role leads to it once `deploy.toml` does not name what writes to it.
        let role = draft.steps.until(&writer(stack, name), Milestone::Exists);
        match draft.observed.log_groups.get(name) {
            None => create(&mut draft.steps, log_group, arn, role),
            Some(observed) => update(&mut draft.steps, log_group, observed, arn),
        }
    }
}

/// The role of the function or of the state machine whose log group it is.
fn writer(stack: &Stack, log_group: &str) -> Resource {
    let handler = stack.handler_of_log_group(log_group);
    let function = handler.map(|handler| stack.function_role(handler));
    let machine = stack.state_machine_of_log_group(log_group);
    let machine = machine.map(|machine| stack.state_machine_role(&machine));
    Kind::Role.named(function.or(machine).unwrap_or_default())
}

fn create(steps: &mut Steps, desired: &LogGroup, arn: String, role: Vec<StepId>) {
    let resource = Kind::LogGroup.named(&desired.name);
    let create = CreateLogGroup {
        name: desired.name.clone(),
        arn,
        kms_key: desired.kms_key.clone(),
        tags: desired.tags.clone(),
    };
    let created = steps.add(&resource, create, role, vec![Reason::Missing]);
    steps.reach(&resource, Milestone::Exists, [created]);
    if desired.retention.is_some() {
        retention(steps, desired, None, Some(created));
    }
}

fn update(steps: &mut Steps, desired: &LogGroup, observed: &LogGroupState, arn: String) {
    let resource = Kind::LogGroup.named(&desired.name);
    if observed.retention != desired.retention {
        retention(steps, desired, observed.retention, None);
    }
    if observed.kms_key != desired.kms_key {
        key(steps, desired, observed);
    }
    let target = TaggedLogGroup(arn);
    let (old, new) = (&observed.tags, &desired.tags);
    tags::compare(steps, &resource, &target, (old, new), Vec::new());
}

fn key(steps: &mut Steps, desired: &LogGroup, observed: &LogGroupState) {
    let resource = Kind::LogGroup.named(&desired.name);
    let (old, new) = (observed.kms_key.as_ref(), desired.kms_key.as_ref());
    let reason = Reason::changed(Attribute::Named("KMS key"), old, new);
    let name = desired.name.clone();
    match new {
        Some(key) => {
            let key = key.clone();
            steps.add(&resource, AssociateKmsKey { name, key }, [], vec![reason])
        }
        None => steps.add(&resource, DisassociateKmsKey { name }, [], vec![reason]),
    };
}

fn retention(steps: &mut Steps, desired: &LogGroup, old: Option<i32>, after: Option<StepId>) {
    let resource = Kind::LogGroup.named(&desired.name);
    let reason = Reason::changed(
        Attribute::Measured("retention", Unit::Days),
        old,
        desired.retention,
    );
    let name = desired.name.clone();
    match desired.retention {
        Some(days) => {
            let put = PutRetentionPolicy { name, days };
            steps.add(&resource, put, after, vec![reason])
        }
        None => {
            let delete = DeleteRetentionPolicy { name };
            steps.add(&resource, delete, after, vec![reason])
        }
    };
}

/// The roles may not create log groups, so what is still running leaves none behind.
pub(super) fn remove(removal: &mut Removal<'_>, name: &str) {
    let resource = Kind::LogGroup.named(name);
    let delete = DeleteLogGroup {
        name: name.to_owned(),
    };
    let unused = removal.unused.clone();
    let deleted = removal
        .steps
        .add(&resource, delete, unused, vec![Reason::NotWanted]);
    removal.removed.push((resource, deleted));
}
