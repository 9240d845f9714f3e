//! Answers that mean something else than they seem to: a success that is none, and refusals that waiting does not end.

use serde_json::json;

use super::Local;
use crate::support::account::Account;
use crate::support::gate::Gate;
use crate::support::project::{Project, task};
use crate::support::reply::Reply;
use crate::support::wire::{Act, Rule};

const TRIGGER: &str = r#"
[[triggers]]
name = "orders"
event-pattern = { source = ["shop"] }
"#;

/// What EventBridge's API reference says of too many requests at the same time: a success, with what it left out.
fn left_out() -> Act {
    let answer = json!({ "FailedEntryCount": 1, "FailedEntries": [{
        "TargetId": "live",
        "ErrorCode": "ConcurrentModificationException",
        "ErrorMessage": "The rule was modified concurrently",
    }] });
    Act::Reply(Reply::json(200, answer.to_string()))
}

fn shop() -> Project {
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    Project::new("shop").handler("buy").definition(definition)
}

#[tokio::test]
async fn a_target_that_was_left_out_is_sent_again() {
    let local = Local::new(shop().settings(TRIGGER)).await;
    local
        .wire
        .rule(Rule::on("AWSEvents.PutTargets", left_out()));
    local.txflow(&["deploy"]).run().await.succeeded();
    local.wire.finish();
    assert_eq!(local.wire.count("AWSEvents.PutTargets"), 2);
    let plan = local.txflow(&["plan", "--exit-code"]).run().await;
    plan.succeeded();
}

#[tokio::test]
async fn a_target_that_was_not_removed_is_removed_before_its_rule() {
    let local = Local::deployed(shop().settings(TRIGGER)).await;
    local
        .wire
        .rule(Rule::on("AWSEvents.RemoveTargets", left_out()));
    local.txflow(&["destroy", "--yes"]).run().await.succeeded();
    local.wire.finish();
    assert_eq!(local.wire.count("AWSEvents.RemoveTargets"), 2);
}

/// Terraform's provider sends such a deletion again as well: EventBridge removes targets a little later than it says.
#[tokio::test]
async fn a_rule_that_seems_to_have_targets_is_deleted_again() {
    let local = Local::deployed(shop().settings(TRIGGER)).await;
    let targets = Act::Error(
        400,
        "ValidationException",
        "Rule can't be deleted since it has targets.",
    );
    local.wire.rule(Rule::on("AWSEvents.DeleteRule", targets));
    local.txflow(&["destroy", "--yes"]).run().await.succeeded();
    local.wire.finish();
}

/// Such as one whose subnet has no addresses left. Lambda says so when it is taken out of its VPC as well.
#[tokio::test]
async fn a_function_that_cannot_run_can_be_removed_from_its_vpc() {
    let vpc = "vpc = { subnet-ids = [\"subnet-1\"], security-group-ids = [\"sg-1\"] }\n";
    let local = Local::deployed(shop().function_settings("buy", vpc)).await;
    let failed = json!({ "Configuration": {
        "FunctionName": "shop-dev-buy",
        "State": "Failed",
        "StateReasonCode": "SubnetOutOfIPAddresses",
        "StateReason": "a subnet is out of IP addresses",
    } });
    let failed = Act::Reply(Reply::json(200, failed.to_string()));
    // The first call reads the stack.
    let rule = Rule::on("lambda.GetFunction", failed).after(1);
    local.wire.rule(rule.always());
    local.txflow(&["destroy", "--yes"]).run().await.succeeded();
    let calls = local.wire.calls();
    let position = |operation: &str| calls.iter().position(|call| call.operation == operation);
    let detached = position("lambda.UpdateFunctionConfiguration").expect("it leaves its VPC");
    let deleted = position("lambda.DeleteFunction").expect("it is deleted");
    assert!(detached < deleted);
}

#[tokio::test]
async fn a_schedule_that_was_removed_meanwhile_is_created() {
    let schedule = |rate: &str| {
        shop().settings(&format!(
            "[[triggers]]\nname = \"nightly\"\nschedule = \"{rate}\"\n"
        ))
    };
    let mut local = Local::deployed(schedule("rate(1 day)")).await;
    local.project = schedule("rate(2 days)").write();
    let updating = Gate::closed();
    let held = Act::Before(updating.clone());
    local.wire.rule(Rule::on("PUT /schedules/nightly", held));
    let deploy = tokio::spawn(local.txflow(&["deploy"]).run());
    updating.reached().await;
    let account = Account::at(&local.server.url).await;
    let removed = account.scheduler.delete_schedule().group_name("shop-dev");
    removed.name("nightly").send().await.unwrap();
    updating.open();
    deploy.await.unwrap().succeeded();
    local.wire.finish();
    let plan = local.txflow(&["plan", "--exit-code"]).run().await;
    plan.succeeded();
}

#[tokio::test]
async fn a_release_of_what_somebody_else_changed_is_not_waited_for() {
    let mut local = Local::deployed(Project::transactions()).await;
    local.project = local.project.change_handler("refund-handler");
    local.txflow(&["deploy"]).run().await.succeeded();
    local.txflow(&["rollback"]).run().await.succeeded();
    local.wire.clear();
    // As if the state machine were changed right after it was read.
    local.wire.tamper(|operation, answer| match operation {
        "states.DescribeStateMachine" => answer.replace("\"revisionId\":\"", "\"revisionId\":\"0"),
        _ => answer.to_owned(),
    });
    let deploy = local.txflow(&["deploy"]).run().await.exits_with(1);
    deploy.says("`transactions-dev` was changed by someone else during this deploy");
    assert_eq!(local.wire.count("states.PublishStateMachineVersion"), 1);
}
