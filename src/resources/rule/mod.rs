//! Rules of event buses, whose events start executions of the release that is live.

mod compare;
mod desired;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod observe;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
pub(crate) mod operations;
mod permissions;

pub use desired::{Input, Rule, Target};
pub use desired::{rule_names, rules};
pub use observe::RuleState;
pub(super) use observe::{buses, json, read_all, targets};

use super::parts::{Held, Parts};

/// The id of the one target that txflow writes.
const TARGET: &str = "live";

/// The event bus that every account has.
const DEFAULT_BUS: &str = "default";

/// The name of a rule, behind that of its event bus if that is not the default one: as in its ARN.
fn qualified(bus: &str, name: &str) -> String {
    if bus == DEFAULT_BUS {
        name.to_owned()
    } else {
        format!("{bus}/{name}")
    }
}

/// The event bus and the name.
fn parts(qualified: &str) -> (&str, &str) {
    qualified
        .rsplit_once('/')
        .unwrap_or((DEFAULT_BUS, qualified))
}

pub(super) const PARTS: Parts = Parts {
    name: "rule",
    operations: operations::ALL,
    reads: permissions::READS,
    held: |observed| {
        let rules = observed.rules.iter();
        let held = rules.map(|(name, rule)| Held {
            name,
            tags: &rule.tags,
            path: None,
            region: None,
        });
        held.collect()
    },
    deploy: compare::deploy,
    remove: compare::remove,
};
