//! Which releases and versions are removed, and what retains them.

use super::cloud::Cloud;
use super::{Project, operations};
use crate::plan::{Reason, make};
use crate::resources::{RunningExecution, RunsOn};

/// A project of which so many releases are kept, with the code of `buy` that belongs to a release.
fn project(keep: usize, release: u64) -> Project {
    Project::with(|deployment| deployment.keep_versions = keep)
        .code("buy", &format!("code {release}"))
}

fn deployed(keep: usize, releases: u64) -> Cloud {
    let mut cloud = Cloud::default();
    for release in 1..=releases {
        cloud.deploy(&project(keep, release).desired());
    }
    cloud
}

fn releases(cloud: &mut Cloud) -> Vec<u64> {
    let versions = cloud.state_machine().versions.iter();
    versions.map(|(release, _)| *release).collect()
}

fn versions(cloud: &mut Cloud) -> Vec<String> {
    let versions = cloud.function("buy").versions.iter();
    versions.map(|version| version.version.clone()).collect()
}

fn execution(runs_on: RunsOn) -> RunningExecution {
    RunningExecution {
        arn: "arn:aws:states:eu-west-1:123456789012:execution:shop-dev:e".to_owned(),
        runs_on,
    }
}

#[test]
fn releases_beyond_the_newest_go_with_the_versions_that_only_they_pin() {
    let mut cloud = deployed(3, 3);
    let plan = cloud.deploy(&project(3, 4).desired());
    let operations = operations(&plan);
    let (_, pruned) = operations.split_at(4);
    assert_eq!(
        pruned,
        [
            "DeleteStateMachineVersion shop-dev",
            "DeleteFunction shop-dev-buy"
        ]
    );
    assert_eq!(releases(&mut cloud), [4, 3, 2]);
    assert_eq!(versions(&mut cloud), ["2", "3", "4"]);
    assert_eq!(
        cloud.function("sell").versions.len(),
        1,
        "all releases pin it"
    );
    // They go when the new release is live, and the function's version after what pins it.
    let [.., live, release, version] = plan.steps.as_slice() else {
        panic!("{plan:?}");
    };
    assert!(release.after.contains(&live.id));
    assert!(version.after.contains(&release.id));
}

#[test]
fn nothing_is_pruned_without_knowing_what_is_in_use() {
    let cloud = deployed(3, 3);
    let desired = project(3, 4).desired();
    let observed = cloud.observe(&desired);
    let plan = make(&desired, &observed).unwrap().plan();
    assert!(
        !operations(&plan)
            .iter()
            .any(|step| step.starts_with("Delete"))
    );
}

#[test]
fn the_live_release_is_kept_however_old_it_is() {
    let mut cloud = deployed(3, 3);
    cloud.roll_back(1);
    cloud.deploy(&project(3, 4).desired());
    // It was live until this deploy ended: the next release removes it.
    assert_eq!(releases(&mut cloud), [4, 3, 2, 1]);
    assert!(cloud.plan(&project(3, 4).desired()).is_empty());
    cloud.deploy(&project(3, 5).desired());
    assert_eq!(releases(&mut cloud), [5, 4, 3]);
}

#[test]
fn a_plan_right_after_a_deploy_is_empty_although_what_it_replaced_is_still_there() {
    let mut cloud = deployed(1, 3);
    assert_eq!(releases(&mut cloud), [3, 2]);
    assert_eq!(versions(&mut cloud), ["2", "3"]);
    assert!(cloud.plan(&project(1, 3).desired()).is_empty());
    cloud.deploy(&project(1, 4).desired());
    assert_eq!(releases(&mut cloud), [4, 3]);
    assert_eq!(versions(&mut cloud), ["3", "4"]);

    // Back and forth, and still nothing is left to do.
    cloud.roll_back(3);
    assert!(!cloud.plan(&project(1, 4).desired()).is_empty());
    cloud.deploy(&project(1, 4).desired());
    assert_eq!(cloud.live(), Some(4));
    assert!(cloud.plan(&project(1, 4).desired()).is_empty());
}

#[test]
fn fewer_releases_to_keep_are_a_change_of_their_own() {
    let mut cloud = deployed(3, 3);
    let fewer = project(1, 3).desired();
    cloud.deploy(&fewer);
    assert_eq!(releases(&mut cloud), [3, 2], "2 was live before");
    assert!(cloud.plan(&fewer).is_empty());
}

