//! What does not belong to the stack is never changed.

use super::Project;
use super::cloud::Cloud;
use crate::config::StateMachineKind;
use crate::plan::{Refusal, make, removal};
use crate::resources::sample;
use crate::stack::Tags;

/// The refusal of a deploy and of a destroy if somebody else created a part of the stack.
fn refusal(take: impl FnOnce(&mut Cloud)) -> String {
    let desired = Project::new().desired();
    let mut cloud = Project::new().deployed();
    take(&mut cloud);
    let observed = cloud.observe(&desired);
    let refused = make(&desired, &observed).err().unwrap();
    let destroyed = removal(&sample::stack(), &observed, [].into()).unwrap_err();
    assert_eq!(refused, destroyed);
    refused.to_string()
}

#[test]
fn a_role_of_somebody_else() {
    let expected = "role `shop-dev-buy` exists and does not have this stack's tags, `txflow:stack` and `txflow:stage`";
    assert_eq!(
        refusal(|cloud| cloud.role("buy").tags = Tags::new()),
        expected
    );
    assert_eq!(
        refusal(|cloud| cloud.role("buy").path = "/".to_owned()),
        expected
    );
    let other_stage = |cloud: &mut Cloud| {
        let tags = &mut cloud.role("buy").tags;
        tags.insert("txflow:stage".to_owned(), "prod".to_owned());
    };
    assert_eq!(refusal(other_stage), expected);
}

#[test]
fn a_log_group_of_somebody_else() {
    let name = "/aws/lambda/shop-dev-buy";
    let refused = refusal(|cloud| cloud.held.log_groups.get_mut(name).unwrap().tags.clear());
    assert_eq!(
        refused,
        format!(
            "log group `{name}` exists and does not have this stack's tags, `txflow:stack` and `txflow:stage`"
        )
    );
}

#[test]
fn a_function_of_somebody_else() {
    assert_eq!(
        refusal(|cloud| cloud.function("buy").tags.clear()),
        "function `shop-dev-buy` exists and does not have this stack's tags, `txflow:stack` and `txflow:stage`"
    );
}

#[test]
fn a_state_machine_of_somebody_else() {
    assert_eq!(
        refusal(|cloud| cloud.state_machine().tags.clear()),
        "state machine `shop-dev` exists and does not have this stack's tags, `txflow:stack` and `txflow:stage`"
    );
}

#[test]
fn all_that_is_foreign_is_named_at_once() {
    let refused = refusal(|cloud| {
        cloud.role("sell").tags.clear();
        cloud.function("buy").tags.clear();
    });
    assert_eq!(
        refused,
        "role `shop-dev-sell`, function `shop-dev-buy` exist and do not have this stack's tags, `txflow:stack` and `txflow:stage`"
    );
}

#[test]
fn the_same_stage_in_another_region() {
    // IAM has no regions: both would have the same roles.
    let refused = refusal(|cloud| {
        let tags = &mut cloud.role("buy").tags;
        tags.insert("txflow:region".to_owned(), "us-east-1".to_owned());
    });
    assert_eq!(
        refused,
        "role `shop-dev-buy` belongs to this stage in us-east-1"
    );
}

#[test]
fn the_roles_of_a_stack_whose_prefixes_both_changed_are_not_forgotten() {
    let cloud = Project::new().deployed();
    let mut desired = Project::new().desired();
    desired.stack.roles.path_prefix = "/teams/payments".to_owned();
    desired.stack.roles.name_prefix = "pay-".to_owned();
    let mut observed = cloud.observe(&desired);
    // They are under another path and have other names than AWS is asked for.
    observed.roles.clear();
    let refused = make(&desired, &observed).err().unwrap();
    let destroyed = removal(&desired.stack, &observed, [].into()).unwrap_err();
    assert_eq!(refused, destroyed);
    assert_eq!(
        refused.to_string(),
        "role `shop-dev-buy`, role `shop-dev-sell`, role `shop-dev-state-machine` belong to this stage under the path `/txflow/shop/dev/`"
    );
}

#[test]
fn the_type_of_a_state_machine_cannot_change() {
    let cloud = Project::new().deployed();
    let express = Project::with(|deployment| {
        deployment.state_machines.main.kind = StateMachineKind::Express;
    });
    let desired = express.desired();
    let observed = cloud.observe(&desired);
    let refused = make(&desired, &observed).err().unwrap();
    assert_eq!(
        refused,
        Refusal::TypeChanged {
            name: "shop-dev".to_owned(),
            old: "STANDARD",
            new: "EXPRESS",
        }
    );
}
