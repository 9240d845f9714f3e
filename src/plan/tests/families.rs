//! Several state machines: one release, whatever changes in them.

use super::cloud::Cloud;
use super::{Project, operations};
use crate::config::MachineName;
use crate::resources::{Pin, RunningExecution, RunsOn};

/// The main state machine starts `ship`, which calls `sell` and starts `bill`, which calls `buy`.
fn family() -> Project {
    Project::new()
        .beside("ship", &["sell", "bill"])
        .beside("bill", &["buy"])
        .calling(&["ship"])
}

/// The same with another `bill`.
fn other_bill(comment: &str) -> Project {
    family().and(|deployment| {
        let bill = deployment.state_machines.named.get_mut("bill").unwrap();
        bill.definition.template["Comment"] = comment.into();
    })
}

fn pinned(cloud: &Cloud, machine: MachineName) -> Vec<Pin> {
    let state = &cloud.held.state_machines[&machine];
    crate::resources::pins(&state.definition, &crate::resources::sample::stack())
}

fn named(name: &str) -> MachineName {
    MachineName::Named(name.to_owned())
}

fn version(name: &str, version: u64) -> Pin {
    Pin::StateMachine {
        machine: named(name),
        version,
    }
}

/// Those operations that change state machines and the alias.
fn of_states(operations: Vec<String>) -> Vec<String> {
    let of_states = |operation: &String| operation.contains("StateMachine");
    operations.into_iter().filter(of_states).collect()
}

#[test]
fn what_is_started_is_published_before_what_pins_it_and_one_alias_leads_to_all() {
    let plan = family().first_plan();
    let operations = operations(&plan);
    assert_eq!(
        of_states(operations.clone()),
        [
            "CreateStateMachine shop-dev-bill",
            "CreateStateMachine shop-dev-ship",
            "CreateStateMachine shop-dev",
            "CreateStateMachineAlias shop-dev:live",
        ]
    );
    let step = |name: &str| {
        let position = operations.iter().position(|operation| operation == name);
        &plan.steps[position.unwrap()]
    };
    let (bill, ship) = (
        step("CreateStateMachine shop-dev-bill"),
        step("CreateStateMachine shop-dev-ship"),
    );
    let main = step("CreateStateMachine shop-dev");
    assert!(ship.after.contains(&bill.id));
    assert!(main.after.contains(&ship.id));
    // Each with a role of its own, which tells what it is of.
    for role in [
        "shop-dev-state-machine",
        "shop-dev-state-machine.bill",
        "shop-dev-state-machine.ship",
    ] {
        assert!(operations.contains(&format!("CreateRole {role}")), "{role}");
    }

    let cloud = family().deployed();
    assert_eq!(pinned(&cloud, MachineName::Main), [version("ship", 1)]);
    let sell = Pin::function("sell", "1");
    let mut pins = pinned(&cloud, named("ship"));
    pins.sort();
    assert_eq!(pins, [sell, version("bill", 1)]);
    assert!(cloud.plan(&family().desired()).is_empty());
}

#[test]
fn a_change_of_the_innermost_one_makes_a_new_version_of_each_around_it_and_moves_one_alias() {
    let mut cloud = family().deployed();
    let plan = cloud.deploy(&other_bill("new").desired());
    assert_eq!(
        operations(&plan),
        [
            "UpdateStateMachine shop-dev-bill",
            "UpdateStateMachine shop-dev-ship",
            "UpdateStateMachine shop-dev",
            "UpdateStateMachineAlias shop-dev:live",
        ]
    );
    assert_eq!(pinned(&cloud, MachineName::Main), [version("ship", 2)]);
    assert!(cloud.plan(&other_bill("new").desired()).is_empty());

    // A rollback takes all of them back.
    cloud.roll_back(1);
    assert!(cloud.may_invoke(1));
    let plan = cloud.deploy(&other_bill("new").desired());
    assert_eq!(
        operations(&plan),
        [
            "PublishStateMachineVersion shop-dev",
            "UpdateStateMachineAlias shop-dev:live"
        ]
    );
}

#[test]
fn new_code_makes_a_new_version_of_the_state_machines_that_lead_to_it_and_of_no_other() {
    let mut cloud = family().deployed();
    let plan = cloud.deploy(&family().code("sell", "new").desired());
    assert_eq!(
        of_states(operations(&plan)),
        [
            "UpdateStateMachine shop-dev-ship",
            "UpdateStateMachine shop-dev",
            "UpdateStateMachineAlias shop-dev:live",
        ]
    );
    assert_eq!(cloud.versions_of("bill"), [1]);
}

#[test]
fn a_deploy_that_was_cut_off_after_a_version_of_a_child_is_finished_with_that_version() {
    let mut cloud = family().deployed();
    let changed = other_bill("new").desired();
    let plan = cloud.plan(&changed);
    cloud.apply_some(&plan, |step| step == 0);
    assert_eq!(cloud.versions_of("bill"), [2, 1]);
    let plan = cloud.deploy(&changed);
    // No current definition pins version 2, so only its publication, which AWS answers with what exists, tells its number.
    assert_eq!(
        operations(&plan)[..2],
        [
            "PublishStateMachineVersion shop-dev-bill",
            "UpdateStateMachine shop-dev-ship"
        ]
    );
    assert_eq!(cloud.versions_of("bill"), [2, 1]);
    assert!(cloud.plan(&changed).is_empty());
}

