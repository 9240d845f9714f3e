//! First deploys, deploys that change nothing, and what a change of the code does.

use std::any::Any;

use super::{Project, changes, operations};
use crate::resources::state_machine::operations::UpdateStateMachine;

#[test]
fn a_first_deploy_makes_everything_in_the_order_in_which_it_is_needed() {
    let plan = Project::new().first_plan();
    assert_eq!(
        operations(&plan),
        [
            "CreateRole shop-dev-buy",
            "PutRolePolicy shop-dev-buy",
            "CreateRole shop-dev-sell",
            "PutRolePolicy shop-dev-sell",
            "CreateRole shop-dev-state-machine",
            "PutRolePolicy shop-dev-state-machine",
            "CreateLogGroup /aws/lambda/shop-dev-buy",
            "PutRetentionPolicy /aws/lambda/shop-dev-buy",
            "CreateLogGroup /aws/lambda/shop-dev-sell",
            "PutRetentionPolicy /aws/lambda/shop-dev-sell",
            "CreateFunction shop-dev-buy",
            "GetFunction shop-dev-buy",
            "CreateFunction shop-dev-sell",
            "GetFunction shop-dev-sell",
            "CreateStateMachine shop-dev",
            "CreateStateMachineAlias shop-dev:live",
        ]
    );
    let alias = plan.steps.last().unwrap();
    let waits = |operation: &str, name: &str| {
        let mut steps = plan.steps.iter();
        let step = steps.find(|step| {
            step.operation.spec().operation == operation && step.resource.name == name
        });
        alias.after.contains(&step.unwrap().id)
    };
    // Callers reach functions that are ready and have their permissions.
    assert!(waits("GetFunction", "shop-dev-buy"));
    assert!(waits("GetFunction", "shop-dev-sell"));
    assert!(waits("PutRolePolicy", "shop-dev-buy"));
    assert!(waits("CreateStateMachine", "shop-dev"));
    assert!(waits("CreateLogGroup", "/aws/lambda/shop-dev-buy"));
}

/// Only roles lead to what `deploy.toml` no longer names.
#[test]
fn nothing_is_created_before_the_role_that_leads_to_it() {
    let project = super::triggered().and(|deployment| {
        deployment.state_machines.main.logging = crate::config::LogLevel::Error;
    });
    let plan = project.first_plan();
    let created = |operation: &str, name: &str| {
        let mut steps = plan.steps.iter();
        let step = steps.find(|step| {
            step.operation.spec().operation == operation && step.resource.name == name
        });
        step.unwrap_or_else(|| panic!("{operation} {name}: {:?}", operations(&plan)))
    };
    for (operation, name, role) in [
        ("CreateLogGroup", "/aws/lambda/shop-dev-buy", "shop-dev-buy"),
        (
            "CreateLogGroup",
            "/aws/vendedlogs/states/shop-dev",
            "shop-dev-state-machine",
        ),
        ("CreateFunction", "shop-dev-buy", "shop-dev-buy"),
        ("CreateScheduleGroup", "shop-dev", "shop-dev-triggers"),
    ] {
        let role = created("CreateRole", role);
        let step = created(operation, name);
        assert!(step.after.contains(&role.id), "{operation} {name}");
    }
}

#[test]
fn what_goes_live_waits_for_a_young_version_that_a_deploy_left_which_was_cut_off() {
    let waits = |cloud: &super::Cloud, desired: &crate::resources::Desired| {
        let plan = cloud.plan(desired);
        let alias = plan
            .steps
            .iter()
            .find(|step| step.resource.kind == crate::resources::Kind::Alias);
        let alias = alias.unwrap();
        let mut steps = plan.steps.iter();
        let wait = steps.find(|step| {
            step.operation.spec().operation == "GetFunction"
                && step.resource.name == "shop-dev-sell"
        });
        wait.map(|wait| alias.after.contains(&wait.id))
    };
    let mut cloud = Project::new().deployed();
    cloud.function("sell").young = true;
    // What is live was waited for.
    let other = Project::new().code("buy", "new code").desired();
    assert_eq!(waits(&cloud, &other), None);

    let desired = Project::new().code("sell", "new code").desired();
    let plan = cloud.plan(&desired);
    let is_of_function =
        |step: usize| plan.steps[step].resource.kind == crate::resources::Kind::Function;
    cloud.apply_some(&plan, is_of_function);
    cloud.function("sell").young = false;
    assert_eq!(waits(&cloud, &desired), None);
    cloud.function("sell").young = true;
    assert_eq!(waits(&cloud, &desired), Some(true));
}

#[test]
fn a_deploy_that_changes_nothing_has_no_steps() {
    let project = Project::new();
    let plan = project.deployed().plan(&project.desired());
    assert!(plan.is_empty(), "{:#?}", plan.steps);
    assert_eq!(plan.notes, [""; 0]);
}

#[test]
fn another_commit_alone_is_no_change() {
    let project = Project::new();
    let cloud = project.deployed();
    let mut desired = project.desired();
    desired.origin.commit = Some("another".to_owned());
    assert!(cloud.plan(&desired).is_empty());
}

