//! The plan of a rollback.

use super::{Plan, Steps};
use crate::resources::{AliasState, ReleaseLabel, move_live};
use crate::stack::Stack;

/// Moves `live` to an existing release: the only step of a rollback.
pub fn rollback(stack: &Stack, live: Option<&AliasState>, to: ReleaseLabel) -> Plan {
    let mut steps = Steps::default();
    move_live(&mut steps, stack, live, to);
    Plan {
        steps: steps.into_list(),
        ..Plan::nothing(stack)
    }
}