#[test]
fn versions_that_no_kept_release_pins_go_after_what_pinned_them() {
    let keeping =
        |comment: &str| other_bill(comment).and(|deployment| deployment.keep_versions = 2);
    let mut cloud = Cloud::default();
    for comment in ["one", "two", "three"] {
        cloud.deploy(&keeping(comment).desired());
    }
    assert_eq!(cloud.versions_of("bill"), [3, 2]);
    let plan = cloud.deploy(&keeping("four").desired());
    let deletions: Vec<String> = { operations(&plan).into_iter() }
        .filter(|operation| operation.starts_with("Delete"))
        .collect();
    assert_eq!(
        deletions,
        [
            "DeleteStateMachineVersion shop-dev",
            "DeleteStateMachineVersion shop-dev-bill",
            "DeleteStateMachineVersion shop-dev-ship",
        ]
    );
    assert_eq!(cloud.versions_of("bill"), [4, 3]);
    assert_eq!(cloud.versions_of("ship"), [4, 3]);
}

#[test]
fn a_function_version_that_only_a_childs_version_pins_is_kept_with_the_release() {
    let mut cloud = family().deployed();
    cloud.deploy(&family().code("buy", "new").desired());
    assert_eq!(cloud.function("buy").versions.len(), 2);
    cloud.roll_back(1);
    assert!(cloud.may_invoke(1) && cloud.may_decrypt(1));

    let few = |code: &str| {
        let project = family().code("buy", code);
        project.and(|deployment| deployment.keep_versions = 1)
    };
    for code in ["three", "four", "five"] {
        cloud.deploy(&few(code).desired());
    }
    let versions = &cloud.function("buy").versions;
    let versions: Vec<&str> = versions.iter().map(|one| one.version.as_str()).collect();
    assert_eq!(versions, ["4", "5"], "what was live before is kept as well");
}

#[test]
fn a_version_on_which_an_execution_runs_is_kept() {
    let few = |comment: &str| other_bill(comment).and(|deployment| deployment.keep_versions = 1);
    let mut cloud = Cloud::default();
    cloud.deploy(&few("one").desired());
    cloud.running.push(RunningExecution {
        arn: "arn:aws:states:eu-west-1:123456789012:execution:shop-dev-bill:e".to_owned(),
        runs_on: RunsOn::Version(named("bill"), 1),
    });
    for comment in ["two", "three", "four"] {
        cloud.deploy(&few(comment).desired());
    }
    assert_eq!(cloud.versions_of("bill"), [4, 3, 1]);
    cloud.running.clear();
    cloud.deploy(&few("five").desired());
    assert_eq!(cloud.versions_of("bill"), [5, 4]);
}

#[test]
fn a_state_machine_that_deploy_toml_no_longer_names_goes_when_no_kept_release_pins_it() {
    let keep = |project: Project| project.and(|deployment| deployment.keep_versions = 2);
    let without = |code: &str| {
        let project = Project::new().code("buy", code);
        keep(project.calling(&["buy", "sell"]))
    };
    let mut cloud = keep(family()).deployed();
    let plan = cloud.deploy(&without("code").desired());
    assert_eq!(
        plan.notes,
        [
            "state machine `shop-dev-bill` is no longer in deploy.toml and stays while release 1, which pins it, is kept",
            "state machine `shop-dev-ship` is no longer in deploy.toml and stays while release 1, which pins it, is kept",
        ]
    );
    cloud.roll_back(1);
    assert!(cloud.may_invoke(1));
    cloud.roll_back(2);

    let plan = cloud.deploy(&without("other code").desired());
    let operations = operations(&plan);
    for operation in [
        "DeleteStateMachine shop-dev-bill",
        "DeleteStateMachine shop-dev-ship",
        "DeleteRole shop-dev-state-machine.bill",
        "DeleteRole shop-dev-state-machine.ship",
    ] {
        assert!(operations.contains(&operation.to_owned()), "{operations:?}");
    }
    let left: Vec<&MachineName> = cloud.held.state_machines.keys().collect();
    assert_eq!(left, [&MachineName::Main]);
    assert!(cloud.plan(&without("other code").desired()).is_empty());
}

#[test]
fn a_state_machine_that_nothing_starts_is_published_once_and_its_newest_version_is_kept() {
    let lone = |comment: &str| {
        let project = Project::new().beside("lone", &["buy"]);
        project.and(|deployment| {
            let lone = deployment.state_machines.named.get_mut("lone").unwrap();
            lone.definition.template["Comment"] = comment.into();
            deployment.keep_versions = 1;
        })
    };
    let mut cloud = lone("one").deployed();
    assert!(cloud.plan(&lone("one").desired()).is_empty());
    let plan = cloud.deploy(&lone("two").desired());
    assert_eq!(operations(&plan), ["UpdateStateMachine shop-dev-lone"]);
    assert!(cloud.plan(&lone("two").desired()).is_empty());
    // The next release removes what is superseded.
    let changed = lone("two").code("sell", "new").desired();
    cloud.deploy(&changed);
    assert_eq!(cloud.versions_of("lone"), [2]);
    assert!(cloud.plan(&changed).is_empty());
}

#[test]
fn a_destroy_removes_every_state_machine() {
    let mut cloud = family().deployed();
    let plan = cloud.removal(&family().desired());
    cloud.apply(&plan);
    assert!(cloud.held.state_machines.is_empty());
    assert!(cloud.held.roles.is_empty() && cloud.held.functions.is_empty());
}