#[test]
fn a_release_on_which_an_execution_runs_is_kept_until_it_ends() {
    let mut cloud = deployed(2, 2);
    cloud.running.push(execution(RunsOn::Release(1)));
    cloud.deploy(&project(2, 3).desired());
    assert_eq!(releases(&mut cloud), [3, 2, 1]);
    assert_eq!(versions(&mut cloud), ["1", "2", "3"]);
    cloud.running.clear();
    cloud.deploy(&project(2, 3).desired());
    assert_eq!(releases(&mut cloud), [3, 2]);
    assert_eq!(versions(&mut cloud), ["2", "3"]);
}

#[test]
fn a_release_on_which_an_execution_may_be_redriven_is_kept() {
    let mut cloud = deployed(2, 2);
    cloud.redrivable.insert(1);
    let plan = cloud.deploy(&project(2, 3).desired());
    assert_eq!(
        plan.notes,
        [
            "release 1 stays, since an execution that failed on it in the last 14 days may be redriven"
        ]
    );
    assert_eq!(releases(&mut cloud), [3, 2, 1]);
    assert_eq!(versions(&mut cloud), ["1", "2", "3"]);
    assert!(cloud.plan(&project(2, 3).desired()).is_empty());
}

#[test]
fn an_execution_on_the_bare_state_machine_keeps_what_it_uses_and_is_told() {
    let mut cloud = deployed(2, 2);
    let first = cloud.usage().releases[&1].clone();
    let execution = execution(RunsOn::StateMachine(Some(first)));
    cloud.running.push(execution);
    let plan = cloud.deploy(&project(2, 3).desired());
    assert_eq!(
        plan.notes,
        [
            "1 running execution was started on the state machine itself; start executions on the alias `live`, so that each belongs to a release"
        ]
    );
    assert_eq!(releases(&mut cloud), [3, 2]);
    assert_eq!(versions(&mut cloud), ["1", "2", "3"]);
}

#[test]
fn an_execution_that_does_not_say_its_release_keeps_all() {
    let mut cloud = deployed(2, 2);
    cloud.running.push(execution(RunsOn::StateMachine(None)));
    cloud.deploy(&project(2, 3).desired());
    assert_eq!(releases(&mut cloud), [3, 2, 1]);
}

#[test]
fn a_function_that_is_no_longer_named_stays_while_a_kept_release_pins_it() {
    let mut cloud = deployed(2, 1);
    let without = || project(2, 1).without("sell");
    let plan = cloud.deploy(&without().desired());
    assert_eq!(
        plan.notes,
        [
            "function `shop-dev-sell` is no longer in deploy.toml and stays while release 1, which pins it, is kept"
        ]
    );
    assert!(cloud.held.functions.contains_key("sell"));
    // A rollback still works: the role of the state machine allows what release 1 pins.
    cloud.roll_back(1);
    cloud.roll_back(2);

    let plan = cloud.deploy(&without().code("buy", "code 2").desired());
    let operations = operations(&plan);
    let removals = [
        "DeleteFunction shop-dev-sell",
        "DeleteLogGroup /aws/lambda/shop-dev-sell",
        "DeleteRolePolicy shop-dev-sell",
        "DeleteRole shop-dev-sell",
    ];
    assert_eq!(operations[operations.len() - 4..], removals);
    assert_eq!(plan.notes, [""; 0]);
    assert!(!cloud.held.functions.contains_key("sell"));
    let policy = cloud.held.roles["shop-dev-state-machine"].policy.clone();
    assert!(!policy.unwrap().to_string().contains("sell"));
    assert!(
        cloud
            .plan(&without().code("buy", "code 2").desired())
            .is_empty()
    );
}

#[test]
fn undoing_a_rollback_keeps_as_many_releases_as_are_to_be_kept() {
    let mut cloud = deployed(3, 3);
    cloud.roll_back(2);
    cloud.deploy(&project(3, 3).desired());
    assert_eq!(cloud.live(), Some(3));
    assert_eq!(releases(&mut cloud), [3, 2, 1]);
}

#[test]
fn undoing_a_rollback_never_removes_the_release_that_it_goes_to() {
    let mut cloud = deployed(1, 1);
    cloud.deploy(&project(1, 2).desired());
    cloud.roll_back(1);
    cloud.deploy(&project(1, 2).desired());
    assert_eq!(cloud.live(), Some(2));
}