#[test]
fn changed_code_publishes_that_function_alone_and_pins_the_others_as_they_are() {
    let cloud = Project::new().deployed();
    let plan = cloud.plan(&Project::new().code("buy", "new code").desired());
    assert_eq!(
        operations(&plan),
        [
            "UpdateFunctionCode shop-dev-buy",
            "GetFunction shop-dev-buy",
            "UpdateStateMachine shop-dev",
            "UpdateStateMachineAlias shop-dev:live",
        ]
    );
    assert_eq!(
        changes(&plan),
        ["code: code of buy → new code", "definition", "live: 1"]
    );
    let operation: &dyn Any = plan.steps[2].operation.as_ref();
    let UpdateStateMachine(request) = operation.downcast_ref().unwrap();
    let version = |name: &str| request.references[name].version.as_deref();
    assert_eq!(version("sell"), Some("1"));
    assert_eq!(version("buy"), None, "it is published first");
    assert!(plan.steps[2].after.contains(&plan.steps[0].id));
}

#[test]
fn configuration_goes_first_and_the_code_waits_until_lambda_is_done_with_it() {
    let cloud = Project::new().deployed();
    let project = Project::with(|deployment| {
        deployment.functions.get_mut("buy").unwrap().settings.memory = 256;
    });
    let plan = cloud.plan(&project.code("buy", "new code").desired());
    assert_eq!(
        operations(&plan),
        [
            "UpdateFunctionConfiguration shop-dev-buy",
            "GetFunction shop-dev-buy",
            "UpdateFunctionCode shop-dev-buy",
            "GetFunction shop-dev-buy",
            "UpdateStateMachine shop-dev",
            "UpdateStateMachineAlias shop-dev:live",
        ]
    );
    for (step, before) in [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (5, 4)] {
        let waits = plan.steps[step].after.contains(&plan.steps[before].id);
        assert!(waits, "{:?}", plan.steps[step]);
    }
}

#[test]
fn a_changed_definition_leaves_the_functions_alone() {
    let cloud = Project::new().deployed();
    let project = Project::with(|deployment| {
        deployment.state_machines.main.definition.template["Comment"] = "new".into();
    });
    let plan = cloud.plan(&project.desired());
    assert_eq!(
        operations(&plan),
        [
            "UpdateStateMachine shop-dev",
            "UpdateStateMachineAlias shop-dev:live"
        ]
    );
    assert_eq!(changes(&plan), ["definition", "live: 1"]);
}

#[test]
fn the_order_of_keys_in_the_definition_is_no_change() {
    let project = Project::new();
    let mut cloud = project.deployed();
    let sorted = |value: &serde_json::Value| {
        let mut value = value.clone();
        value.sort_all_objects();
        value
    };
    let definition = sorted(&cloud.state_machine().definition);
    cloud.state_machine().definition = definition;
    assert!(cloud.plan(&project.desired()).is_empty());
}

#[test]
fn a_function_that_failed_is_given_its_code_again() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.function("buy").failure = Some("no more addresses".to_owned());
    let plan = cloud.plan(&project.desired());
    assert_eq!(operations(&plan)[0], "UpdateFunctionCode shop-dev-buy");
    assert_eq!(changes(&plan)[0], "failed: no more addresses");
}

/// "Lambda function states" in Lambda's developer guide: "you must delete and recreate the function".
#[test]
fn a_function_whose_creation_failed_is_made_again() {
    let project = Project::new();
    let mut cloud = project.deployed();
    cloud.held.state_machines.clear();
    let function = cloud.function("buy");
    function.failure = Some("no more addresses".to_owned());
    function.creation_failed = true;
    let plan = cloud.plan(&project.desired());
    let made = operations(&plan);
    let made: Vec<&String> = made
        .iter()
        .filter(|step| step.ends_with("shop-dev-buy"))
        .collect();
    assert_eq!(
        made[..2],
        ["DeleteFunction shop-dev-buy", "CreateFunction shop-dev-buy"]
    );
}

/// It may have been deleted a moment ago, with all that it was made for.
#[test]
fn a_role_that_nothing_seems_to_use_is_looked_for_again_before_anything_gets_it() {
    let mut cloud = Project::new().deployed();
    cloud.held.functions.remove("buy");
    cloud.held.log_groups.remove("/aws/lambda/shop-dev-buy");
    let plan = cloud.plan(&Project::new().desired());
    let step = |wanted: &str| {
        let position = operations(&plan).iter().position(|step| step == wanted);
        &plan.steps[position.unwrap_or_else(|| panic!("{wanted}: {:?}", operations(&plan)))]
    };
    let sure = step("GetRole shop-dev-buy").id;
    for waiting in [
        "CreateLogGroup /aws/lambda/shop-dev-buy",
        "CreateFunction shop-dev-buy",
    ] {
        assert!(step(waiting).after.contains(&sure), "{waiting}");
    }
    assert!(!operations(&plan).contains(&"GetRole shop-dev-sell".to_owned()));
}
