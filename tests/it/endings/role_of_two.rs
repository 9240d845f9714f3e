//! What two deploys of one stage at once do to the roles of its state machine and its triggers.

use serde_json::json;

use super::Local;
use super::together::with_former_refunds;
use crate::support::account::Account;
use crate::support::gate::Gate;
use crate::support::project::{Project, task};
use crate::support::reply::Reply;
use crate::support::wire::{Act, Call, Rule, Wire};

/// Of two deploys the second one to publish knows of the first, whose release may be about to go live.
#[tokio::test]
async fn what_a_release_of_another_deploy_may_need_is_not_taken_from_the_role() {
    let (local, other) = with_former_refunds().await;
    let publishing = Gate::closed();
    let held = Act::Before(publishing.clone());
    local.wire.rule(Rule::on("states.UpdateStateMachine", held));
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    publishing.reached().await;
    let moving = Gate::closed();
    let held = Act::Before(moving.clone());
    other
        .wire
        .rule(Rule::on("states.UpdateStateMachineAlias", held));
    let second = tokio::spawn(other.project.txflow(&other.wire.url(), &["deploy"]).run());
    moving.reached().await;
    publishing.open();
    let kept = deploy.await.unwrap().succeeded();
    kept.says("another deploy has published a release, and may need it");
    moving.open();
    second.await.unwrap().succeeded();
    assert_eq!(local.live().await, Some(3));
    assert!(
        policy_of_state_machine(&local)
            .await
            .contains("refund-handler")
    );
}

#[tokio::test]
async fn what_another_deploy_takes_from_the_role_is_added_again_even_if_iam_still_shows_it() {
    /// The policy as it was at first.
    fn before(calls: &[Call]) -> Reply {
        let mut reads = calls.iter().filter(|call| {
            call.operation == "iam.GetRolePolicy"
                && call.body.contains("transactions-dev-state-machine")
                && call.answer.contains("GetObject")
        });
        Reply::xml(200, reads.next().expect("it was read").answer.clone())
    }
    let local = Local::deployed(Project::transactions().without_tests()).await;
    let statement = "[[state-machine.statements]]\nactions = [\"s3:GetObject\"]\nresources = [\"arn:aws:s3:::a/*\"]\n";
    let wider = Project::transactions().without_tests().settings(statement);
    let wider = wider.write().change_handler("purchase-handler");
    let wire = Wire::in_front_of(&local.server.url).await;
    let publishing = Gate::closed();
    let held = Act::Before(publishing.clone());
    wire.rule(Rule::on("states.UpdateStateMachine", held));
    let deploy = tokio::spawn(wider.txflow(&wire.url(), &["deploy"]).run());
    publishing.reached().await;
    // What is read from now on is what the role held here.
    let read = wider.txflow(&wire.url(), &["plan"]).run().await;
    read.succeeded();
    let other = Project::transactions().without_tests().write();
    let other = other.change_handler("refund-handler");
    let deployed = other.txflow(&local.wire.url(), &["deploy"]).run().await;
    deployed.succeeded();
    assert!(!policy_of_state_machine(&local).await.contains("GetObject"));
    let stale = Rule::on("iam.GetRolePolicy", Act::Answer(before));
    wire.rule(stale.times(1));
    publishing.open();
    deploy.await.unwrap().succeeded();
    wire.finish();
    assert!(policy_of_state_machine(&local).await.contains("GetObject"));
}

async fn policy_of_state_machine(local: &Local) -> String {
    let account = Account::at(&local.server.url).await;
    let policy = account.iam.get_role_policy().policy_name("txflow");
    let policy = policy.role_name("transactions-dev-state-machine");
    policy.send().await.unwrap().policy_document
}

fn shop(settings: &str) -> Project {
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    let shop = Project::new("shop").handler("buy").definition(definition);
    shop.settings(settings)
}

const TRIGGER: &str = r#"
[[triggers]]
name = "orders"
event-pattern = { source = ["shop"] }
"#;

async fn triggers_may_start(local: &Local) -> bool {
    let account = Account::at(&local.server.url).await;
    let policy = account.iam.get_role_policy().policy_name("txflow");
    let policy = policy.role_name("shop-dev-triggers").send().await;
    policy.is_ok_and(|policy| policy.policy_document.contains("StartExecution"))
}

/// EventBridge accepts the name of any role.
#[tokio::test]
async fn a_trigger_gets_its_role_again_if_another_deploy_has_removed_that() {
    let local = Local::deployed(shop(TRIGGER)).await;
    let changed = shop(&format!("{TRIGGER}enabled = false\n")).write();
    let writing = Gate::closed();
    let held = Act::Before(writing.clone());
    local.wire.rule(Rule::on("AWSEvents.PutRule", held));
    let deploy = tokio::spawn(changed.txflow(&local.wire.url(), &["deploy"]).run());
    writing.reached().await;
    let without = shop("").write();
    let other = without.txflow(&local.server.url, &["deploy"]).run();
    other.await.succeeded();
    assert!(!triggers_may_start(&local).await);
    writing.open();
    deploy.await.unwrap().succeeded();
    assert!(triggers_may_start(&local).await);
}

#[tokio::test]
async fn the_role_of_the_triggers_stays_if_another_deploy_may_need_it() {
    let mut local = Local::deployed(shop(TRIGGER)).await;
    let without = shop("").write().change_handler("buy");
    let moving = Gate::closed();
    let held = Act::Before(moving.clone());
    local
        .wire
        .rule(Rule::on("states.UpdateStateMachineAlias", held));
    let deploy = tokio::spawn(without.txflow(&local.wire.url(), &["deploy"]).run());
    moving.reached().await;
    local.project = local.project.change_handler("buy").change_handler("buy");
    let other = local.project.txflow(&local.server.url, &["deploy"]).run();
    other.await.succeeded();
    moving.open();
    let kept = deploy.await.unwrap().succeeded();
    kept.says("another deploy has published a release, and may need it");
    assert!(triggers_may_start(&local).await);
}
