//! Destroying a stack, or what is left of one.

use super::{Project, operations};
use crate::config::{LogLevel, VpcConfig};
use crate::plan::Plan;
use crate::resources::{RunningExecution, RunsOn};

fn position(plan: &Plan, operation: &str) -> usize {
    operations(plan)
        .iter()
        .position(|step| step == operation)
        .unwrap()
}

#[test]
fn a_destroy_removes_everything_and_each_role_after_what_uses_it() {
    let project =
        Project::with(|deployment| deployment.state_machines.main.logging = LogLevel::Error);
    let mut cloud = project.deployed();
    let plan = cloud.removal(&project.desired());
    assert_eq!(
        operations(&plan),
        [
            "DeleteStateMachine shop-dev",
            "DescribeStateMachine shop-dev",
            "DeleteFunction shop-dev-buy",
            "DeleteFunction shop-dev-sell",
            "DeleteLogGroup /aws/lambda/shop-dev-buy",
            "DeleteLogGroup /aws/lambda/shop-dev-sell",
            "DeleteLogGroup /aws/vendedlogs/states/shop-dev",
            "DeleteRolePolicy shop-dev-buy",
            "DeleteRole shop-dev-buy",
            "DeleteRolePolicy shop-dev-sell",
            "DeleteRole shop-dev-sell",
            "DeleteRolePolicy shop-dev-state-machine",
            "DeleteRole shop-dev-state-machine",
        ]
    );
    for (role, users) in [
        (
            "DeleteRole shop-dev-buy",
            [
                "DeleteFunction shop-dev-buy",
                "DeleteLogGroup /aws/lambda/shop-dev-buy",
            ],
        ),
        (
            "DeleteRole shop-dev-state-machine",
            [
                "DescribeStateMachine shop-dev",
                "DeleteLogGroup /aws/vendedlogs/states/shop-dev",
            ],
        ),
    ] {
        let after = &plan.steps[position(&plan, role)].after;
        for user in users {
            let user = &plan.steps[position(&plan, user)].id;
            assert!(after.contains(user), "{role} {user:?}");
        }
    }
    let role = &plan.steps[position(&plan, "DeleteRole shop-dev-buy")];
    let other = &plan.steps[position(&plan, "DeleteFunction shop-dev-sell")];
    assert!(!role.after.contains(&other.id), "IAM need not wait for it");
    cloud.apply(&plan);
    assert!(cloud.removal(&project.desired()).is_empty());
}

#[test]
fn what_runs_is_stopped_before_the_functions_go() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.running.push(RunningExecution {
        arn: "execution".to_owned(),
        runs_on: RunsOn::Release(1),
    });
    let plan = cloud.removal(&project.desired());
    let stop = position(&plan, "StopExecution shop-dev");
    let function = position(&plan, "DeleteFunction shop-dev-buy");
    assert!(plan.steps[function].after.contains(&plan.steps[stop].id));
    cloud.apply(&plan);
}

#[test]
fn a_role_keeps_its_policies_until_what_uses_it_is_gone() {
    let project = Project::new();
    let plan = project.deployed().removal(&project.desired());
    for (policy, user) in [
        (
            "DeleteRolePolicy shop-dev-buy",
            "DeleteFunction shop-dev-buy",
        ),
        (
            "DeleteRolePolicy shop-dev-state-machine",
            "DescribeStateMachine shop-dev",
        ),
    ] {
        let after = &plan.steps[position(&plan, policy)].after;
        assert!(
            after.contains(&plan.steps[position(&plan, user)].id),
            "{policy}"
        );
    }
}

#[test]
fn a_function_leaves_its_vpc_before_it_goes() {
    let project = Project::with(|deployment| {
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.settings.vpc = Some(VpcConfig {
            subnet_ids: vec!["subnet-1".to_owned()],
            security_group_ids: vec!["sg-1".to_owned()],
            dual_stack: false,
        });
    });
    let mut cloud = project.deployed();
    let plan = cloud.removal(&project.desired());
    let chain = [
        "UpdateFunctionConfiguration",
        "GetFunction",
        "DeleteFunction",
    ];
    let chain = chain.map(|step| position(&plan, &format!("{step} shop-dev-buy")));
    for [first, next] in [[chain[0], chain[1]], [chain[1], chain[2]]] {
        assert!(plan.steps[next].after.contains(&plan.steps[first].id));
    }
    cloud.apply(&plan);
    assert!(cloud.held.functions.is_empty());
}

#[test]
fn thousands_of_executions_are_stopped_in_one_step() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.running = (0..3000)
        .map(|i| RunningExecution {
            arn: format!("execution {i}"),
            runs_on: RunsOn::Release(1),
        })
        .collect();
    let plan = cloud.removal(&project.desired());
    let stops = operations(&plan);
    let stops = stops
        .iter()
        .filter(|step| step.starts_with("StopExecution"));
    assert_eq!(stops.count(), 1);
    cloud.apply(&plan);
}

#[test]
fn a_state_machine_that_is_being_deleted_is_waited_for() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.state_machine().deleting = true;
    let plan = cloud.removal(&project.desired());
    assert_eq!(operations(&plan)[0], "DescribeStateMachine shop-dev");
    cloud.apply(&plan);
    assert!(cloud.held.roles.is_empty());
}

#[test]
fn a_role_alone_is_enough_to_find_what_deploy_toml_no_longer_names() {
    let mut cloud = Project::new().deployed();
    let plan = cloud.removal(&Project::new().without("sell").desired());
    assert!(operations(&plan).contains(&"DeleteFunction shop-dev-sell".to_owned()));
    cloud.apply(&plan);
    assert!(cloud.held.functions.is_empty());
}

#[test]
fn what_is_left_of_a_stack_goes_too() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.lose_state_machine();
    cloud.held.functions.clear();
    cloud.held.log_groups.remove("/aws/lambda/shop-dev-buy");
    cloud.role("buy").policy = None;
    let plan = cloud.removal(&project.desired());
    assert_eq!(
        operations(&plan),
        [
            "DeleteLogGroup /aws/lambda/shop-dev-sell",
            "DeleteRole shop-dev-buy",
            "DeleteRolePolicy shop-dev-sell",
            "DeleteRole shop-dev-sell",
            "DeleteRolePolicy shop-dev-state-machine",
            "DeleteRole shop-dev-state-machine",
        ]
    );
}

#[test]
fn policies_that_somebody_added_to_a_role_go_before_it() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.role("buy").other_policies = vec!["by-hand".to_owned()];
    cloud.role("buy").attached_policies = vec!["arn:aws:iam::aws:policy/X".to_owned()];
    let plan = cloud.removal(&project.desired());
    cloud.apply(&plan);
    assert!(cloud.held.roles.is_empty());
}

#[test]
fn a_stack_that_is_not_there_needs_no_steps() {
    let cloud = super::Cloud::default();
    assert!(cloud.removal(&Project::new().desired()).is_empty());
}
