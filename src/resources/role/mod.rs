//! IAM roles: one for each function, one for each state machine, and one for the triggers.

mod beyond;
mod compare;
mod derived;
mod desired;
mod documents;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod existing;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod make_sure;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod needed;
mod network;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod policy_operations;
mod statement;
mod transition;
mod triggers;

pub(crate) use compare::{narrow, narrow_network};
pub(super) use derived::unknown;
pub use desired::{Role, roles, roles_of_others};
pub(crate) use documents::{LOG_DELIVERY, MOUNT, NETWORK, SAMPLING, TRACING};
pub use documents::{LONGEST_POLICY, characters, former_policy};
pub(super) use documents::{derived_statements, needs_of};
pub use existing::{ExistingRole, existing_role};
pub(super) use observe::read_all;
pub use observe::{RoleState, region_of_stage};
pub(super) use permissions::{PASS_ROLE, PASS_TESTING_ROLE};
pub use statement::{Because, Statement};
pub(crate) use transition::{Transition, loses_permissions};

use super::parts::{Held, Parts};
use crate::stack::REGION_TAG;

pub(super) const PARTS: Parts = Parts {
    name: "role",
    operations: operations::ALL,
    reads: permissions::READS,
    held: |observed| {
        let roles = observed.roles.iter();
        let held = roles.map(|(name, role)| Held {
            name,
            tags: &role.tags,
            path: Some(&role.path),
            region: role.tags.get(REGION_TAG).map(String::as_str),
        });
        held.collect()
    },
    deploy: compare::deploy,
    remove: compare::remove,
};
