//! The role of a function that leaves its VPC, or is removed.

use super::documents::network_interfaces;
use super::{Role, RoleState};
use crate::config::VpcConfig;
use crate::plan::{Draft, Reason, Removal, StepId, deletes_version};
use crate::resources::function::interfaces::WaitForInterfaces;
use crate::resources::{Kind, Observed, Resource};

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
                // `$LATEST` leaves it before anything is deleted.
                in_vpc || (deleted && function.latest.configuration.settings.vpc.is_some())
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

/// The step after which Lambda has removed the network interfaces of all functions that go. It does so with the role of one of
/// them, so all of these roles wait for it. `None` if this one does not let Lambda remove any.
pub(super) fn until_interfaces_removed(
    removal: &mut Removal<'_>,
    role: &Resource,
) -> Option<StepId> {
    let (stack, observed) = (removal.stack, removal.observed);
    let leaving = { observed.roles.iter() }
        .filter(|(_, role)| manages_interfaces(role))
        .filter_map(|(name, _)| stack.handler_of_role(name))
        .filter(|handler| is_removed(removal, handler));
    let handlers: Vec<&str> = leaving.collect();
    if !handlers.contains(&stack.handler_of_role(&role.name)?) {
        return None;
    }
    if removal.interfaces.is_none() {
        let wait = WaitForInterfaces {
            functions: { handlers.iter() }
                .map(|handler| stack.function_name(handler))
                .collect(),
            networks: { handlers.iter() }
                .flat_map(|handler| networks(observed, handler))
                .collect(),
        };
        let after = removal.after_functions();
        let reasons = vec![Reason::NotReadyAtOnce];
        removal.interfaces = Some(removal.steps.add(role, wait, after, reasons));
    }
    removal.interfaces
}

/// Whether the function goes, or has gone before.
fn is_removed(removal: &Removal<'_>, handler: &str) -> bool {
    let function = Kind::Function.named(removal.stack.function_name(handler));
    let mut removed = removal.removed.iter();
    !removal.observed.functions.contains_key(handler)
        || removed.any(|(resource, _)| *resource == function)
}

fn manages_interfaces(role: &RoleState) -> bool {
    let policy = role.policy.as_ref();
    policy.is_some_and(|policy| policy.to_string().contains("ec2:DeleteNetworkInterface"))
}

/// Where the versions of a function are.
pub(super) fn networks(observed: &Observed, handler: &str) -> Vec<VpcConfig> {
    let Some(function) = observed.functions.get(handler) else {
        return Vec::new();
    };
    let versions = function.versions.iter().chain([&function.latest]);
    versions
        .filter_map(|version| version.configuration.settings.vpc.clone())
        .collect()
}
