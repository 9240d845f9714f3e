//! The alias `live` of the state machine, by which callers see a release.

mod compare;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod next_release;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod others;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod pinned;
mod release_label;
mod routing;

pub use compare::move_live;
pub(crate) use next_release::NextRelease;
pub(super) use observe::read;
pub use observe::{AliasState, live};
pub(super) use operations::refuse_overtaken;
pub(super) use others::led_to_by_others;
pub use release_label::{ReleaseLabel, digest};
pub use routing::Routing;

use super::parts::Parts;

pub(super) const PARTS: Parts = Parts {
    name: "alias",
    operations: operations::ALL,
    reads: operations::READS,
    // It is deleted with the state machine.
    held: |_| Vec::new(),
    deploy: compare::deploy,
    remove: |_, _| {},
};
