//! What a plan prints, to the letter.

use serde_json::{Value, json};

use super::PlanView;
use crate::plan::Plan;
use crate::plan::tests::Project;
use crate::report::Answer as _;
use crate::resources::sample::secret;
use crate::world::plain;

fn plan_text(plan: &Plan) -> String {
    PlanView::new(plan).text()
}

pub(super) fn buy_grows() -> Plan {
    let after = Project::with(|deployment| {
        let buy = deployment.functions.get_mut("buy").unwrap();
        buy.settings.memory = 256;
        buy.settings.environment = [("TOKEN".to_owned(), secret("hidden"))].into();
    });
    Project::new().deployed().plan(&after.desired())
}

#[test]
fn the_plan_of_a_first_deploy_lists_what_will_be_there() {
    let plan = Project::new().without("sell").first_plan();
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

+ role shop-dev-buy

+ role shop-dev-state-machine

+ log group /aws/lambda/shop-dev-buy
    retention  (none) → 30

+ function shop-dev-buy

+ state machine shop-dev

+ alias shop-dev:live

6 to create, 0 to update, 0 to delete."
    );
}

#[test]
fn the_plan_of_a_change_has_old_and_new_and_a_diff_of_the_definition() {
    assert_eq!(
        plain(&plan_text(&buy_grows())),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

~ function shop-dev-buy
    memory             128 → 256
    environment TOKEN  (none) → (secret)

~ state machine shop-dev
    definition
      @@ -5,7 +5,7 @@
              \"Type\": \"Task\",
              \"Resource\": \"arn:aws:states:::lambda:invoke\",
              \"Parameters\": {
      -         \"FunctionName\": \"arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:1\",
      +         \"FunctionName\": \"arn:aws:lambda:eu-west-1:123456789012:function:shop-dev-buy:(new version)\",
                \"Payload.$\": \"$\"
              },
              \"Next\": \"sell\"

~ alias shop-dev:live
    release  1 → (new release)

0 to create, 3 to update, 0 to delete."
    );
}

#[test]
fn the_plan_of_a_removal_lists_what_goes() {
    let cloud = Project::new().without("sell").deployed();
    let plan = cloud.removal(&Project::new().desired());
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1

- role shop-dev-buy

- role shop-dev-state-machine

- log group /aws/lambda/shop-dev-buy

- function shop-dev-buy

- state machine shop-dev

0 to create, 0 to update, 5 to delete."
    );
}

#[test]
fn a_plan_without_steps_says_so() {
    let project = Project::new();
    let plan = project.deployed().plan(&project.desired());
    assert_eq!(
        plain(&plan_text(&plan)),
        "Stack shop, stage dev, account 123456789012, region eu-west-1\n\nNothing to change."
    );
}

#[test]
fn versions_that_go_and_functions_that_stay_are_named() {
    let project = |release: u32| {
        Project::with(|deployment| deployment.keep_versions = 2).code("buy", &release.to_string())
    };
    let mut cloud = project(1).deployed();
    cloud.deploy(&project(2).desired());
    let plan = cloud.plan(&project(3).without("sell").desired());
    let text = plain(&plan_text(&plan));
    let pruned = "    remove versions that no release needs: 1\n";
    assert_eq!(text.matches(pruned).count(), 2, "{text}");
    let note = "note: function `shop-dev-sell` is no longer in deploy.toml and stays while release 2, which pins it, is kept";
    assert!(text.contains(note), "{text}");
}

#[test]
fn a_plan_is_given_as_data() {
    let plan = buy_grows();
    let mut view = serde_json::to_value(PlanView::new(&plan)).unwrap();
    let definition = &mut view["changes"][1]["reasons"][0];
    assert_eq!(definition["reason"], "document-changed");
    assert_eq!(definition["document"], "definition");
    assert!(
        definition["old"]
            .as_str()
            .unwrap()
            .contains("shop-dev-buy:1")
    );
    assert!(
        definition["new"]
            .as_str()
            .unwrap()
            .contains("shop-dev-buy:(new version)")
    );
    *definition = Value::Null;
    assert_eq!(
        view,
        json!({
            "stack": "shop",
            "stage": "dev",
            "account": "123456789012",
            "region": "eu-west-1",
            "changes": [
                {
                    "kind": "function",
                    "name": "shop-dev-buy",
                    "change": "update",
                    "reasons": [
                        { "reason": "changed", "attribute": "memory", "old": "128", "new": "256" },
                        { "reason": "changed", "attribute": "environment TOKEN", "old": null, "new": "(secret)" },
                        { "reason": "not-ready-at-once" },
                        { "reason": "new-version" },
                        { "reason": "not-ready-at-once" },
                    ],
                    "operations": [
                        "UpdateFunctionConfiguration",
                        "GetFunction",
                        "PublishVersion",
                        "GetFunction",
                    ],
                    "removed_versions": [],
                },
                {
                    "kind": "state machine",
                    "name": "shop-dev",
                    "change": "update",
                    "reasons": [null],
                    "operations": ["UpdateStateMachine"],
                    "removed_versions": [],
                },
                {
                    "kind": "alias",
                    "name": "shop-dev:live",
                    "change": "update",
                    "reasons": [{ "reason": "release", "old": "1", "new": null }],
                    "operations": ["UpdateStateMachineAlias"],
                    "removed_versions": [],
                },
            ],
            "notes": [],
        })
    );
}
