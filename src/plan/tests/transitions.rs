//! The policy of the state machine's role while `live` moves from one release to the next.

use serde_json::json;

use super::{Cloud, Project, operations};
use crate::config::{LogLevel, VpcConfig};
use crate::plan::{Plan, make};

const POLICY: &str = "PutRolePolicy shop-dev-state-machine";
const NO_POLICY: &str = "DeleteRolePolicy shop-dev-state-machine";
const LIVE: &str = "UpdateStateMachineAlias shop-dev:live";

fn positions(plan: &Plan, operation: &str) -> Vec<usize> {
    let operations = operations(plan);
    let found = operations.iter().enumerate();
    found
        .filter(|(_, step)| *step == operation)
        .map(|(i, _)| i)
        .collect()
}

/// A project of which one release is kept.
fn project() -> Project {
    Project::with(|deployment| deployment.keep_versions = 1)
}

fn logging() -> Project {
    project().and(|deployment| deployment.state_machines.main.logging = LogLevel::Error)
}

#[test]
fn permissions_are_added_before_live_moves_and_taken_away_after_it() {
    let mut cloud = project().without("sell").deployed();
    let added = cloud.deploy(&logging().desired());
    let [written] = positions(&added, POLICY)[..] else {
        panic!("{added:?}");
    };
    assert!(written < positions(&added, LIVE)[0]);

    // The release that logs is live until `live` has moved, and stays as long as the next one is.
    let kept = cloud.deploy(&project().desired());
    assert_eq!(positions(&kept, POLICY), [] as [usize; 0]);
    assert!(cloud.plan(&project().desired()).is_empty());

    let desired = project().code("buy", "new code").desired();
    let taken = cloud.plan(&desired);
    let [written] = positions(&taken, POLICY)[..] else {
        panic!("{taken:?}");
    };
    let live = &taken.steps[positions(&taken, LIVE)[0]];
    assert!(taken.steps[written].after.contains(&live.id));
    cloud.apply(&taken);
    assert!(cloud.plan(&desired).is_empty());
}

#[test]
fn a_deploy_that_takes_nothing_away_writes_no_policy_twice() {
    let first = project().first_plan();
    assert_eq!(positions(&first, POLICY).len(), 1);
    let mut cloud = project().without("sell").deployed();
    let more = cloud.deploy(&project().desired());
    assert_eq!(positions(&more, POLICY).len(), 1);
    let code = cloud.deploy(&project().code("buy", "new code").desired());
    assert_eq!(positions(&code, POLICY).len(), 0);
}

#[test]
fn what_a_stale_reading_lacks_keeps_its_permissions_until_live_moves() {
    let mut cloud = project().without("sell").deployed();
    let stale = (cloud.held.state_machines.clone(), cloud.usage());
    cloud.deploy(&project().desired());
    let desired = logging().without("sell").desired();
    let mut observed = cloud.observe(&desired);
    observed.state_machines = stale.0;
    let plan = make(&desired, &observed).unwrap().plan_with(&stale.1);
    let live = positions(&plan, LIVE)[0];
    for cut in 0..live {
        let mut cloud = cloud.clone();
        cloud.apply_some(&plan, |i| i <= cut);
        assert!(cloud.may_invoke(2), "{:?}", plan.steps[cut]);
    }
    let [widened, narrowed] = positions(&plan, POLICY)[..] else {
        panic!("{plan:?}");
    };
    assert!(widened < live && live < narrowed);
}

#[test]
fn what_a_retained_release_needs_is_what_it_froze() {
    let mut cloud =
        Project::with(|deployment| deployment.state_machines.main.tracing = true).deployed();
    let off = Project::with(|deployment| deployment.state_machines.main.tracing = false);
    let plan = cloud.deploy(&off.desired());
    assert_eq!(positions(&plan, POLICY), [] as [usize; 0]);
    assert!(cloud.plan(&off.desired()).is_empty());
    // A rollback needs it.
    let policy = cloud.role("state-machine").policy.clone();
    assert!(policy.unwrap().to_string().contains("xray:"));
}

