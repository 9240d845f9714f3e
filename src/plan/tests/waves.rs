//! A plan in two waves, of which callers see the second one only.

use std::collections::BTreeSet;

use super::*;
use crate::plan::StepId;
use crate::resources::Kind;

/// Plans of all kinds, each with a model of AWS that it is made for.
fn plans() -> Vec<(Cloud, Plan)> {
    let first = triggered().beside("pack", &["buy"]);
    let deployed = first.deployed();
    let next = Project::new()
        .code("buy", "new code")
        .beside("pack", &["sell"])
        .desired();
    let mut plans = vec![(Cloud::default(), first.first_plan())];
    plans.push((deployed.clone(), deployed.plan(&next)));
    // Releases and functions go as well.
    let mut cloud = Project::with(|deployment| deployment.keep_versions = 1).deployed();
    for code in ["a", "b"] {
        let next = Project::with(|deployment| deployment.keep_versions = 1).code("buy", code);
        cloud.deploy(&next.desired());
    }
    let last = Project::with(|deployment| deployment.keep_versions = 1).without("sell");
    plans.push((cloud.clone(), cloud.plan(&last.desired())));
    plans
}

fn ids(plan: &Plan) -> BTreeSet<StepId> {
    plan.steps.iter().map(|step| step.id).collect()
}

#[test]
fn both_waves_are_the_plan_and_each_waits_only_for_itself() {
    for (_, plan) in plans() {
        let [first, second] = plan.waves().expect("two waves");
        assert!(ids(&first).is_disjoint(&ids(&second)));
        let both: BTreeSet<StepId> = ids(&first).union(&ids(&second)).copied().collect();
        assert_eq!(both, ids(&plan));
        for wave in [first, second] {
            let own = ids(&wave);
            let waits = wave.steps.iter().flat_map(|step| &step.after);
            assert!(waits.into_iter().all(|id| own.contains(id)));
        }
    }
}

#[test]
fn the_first_wave_publishes_and_changes_nothing_that_callers_see() {
    for (mut cloud, plan) in plans() {
        let before = cloud.live();
        let [first, second] = plan.waves().expect("two waves");
        let seen = [Kind::Alias, Kind::Rule, Kind::Schedule, Kind::ScheduleGroup];
        let deletes = |operation: &String| operation.starts_with("Delete");
        assert!(
            !first
                .steps
                .iter()
                .any(|step| seen.contains(&step.resource.kind))
        );
        assert!(!operations(&first).iter().any(deletes), "{first:?}");
        cloud.apply(&first);
        assert_eq!(cloud.live(), before);
        let newest = cloud.state_machine().versions[0].0;
        assert_ne!(Some(newest), before);
        assert!(cloud.may_invoke(newest), "it can be tried out");
        assert!(
            second
                .steps
                .iter()
                .any(|step| step.resource.kind == Kind::Alias)
        );
    }
}

#[test]
fn state_machines_that_no_state_starts_are_published_for_their_tests() {
    let first = Project::new().beside("aside", &["buy"]);
    let mut cloud = first.deployed();
    let next = Project::new()
        .code("buy", "new code")
        .beside("aside", &["sell"])
        .desired();
    let plan = cloud.plan(&next);
    let [first, _] = plan.waves().expect("two waves");
    cloud.apply(&first);
    assert_eq!(cloud.versions_of("aside"), [2, 1]);
}

#[test]
fn a_release_that_was_tested_in_vain_is_published_once() {
    let mut cloud = Project::new().deployed();
    let next = Project::new().code("buy", "new code").desired();
    for _ in 0..2 {
        let plan = cloud.plan(&next);
        let [first, _] = plan.waves().expect("two waves");
        cloud.apply(&first);
        assert_eq!(cloud.live(), Some(1));
        assert_eq!(cloud.state_machine().versions.len(), 2);
    }
    cloud.deploy(&next);
    assert_eq!(cloud.live(), Some(2));
    assert!(cloud.plan(&next).waves().is_none(), "`live` stays");
}