#[test]
fn a_state_machine_that_is_being_deleted_leaves_no_releases_to_remove() {
    let mut cloud = deployed(1, 2);
    cloud.state_machine().deleting = true;
    let plan = cloud.deploy(&project(1, 2).desired());
    let operations = operations(&plan);
    assert!(
        !operations
            .iter()
            .any(|step| step.starts_with("DeleteStateMachineVersion"))
    );
    assert_eq!(cloud.live(), Some(1));
}

#[test]
fn a_state_machine_near_its_quota_of_versions_is_told() {
    let mut cloud = deployed(2, 1);
    cloud.running.push(execution(RunsOn::StateMachine(None)));
    let note = |cloud: &Cloud| {
        let notes = cloud.plan(&project(2, 2).desired()).notes;
        notes
            .into_iter()
            .find(|note| note.contains("AWS accepts 1000"))
    };
    let versions = &mut cloud.state_machine().versions;
    let time = versions[0].1;
    *versions = (1..900).rev().map(|release| (release, time)).collect();
    assert_eq!(note(&cloud), None);
    cloud.state_machine().versions.insert(0, (900, time));
    let told = note(&cloud).unwrap();
    assert!(
        told.starts_with("the state machine keeps 901 versions"),
        "{told}"
    );
}

#[test]
fn the_newest_release_stays_although_it_is_not_live() {
    let mut cloud = deployed(2, 2);
    // Another deploy has published it, and moves the alias next; or somebody rolled it back.
    cloud.roll_back(1);
    cloud.deploy(&project(1, 3).desired());
    let releases: Vec<u64> = cloud.held.releases().collect();
    assert_eq!(releases, [3, 2, 1]);
    assert!(cloud.plan(&project(1, 3).desired()).is_empty());
    cloud.deploy(&project(1, 4).desired());
    let releases: Vec<u64> = cloud.held.releases().collect();
    assert_eq!(releases, [4, 3]);
}

#[test]
fn the_version_of_a_fork_is_no_release_and_goes_with_the_next_one() {
    let mut cloud = deployed(2, 2);
    let fork = cloud.fork();
    assert!(cloud.plan(&project(2, 2).desired()).is_empty());
    cloud.forks.insert(fork);
    cloud.deploy(&project(2, 4).desired());
    assert_eq!(releases(&mut cloud), [4, 2], "the fork is not counted");
    assert_eq!(cloud.live(), Some(4));
    cloud.deploy(&project(2, 5).desired());
    assert!(cloud.state_machine().forks.contains_key(&fork));
    assert!(
        versions(&mut cloud).contains(&"2".to_owned()),
        "the fork pins it"
    );
    cloud.forks.clear();
    cloud.deploy(&project(2, 6).desired());
    assert!(cloud.state_machine().forks.is_empty());
    assert!(!versions(&mut cloud).contains(&"2".to_owned()));
}

#[test]
fn a_release_that_is_live_again_after_a_fork_keeps_its_number() {
    let mut cloud = deployed(2, 2);
    cloud.roll_back(1);
    let fork = cloud.fork();
    cloud.forks.insert(fork);
    let plan = cloud.deploy(&project(2, 2).desired());
    let reasons = plan.steps.iter().flat_map(|step| &step.reasons);
    let moved = Reason::Release {
        old: Some("1".to_owned()),
        new: Some("2".to_owned()),
    };
    assert!(
        reasons.into_iter().any(|reason| *reason == moved),
        "{plan:?}"
    );
    assert_eq!(cloud.live(), Some(2));
    assert_eq!(releases(&mut cloud), [2, 1]);
    assert!(cloud.plan(&project(2, 2).desired()).is_empty());
}

#[test]
fn the_definition_that_a_fork_left_is_put_back_without_a_release() {
    let mut cloud = deployed(2, 2);
    let fork = cloud.fork();
    cloud.state_machine().left_by_fork = Some(fork);
    let plan = cloud.deploy(&project(2, 2).desired());
    let reasons: Vec<_> = plan.steps.iter().flat_map(|step| &step.reasons).collect();
    assert_eq!(reasons, [&Reason::LeftByFork { version: fork }]);
    assert_eq!(releases(&mut cloud), [2, 1]);
    assert!(cloud.plan(&project(2, 2).desired()).is_empty());
}
