//! The plan of a rollback.

use super::builder::Builder;
use super::{Action, AliasRequest, Plan, Reason, ReleaseLabel, ReleaseRef, Resource};
use crate::desired::{LIVE, Stack};
use crate::observe::AliasState;

/// Moves `live` to a release that is there: the one step of a rollback.
pub fn rollback(stack: &Stack, live: Option<&AliasState>, to: ReleaseLabel) -> Plan {
    let mut builder = Builder::default();
    let resource = Resource::Alias(format!("{}:{LIVE}", stack.state_machine_name()));
    let reason = Reason::Release {
        old: live.map(AliasState::shown),
        new: Some(to.release.to_string()),
    };
    let request = AliasRequest {
        state_machine_arn: stack.state_machine_arn(),
        release: ReleaseRef::Known(to),
        before: live.map(|live| live.routing.clone()).unwrap_or_default(),
    };
    let action = match live {
        Some(_) => Action::UpdateStateMachineAlias(request),
        None => Action::CreateStateMachineAlias(request),
    };
    builder.add(&resource, action, [], vec![reason]);
    Plan {
        stack: stack.clone(),
        steps: builder.steps,
        notes: Vec::new(),
    }
}
