//! What does not belong to the stack is never changed.

use super::Project;
use super::cloud::Cloud;
use crate::config::StateMachineKind;
use crate::exit::Advice as _;
use crate::plan::{Refusal, Whose, make, refuse_foreign, removal, with_tags_back};
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
        "role `shop-dev-buy` is under the path `/`, not under `/txflow/shop/dev/`"
    );
    let no_stage = |cloud: &mut Cloud| drop(cloud.role("buy").tags.remove("txflow:stage"));
    assert_eq!(
        refusal(no_stage),
        "role `shop-dev-buy` exists and does not have this stack's tag, `txflow:stage`"
    );
    let other_stage = |cloud: &mut Cloud| {
        let tags = &mut cloud.role("buy").tags;
        tags.insert("txflow:stage".to_owned(), "prod".to_owned());
    };
    assert_eq!(
        refusal(other_stage),
        "role `shop-dev-buy` belongs to stage `prod` of stack `shop`"
    );
}

/// IAM has it under the name that it was created with, and finds it under this one.
#[test]
fn a_role_of_a_stage_that_differs_in_case() {
    let mut cloud = Project::new().deployed();
    let state = cloud.held.roles.remove("shop-dev-buy").unwrap();
    cloud.held.roles.insert("shop-Dev-buy".to_owned(), state);
    let role = cloud.held.roles.get_mut("shop-Dev-buy").unwrap();
    role.path = "/txflow/shop/Dev/".to_owned();
    role.tags
        .insert("txflow:stage".to_owned(), "Dev".to_owned());
    let refused = refuse_foreign(&sample::stack(), &cloud.held).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "role `shop-Dev-buy` belongs to stage `Dev` of stack `shop`"
    );
    let hint = refused.hint().unwrap();
    assert!(hint.contains("differs in more than case"), "{hint}");
}

#[test]
fn a_function_that_was_renamed_only_in_case() {
    let mut cloud = Project::new().deployed();
    let state = cloud.held.roles.remove("shop-dev-buy").unwrap();
    cloud.held.roles.insert("shop-dev-Buy".to_owned(), state);
    let desired = Project::new().desired();
    let refused = make(&desired, &cloud.held).err().unwrap();
    assert_eq!(
        refused.to_string(),
        "role `shop-dev-buy` cannot be created while role `shop-dev-Buy` exists"
    );
    removal(&desired.stack, &cloud.held, [].into()).expect("it can be removed");
}

#[test]
fn tags_that_were_taken_away_are_put_back_for_who_only_looks() {
    let stack = sample::stack();
    let mut cloud = Project::new().deployed();
    cloud.function("buy").tags.clear();
    let stage = "txflow:stage".to_owned();
    cloud.role("sell").tags.remove(&stage);
    let (whole, untagged) = with_tags_back(&stack, &cloud.held);
    assert_eq!(refuse_foreign(&stack, &whole), Ok(()));
    let untagged: Vec<(String, Whose)> = { untagged.into_iter() }
        .map(|one| (one.resource.to_string(), one.whose))
        .collect();
    let role = [(stage.clone(), "dev".to_owned())].into();
    assert_eq!(
        untagged,
        [
            ("role `shop-dev-sell`".to_owned(), Whose::Untagged(role)),
            (
                "function `shop-dev-buy`".to_owned(),
                Whose::Untagged(stack.ownership_tags())
            ),
        ]
    );
    // What says that it is another stage's stays that.
    let tags = &mut cloud.function("buy").tags;
    tags.insert(stage, "prod".to_owned());
    let (whole, _) = with_tags_back(&stack, &cloud.held);
    assert!(refuse_foreign(&stack, &whole).is_err());
}

#[test]
fn a_stack_of_which_nothing_has_tags_is_somebody_elses() {
    let mut cloud = Project::new().deployed();
    let held = &mut cloud.held;
    held.roles.clear();
    held.log_groups.clear();
    held.functions.clear();
    cloud.state_machine().tags.clear();
    let (whole, untagged) = with_tags_back(&sample::stack(), &cloud.held);
    assert_eq!(untagged, []);
    assert!(refuse_foreign(&sample::stack(), &whole).is_err());
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
fn each_tag_to_put_back_is_told_with_what_lacks_it() {
    let mut cloud = Project::new().deployed();
    cloud.role("sell").tags.clear();
    cloud.function("buy").tags.remove("txflow:stage");
    let desired = Project::new().desired();
    let refused = make(&desired, &cloud.observe(&desired)).err().unwrap();
    let hint = refused.hint().unwrap();
    let each = "put them back, `txflow:stack=shop` and `txflow:stage=dev` on role `shop-dev-sell`; \
                `txflow:stage=dev` on function `shop-dev-buy`: txflow changes";
    assert!(hint.contains(each), "{hint}");
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
