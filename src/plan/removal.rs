//! The steps that remove what is not wanted: everything, or what `deploy.toml` no longer names.

use super::builder::Builder;
use super::{Action, Reason, Resource, StepId};
use crate::desired::{POLICY, Stack};
use crate::observe::{Observed, RoleState};

/// Adds the deletion of the state machine, and gives the steps that what it uses must wait for.
pub(super) struct StateMachineRemoval {
    /// Deletion has begun: nothing new starts, what ran is being stopped.
    pub begun: Vec<StepId>,
    /// It is gone.
    pub over: Vec<StepId>,
}

pub(super) fn state_machine(
    builder: &mut Builder,
    stack: &Stack,
    observed: &Observed,
) -> StateMachineRemoval {
    let Some(state_machine) = &observed.state_machine else {
        return StateMachineRemoval {
            begun: Vec::new(),
            over: Vec::new(),
        };
    };
    let resource = Resource::StateMachine(stack.state_machine_name());
    let arn = stack.state_machine_arn();
    let mut begun: Vec<StepId> = Vec::new();
    let running = observed.usage.iter().flat_map(|usage| &usage.running);
    for execution in running {
        let action = Action::StopExecution {
            arn: execution.arn.clone(),
        };
        begun.push(builder.add(&resource, action, [], vec![Reason::Running]));
    }
    if !state_machine.deleting {
        let action = Action::DeleteStateMachine { arn: arn.clone() };
        begun.push(builder.add(&resource, action, [], vec![Reason::NotWanted]));
    }
    let action = Action::WaitForDeletion { arn };
    let over = builder.add(
        &resource,
        action,
        begun.clone(),
        vec![Reason::NotReadyAtOnce],
    );
    StateMachineRemoval {
        begun,
        over: vec![over],
    }
}

/// Removes a function with its versions.
pub(super) fn function(builder: &mut Builder, name: &str, after: Vec<StepId>) -> StepId {
    let action = Action::DeleteFunction {
        name: name.to_owned(),
    };
    let resource = Resource::Function(name.to_owned());
    builder.add(&resource, action, after, vec![Reason::NotWanted])
}

pub(super) fn log_group(builder: &mut Builder, name: &str, after: Vec<StepId>) -> StepId {
    let action = Action::DeleteLogGroup {
        name: name.to_owned(),
    };
    let resource = Resource::LogGroup(name.to_owned());
    builder.add(&resource, action, after, vec![Reason::NotWanted])
}

/// Removes a role and its policies. `after` holds all else that the role belongs to: it is the last
/// to go, since its path is what leads back to the rest.
pub(super) fn role(
    builder: &mut Builder,
    name: &str,
    role: &RoleState,
    unused: &[StepId],
    after: &[StepId],
) {
    let resource = Resource::Role(name.to_owned());
    let own = role.policy.as_ref().map(|_| POLICY.to_owned());
    let inline = role.other_policies.iter().cloned().chain(own);
    let inline = inline.map(|policy_name| Action::DeleteRolePolicy {
        role: name.to_owned(),
        policy_name,
    });
    let attached = role.attached_policies.iter().cloned();
    let attached = attached.map(|policy_arn| Action::DetachRolePolicy {
        role: name.to_owned(),
        policy_arn,
    });
    let mut last = after.to_vec();
    for action in inline.chain(attached) {
        let reasons = vec![Reason::NotWanted];
        last.push(builder.add(&resource, action, unused.iter().cloned(), reasons));
    }
    let action = Action::DeleteRole {
        role: name.to_owned(),
    };
    builder.add(&resource, action, last, vec![Reason::NotWanted]);
}
