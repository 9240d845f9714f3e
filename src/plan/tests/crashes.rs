//! What an interrupted deploy left, or somebody changed, and how the next one completes it.

use super::{Project, changes, operations};
use crate::plan::{Refusal, make};

#[test]
fn code_that_was_never_published_is_published() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.function("buy").latest.code_sha256 = "new code".to_owned();
    let plan = cloud.deploy(&Project::new().code("buy", "new code").desired());
    assert_eq!(
        operations(&plan),
        [
            "PublishVersion shop-dev-buy",
            "GetFunction shop-dev-buy",
            "UpdateStateMachine shop-dev",
            "UpdateStateMachineAlias shop-dev:live",
        ]
    );
    assert_eq!(cloud.live(), Some(2));
}

#[test]
fn a_version_that_no_release_pins_yet_is_pinned_without_another() {
    let project = Project::new();
    let mut cloud = project.deployed();
    let next = Project::new().code("buy", "new code").desired();
    let plan = cloud.plan(&next);
    // The functions' steps ran, those of the state machine did not.
    cloud.apply_some(&plan, |i| i < 2);
    let rest = cloud.deploy(&next);
    assert_eq!(
        operations(&rest),
        [
            "UpdateStateMachine shop-dev",
            "UpdateStateMachineAlias shop-dev:live"
        ]
    );
    assert_eq!(cloud.function("buy").versions.len(), 2);
}

#[test]
fn a_release_that_is_not_live_yet_becomes_live_without_another() {
    let project = Project::new();
    let mut cloud = project.deployed();
    let next = Project::new().code("buy", "new code").desired();
    let plan = cloud.plan(&next);
    cloud.apply_some(&plan, |i| i < 3);
    assert_eq!(cloud.live(), Some(1));
    let rest = cloud.deploy(&next);
    assert_eq!(
        operations(&rest),
        [
            "PublishStateMachineVersion shop-dev",
            "UpdateStateMachineAlias shop-dev:live"
        ]
    );
    assert_eq!(changes(&rest), ["not live: 1, release 2 is", "live: 1"]);
    assert_eq!(cloud.live(), Some(2));
    assert_eq!(cloud.state_machine().versions.len(), 2);
}

#[test]
fn a_missing_alias_is_made() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.state_machine().alias = None;
    let plan = cloud.deploy(&project.desired());
    assert_eq!(
        operations(&plan),
        [
            "PublishStateMachineVersion shop-dev",
            "CreateStateMachineAlias shop-dev:live"
        ]
    );
    assert_eq!(
        cloud.live(),
        Some(1),
        "the version is the one that is there"
    );
}

#[test]
fn a_deploy_after_a_rollback_goes_forward_again() {
    let project = Project::new();
    let mut cloud = project.deployed();
    let next = Project::new().code("buy", "new code").desired();
    cloud.deploy(&next);
    cloud.roll_back(1);
    let plan = cloud.deploy(&next);
    assert_eq!(
        operations(&plan),
        [
            "PublishStateMachineVersion shop-dev",
            "UpdateStateMachineAlias shop-dev:live"
        ]
    );
    assert_eq!(changes(&plan), ["not live: 1, release 2 is", "live: 1"]);
    assert_eq!(cloud.live(), Some(2));
}

#[test]
fn an_alias_that_somebody_moved_is_moved_back() {
    let mut cloud = Project::new().deployed();
    let next = Project::new().code("buy", "new code").desired();
    cloud.deploy(&next);
    // The console leaves the description as it was.
    cloud.state_machine().alias.as_mut().unwrap().routing = vec![(1, 100)];
    let plan = cloud.deploy(&next);
    assert_eq!(changes(&plan), ["not live: 1, release 2 is", "live: 1"]);
    assert_eq!(cloud.live(), Some(2));
}

#[test]
fn traffic_that_somebody_split_stays_split_and_no_change_ends_that() {
    let mut cloud = Project::new().deployed();
    let next = Project::new().code("buy", "new code").desired();
    cloud.deploy(&next);
    cloud.state_machine().alias.as_mut().unwrap().routing = vec![(2, 10), (1, 90)];
    let plan = cloud.deploy(&next);
    assert_eq!(operations(&plan), [""; 0]);
    assert_eq!(
        plan.notes,
        ["`live` is split between releases, and stays so: 2 (10 %), 1 (90 %)"]
    );
    let change = Project::new().code("buy", "newer code").desired();
    let observed = cloud.observe(&change);
    let draft = make(&change, &observed).unwrap();
    assert_eq!(
        draft.check(str::to_owned).unwrap_err(),
        Refusal::Split {
            live: "2 (10 %), 1 (90 %)".to_owned()
        }
    );
}

#[test]
fn a_missing_role_is_made_and_nothing_else() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.held.roles.remove("shop-dev-buy");
    let plan = cloud.plan(&project.desired());
    assert_eq!(
        operations(&plan),
        ["CreateRole shop-dev-buy", "PutRolePolicy shop-dev-buy"]
    );
}

#[test]
fn a_role_without_its_policy_gets_it() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.role("buy").policy = None;
    let plan = cloud.plan(&project.desired());
    assert_eq!(operations(&plan), ["PutRolePolicy shop-dev-buy"]);
}

#[test]
fn a_missing_log_group_is_made_with_its_retention() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.held.log_groups.remove("/aws/lambda/shop-dev-buy");
    let plan = cloud.plan(&project.desired());
    assert_eq!(
        operations(&plan),
        [
            "CreateLogGroup /aws/lambda/shop-dev-buy",
            "PutRetentionPolicy /aws/lambda/shop-dev-buy",
        ]
    );
}

#[test]
fn what_somebody_changed_in_the_console_is_changed_back() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.function("buy").latest.configuration.settings.memory = 512;
    cloud.edit_definition(serde_json::json!({ "States": {} }));
    let plan = cloud.deploy(&project.desired());
    assert_eq!(
        changes(&plan),
        ["memory: 512 → 128", "definition", "live: 1"]
    );
    assert!(cloud.plan(&project.desired()).is_empty());
}
