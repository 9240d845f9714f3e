//! Lambda functions.

mod compare;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod concurrency;
pub(crate) mod contents;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod deletion;
mod desired;
mod idle;
#[expect(clippy::disallowed_types, reason = "waits for AWS")]
pub(crate) mod interfaces;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod layers;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;
#[expect(clippy::disallowed_types, reason = "waits for AWS")]
pub(crate) mod ready;
mod settings;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
pub(crate) mod unused;

pub(crate) use compare::{FunctionChange, RoleAge};
pub(super) use desired::functions;
pub use desired::{Function, FunctionConfiguration};
pub use layers::{Layers, layers};
pub use observe::{FunctionState, FunctionVersion, Versions, function_version, published};
pub(super) use observe::{configuration, get, read_all, versions};
pub(crate) use settings::configuration_changes;

use super::parts::{Held, Parts};

pub(super) const PARTS: Parts = Parts {
    name: "function",
    operations: operations::ALL,
    reads: permissions::READS,
    held: |observed| {
        let functions = observed.functions.values();
        let held = functions.map(|function| Held {
            name: &function.name,
            tags: &function.tags,
            path: None,
            region: None,
        });
        held.collect()
    },
    deploy: compare::deploy,
    remove: compare::remove,
};
