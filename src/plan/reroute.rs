//! The plan of a rollback, and of a step of a canary.

use super::{Plan, Steps};
use crate::resources::{AliasState, ReleaseLabel, move_live};
use crate::stack::Stack;

/// Moves `live` to an existing release: the only step.
pub fn reroute(stack: &Stack, live: Option<&AliasState>, to: ReleaseLabel) -> Plan {
    let mut steps = Steps::default();
    move_live(&mut steps, stack, live, to);
    Plan {
        steps: steps.into_list(),
        ..Plan::nothing(stack)
    }
}
