//! The role of a function that leaves its VPC.

use super::Role;
use super::documents::network_interfaces;
use crate::plan::{Draft, deletes_version};

/// Lambda manages the network interfaces of a version with the role of its function, which therefore keeps what that takes
/// as long as a version in a VPC exists.
pub(super) struct NetworkPolicy {
    /// Until the plan has deleted the versions that it deletes.
    pub before: Role,
    pub after: Role,
}

impl NetworkPolicy {
    pub fn new(draft: &Draft<'_>, role: &Role) -> Self {
        let wide = || {
            let network = network_interfaces();
            let mut statements = role.statements.clone();
            if !statements.contains(&network) {
                statements.push(network);
            }
            role.allowing(statements)
        };
        let kept = |handler: &str, deleted: bool| {
            let function = draft.observed.functions.get(handler);
            function.is_some_and(|function| {
                let mut versions = function.versions.iter();
                let in_vpc = versions.any(|version| {
                    version.configuration.settings.vpc.is_some()
                        && (deleted || !deletes_version(draft, handler, &version.version))
                });
                in_vpc || function.latest.configuration.settings.vpc.is_some()
            })
        };
        let handler = draft.desired.stack.handler_of_role(&role.name);
        let policy = |deleted| match handler {
            Some(handler) if kept(handler, deleted) => wide(),
            _ => role.clone(),
        };
        Self {
            before: policy(true),
            after: policy(false),
        }
    }
}