fn in_vpc() -> Project {
    project().and(|deployment| {
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.settings.vpc = Some(VpcConfig {
            subnet_ids: vec!["subnet-1".to_owned()],
            security_group_ids: vec!["sg-1".to_owned()],
            dual_stack: false,
        });
    })
}

fn may_manage_interfaces(cloud: &mut Cloud) -> bool {
    let policy = cloud.role("buy").policy.clone().unwrap();
    policy.to_string().contains("ec2:DeleteNetworkInterface")
}

#[test]
fn a_function_that_leaves_its_vpc_keeps_the_permissions_of_its_versions_in_it() {
    let mut cloud = in_vpc().deployed();
    cloud.deploy(&project().desired());
    assert!(
        may_manage_interfaces(&mut cloud),
        "release 1 may be live again"
    );
    assert!(cloud.plan(&project().desired()).is_empty());

    let next = project().code("buy", "new code").desired();
    let plan = cloud.plan(&next);
    let written = positions(&plan, "PutRolePolicy shop-dev-buy");
    let deleted = positions(&plan, "DeleteFunction shop-dev-buy");
    assert_eq!((written.len(), deleted.len()), (1, 1));
    let waits = positions(&plan, "DescribeNetworkInterfaces shop-dev-buy");
    let [deleted, waits] = [deleted[0], waits[0]].map(|step| &plan.steps[step]);
    assert!(waits.after.contains(&deleted.id));
    assert!(plan.steps[written[0]].after.contains(&waits.id));
    cloud.apply(&plan);
    assert!(!may_manage_interfaces(&mut cloud));
    assert!(cloud.plan(&next).is_empty());
}

/// A state machine that calls nothing, in a release of its own for each comment.
fn quiet(comment: &str) -> Project {
    project().and(|deployment| {
        deployment.functions.clear();
        let states = json!({ "Done": { "Type": "Pass", "End": true } });
        let definition = json!({ "Comment": comment, "StartAt": "Done", "States": states });
        deployment.state_machines.main.definition.template = definition;
    })
}

#[test]
fn a_role_that_needs_nothing_has_no_policy() {
    let mut cloud = Cloud::default();
    let first = cloud.deploy(&quiet("first").desired());
    assert_eq!(positions(&first, POLICY), [] as [usize; 0]);
    assert_eq!(cloud.role("state-machine").policy, None);
    assert!(cloud.plan(&quiet("first").desired()).is_empty());

    // Whatever somebody writes is taken away, and a policy that an older txflow wrote to the embedded AWS does no harm.
    let older = json!({ "Version": "2012-10-17", "Statement": [] });
    cloud.role("state-machine").policy = Some(older);
    assert!(cloud.plan(&quiet("first").desired()).is_empty());
    cloud.role("state-machine").policy = Some(json!({ "Statement": [{ "Effect": "Allow" }] }));
    let drifted = cloud.deploy(&quiet("first").desired());
    assert_eq!(operations(&drifted), [NO_POLICY]);
    assert_eq!(cloud.role("state-machine").policy, None);
}

#[test]
fn the_policy_goes_after_live_has_moved_to_what_needs_nothing() {
    let mut cloud = quiet("first").deployed();
    let logs = quiet("second").and(|deployment| {
        deployment.state_machines.main.logging = LogLevel::Error;
    });
    let written = cloud.deploy(&logs.desired());
    assert!(positions(&written, POLICY)[0] < positions(&written, LIVE)[0]);
    cloud.deploy(&quiet("third").desired());
    let last = cloud.plan(&quiet("fourth").desired());
    let [deleted] = positions(&last, NO_POLICY)[..] else {
        panic!("{last:?}");
    };
    let live = &last.steps[positions(&last, LIVE)[0]];
    assert!(last.steps[deleted].after.contains(&live.id));
    cloud.apply(&last);
    assert_eq!(cloud.role("state-machine").policy, None);
    assert!(cloud.plan(&quiet("fourth").desired()).is_empty());
}
