//! The steps that a role needs.

use serde_json::Value;

use super::builder::Builder;
use super::{Action, Reason, Resource, StepId};
use crate::desired::Role;
use crate::observe::RoleState;

/// What must be over before something can use the role. Nothing, where the role is as it should be.
#[derive(Default)]
pub(super) struct RoleSteps {
    /// Before Lambda or Step Functions can assume it.
    pub assumable: Vec<StepId>,
    /// Before it also has its permissions.
    pub permitted: Vec<StepId>,
}

pub(super) fn role(
    builder: &mut Builder,
    desired: &Role,
    observed: Option<&RoleState>,
) -> RoleSteps {
    match observed {
        None => create_with_policy(builder, desired),
        Some(observed) => update(builder, desired, observed),
    }
}

fn create_with_policy(builder: &mut Builder, desired: &Role) -> RoleSteps {
    let resource = Resource::Role(desired.name.clone());
    let create = Action::CreateRole(desired.clone());
    let created = builder.add(&resource, create, [], vec![Reason::Missing]);
    let put = builder.add(
        &resource,
        put_policy(desired),
        [created.clone()],
        vec![Reason::Missing],
    );
    RoleSteps {
        assumable: vec![created.clone()],
        permitted: vec![created, put],
    }
}

fn update(builder: &mut Builder, desired: &Role, observed: &RoleState) -> RoleSteps {
    let resource = Resource::Role(desired.name.clone());
    let mut assumable = Vec::new();
    let mut permitted = Vec::new();
    if observed.trust != desired.trust {
        let reason = Reason::document("trust policy", &observed.trust, &desired.trust);
        let action = Action::UpdateAssumeRolePolicy {
            role: desired.name.clone(),
            trust: desired.trust.clone(),
        };
        assumable.push(builder.add(&resource, action, [], vec![reason]));
    }
    if observed.policy.as_ref() != Some(&desired.policy) {
        let old = observed.policy.as_ref().unwrap_or(&Value::Null);
        let reason = Reason::document("policy", old, &desired.policy);
        permitted.push(builder.add(&resource, put_policy(desired), [], vec![reason]));
    }
    for policy_name in &observed.other_policies {
        let reason = Reason::changed("inline policy", Some(policy_name), None::<String>);
        let action = Action::DeleteRolePolicy {
            role: desired.name.clone(),
            policy_name: policy_name.clone(),
        };
        builder.add(&resource, action, [], vec![reason]);
    }
    for policy_arn in &observed.attached_policies {
        let reason = Reason::changed("managed policy", Some(policy_arn), None::<String>);
        let action = Action::DetachRolePolicy {
            role: desired.name.clone(),
            policy_arn: policy_arn.clone(),
        };
        builder.add(&resource, action, [], vec![reason]);
    }
    builder.tags(
        &resource,
        &observed.tags,
        &desired.tags,
        |tags| Action::TagRole {
            role: desired.name.clone(),
            tags,
        },
        |keys| Action::UntagRole {
            role: desired.name.clone(),
            keys,
        },
    );
    permitted.extend(assumable.iter().cloned());
    RoleSteps {
        assumable,
        permitted,
    }
}

fn put_policy(desired: &Role) -> Action {
    Action::PutRolePolicy {
        role: desired.name.clone(),
        policy: desired.policy.clone(),
    }
}
