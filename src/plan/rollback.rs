//! The plan of a rollback.

use super::builder::Builder;
use super::{Action, AliasRequest, Plan, Reason, ReleaseLabel, ReleaseRef, Resource};
use crate::desired::{LIVE, Stack};

/// Moves `live` to a release that is there: the one step of a rollback.
pub fn rollback(stack: &Stack, from: Option<u64>, to: u64, label: ReleaseLabel) -> Plan {
    let mut builder = Builder::default();
    let resource = Resource::Alias(format!("{}:{}", stack.state_machine_name(), LIVE));
    let action = Action::UpdateStateMachineAlias(AliasRequest {
        state_machine_arn: stack.state_machine_arn(),
        release: ReleaseRef::Known {
            version: to,
            digest: label.digest,
        },
        origin: label.origin,
    });
    let reason = Reason::Release {
        old: from.map(|version| version.to_string()),
        new: Some(to.to_string()),
    };
    builder.add(&resource, action, [], vec![reason]);
    Plan {
        stack: stack.clone(),
        steps: builder.steps,
        notes: Vec::new(),
    }
}
