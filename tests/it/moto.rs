//! A strict second opinion on the IAM and Lambda calls: moto runs nothing, and refuses a role that does not exist.
//!
//! Gaps of moto 5.2.5 that the proxy in front of it fills, since txflow needs a real AWS to have them:
//! - `ListStateMachineVersions` is not implemented (HTTP 500): answered from the version ARNs that went by.
//! - `DeleteStateMachineVersion` is not implemented (HTTP 500): answered with nothing.
//!
//! And one that it leaves: executions stay RUNNING for ever, so `test` is not tried here.

use serde_json::{Value, json};

use crate::support::account::Account;
use crate::support::emulators::{Emulator, Emulators};
use crate::support::project::Project;
use crate::support::reply::Reply;
use crate::support::wire::{Act, Call, Rule, Wire};

#[tokio::test]
#[ignore = "needs the emulators"]
async fn a_stack_is_made_changed_rolled_back_and_removed() {
    let (_moto, wire) = moto().await;
    let account = Account::at(&wire.url()).await;
    account.bystander("bystander").await;
    let before = account.snapshot().await;
    let project = Project::transactions().write();

    project
        .txflow(&wire.url(), &["deploy"])
        .run()
        .await
        .succeeded();
    let deployed = account.snapshot().await;
    assert_ne!(deployed, before);

    let writes = wire.writes().len();
    project
        .txflow(&wire.url(), &["deploy"])
        .run()
        .await
        .succeeded();
    assert_eq!(
        wire.writes().len(),
        writes,
        "a deploy without a change writes nothing"
    );

    let project = project.change_handler("purchase-handler");
    project
        .txflow(&wire.url(), &["deploy"])
        .run()
        .await
        .succeeded();
    assert_eq!(
        account.versions("transactions-dev-purchase-handler").await,
        [1, 2]
    );
    assert_eq!(
        account.versions("transactions-dev-refund-handler").await,
        [1]
    );

    project
        .txflow(&wire.url(), &["rollback"])
        .run()
        .await
        .succeeded();
    let live = account
        .live("arn:aws:states:us-east-1:123456789012:stateMachine:transactions-dev")
        .await;
    assert_eq!(
        live.as_deref().and_then(|arn| arn.rsplit(':').next()),
        Some("1")
    );

    project
        .txflow(&wire.url(), &["destroy", "--yes"])
        .run()
        .await
        .succeeded();
    assert_eq!(account.snapshot().await, before);
}

const TRIGGERS: &str = r#"
[[triggers]]
name = "nightly"
schedule = "cron(0 3 * * ? *)"
time-zone = "Europe/Berlin"
dead-letter-queue = "arn:aws:sqs:us-east-1:123456789012:lost"
retries = 3

[[triggers]]
name = "orders"
event-pattern = { source = ["shop.orders"] }
input-transformer = { paths = { id = "$.detail.id" }, template = '{"order": <id>}' }
"#;

#[tokio::test]
#[ignore = "needs the emulators"]
async fn triggers_are_made_changed_and_removed() {
    let (_moto, wire) = moto().await;
    let account = Account::at(&wire.url()).await;
    let project = Project::transactions().settings(TRIGGERS).write();
    let run = async |project: &Project, arguments: &[&str]| {
        let ran = project.txflow(&wire.url(), arguments).run().await;
        ran.succeeded();
    };
    run(&project, &["deploy"]).await;
    assert_eq!(
        account.triggers().await,
        [
            "group transactions-dev",
            "schedule transactions-dev/nightly ENABLED",
            "rule transactions-dev.orders ENABLED",
        ]
    );
    run(&project, &["plan", "--exit-code"]).await;

    let other = TRIGGERS.replace("cron(0 3", "cron(0 4");
    let other = other.replace("shop.orders", "shop.returns");
    let tests = Project::transactions().settings(&other).write();
    run(&tests, &["deploy"]).await;
    run(&tests, &["plan", "--exit-code"]).await;

    let without = Project::transactions().write();
    run(&without, &["deploy"]).await;
    assert_eq!(account.triggers().await, [""; 0]);
    run(&project, &["deploy"]).await;
    run(&project, &["destroy", "--yes"]).await;
    assert_eq!(account.triggers().await, [""; 0]);
}

pub(crate) async fn moto() -> (Emulator, Wire) {
    let moto = Emulators::required().moto().await;
    let wire = Wire::in_front_of(&moto.url()).await;
    wire.rule(Rule::on("states.ListStateMachineVersions", Act::Answer(published)).always())
        .rule(
            Rule::on(
                "states.DeleteStateMachineVersion",
                Act::Answer(|_| Reply::json(200, "{}")),
            )
            .always(),
        );
    (moto, wire)
}

/// The versions that were published and not deleted since, the newest first, as `ListStateMachineVersions` has them.
fn published(calls: &[Call]) -> Reply {
    let arn = |text: &str| {
        let value: Value = serde_json::from_str(text).ok()?;
        Some(value["stateMachineVersionArn"].as_str()?.to_owned())
    };
    let mut versions = Vec::new();
    for call in calls {
        match call.operation.as_str() {
            "states.CreateStateMachine" | "states.UpdateStateMachine" => {
                versions.extend(arn(&call.answer))
            }
            "states.DeleteStateMachineVersion" => {
                versions.retain(|version| Some(version) != arn(&call.body).as_ref())
            }
            _ => {}
        }
    }
    let item = |arn: &String| json!({ "stateMachineVersionArn": arn, "creationDate": 0 });
    let items: Vec<Value> = versions.iter().rev().map(item).collect();
    Reply::json(200, json!({ "stateMachineVersions": items }).to_string())
}
