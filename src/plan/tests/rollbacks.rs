//! The plan of a rollback.

use super::{Project, changes, operations};
use crate::plan::reroute;
use crate::resources::{ReleaseLabel, sample};

fn label() -> ReleaseLabel {
    ReleaseLabel {
        release: 1,
        origin: "txflow".to_owned(),
        digest: "0123456789abcdef".to_owned(),
        instead_of: Some(2),
        after: None,
        canary: None,
    }
}

#[test]
fn a_rollback_is_one_step() {
    let mut cloud = Project::new().deployed();
    let next = Project::new().code("buy", "new code").desired();
    cloud.deploy(&next);
    let live = cloud.state_machine().alias.clone();
    let plan = reroute(&sample::stack(), live.as_ref(), label());
    assert_eq!(operations(&plan), ["UpdateStateMachineAlias shop-dev:live"]);
    assert_eq!(changes(&plan), ["live: 2"]);
    cloud.apply(&plan);
    assert_eq!(cloud.live(), Some(1));
    assert_eq!(
        cloud.state_machine().versions.len(),
        2,
        "the release that it left stays"
    );
}

#[test]
fn a_rollback_makes_the_alias_where_it_is_missing() {
    let mut cloud = Project::new().deployed();
    cloud.state_machine().alias = None;
    let plan = reroute(&sample::stack(), None, label());
    assert_eq!(operations(&plan), ["CreateStateMachineAlias shop-dev:live"]);
    cloud.apply(&plan);
    assert_eq!(cloud.live(), Some(1));
}
