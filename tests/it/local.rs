//! The commands with `--local`: no account, no Docker, nothing but this machine.

mod answered;
mod broken_file;
mod coverage;
mod damaged;
#[cfg(target_os = "linux")]
mod ending;
mod executions;
mod expected;
mod explained;
mod explored;
mod family;
mod fresh_release;
#[cfg(target_os = "linux")]
mod handlers;
mod large;
mod layers;
mod load;
mod logs;
mod mocks;
mod private;
mod replayed;
mod role_again;
mod role_without_policy;
mod serving;
mod started;
mod started_calls;
mod status;
mod surroundings;
mod together;
mod tried;
mod triggers;
mod watching;

use serde_json::{Value, json};

use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};

#[tokio::test]
async fn a_stack_from_its_first_deploy_to_its_end() {
    let project = Project::transactions().write();
    let run = async |arguments: &[&str]| project.alone(arguments).run().await;
    let plan = run(&["plan", "--local", "--exit-code"]).await;
    assert_shown!("first_plan", plan.exits_with(4).stdout);
    let deploy = run(&["deploy", "--local"]).await.succeeded();
    assert_shown!("first_deploy", deploy.stdout);
    let test = run(&["test", "--local"]).await.succeeded();
    assert_shown!("test", test.stdout);
    let deploy = run(&["deploy", "--local"]).await.succeeded();
    assert_shown!("deploy_without_a_change", deploy.stdout);
    let plan = run(&["plan", "--local", "--exit-code"]).await.succeeded();
    assert_shown!("plan_without_a_change", plan.stdout);

    let project = project.change_handler("purchase-handler");
    let live = deployed(&project, "dev").await;
    assert_eq!(live["release"], 2);
    assert_eq!(
        live["published"],
        json!({ "transactions-dev-purchase-handler": "2" })
    );
    assert_eq!(revision(&project, "dev", "PURCHASE").await, 2);
    assert_eq!(revision(&project, "dev", "REFUND").await, 1);

    let rollback = project.alone(&["rollback", "--local"]).run().await;
    assert_shown!("rollback", rollback.succeeded().stdout);
    assert_eq!(revision(&project, "dev", "PURCHASE").await, 1);

    let only = json!({ "StartAt": "Purchase", "States": { "Purchase": task("purchase-handler") } });
    let project = project
        .without_tests()
        .settings("[tests.ANY]\ninput = {}\nexpect.path = [\"Purchase\"]\n")
        .definition(only)
        .write();
    let live = deployed(&project, "dev").await;
    assert_eq!(live["release"], 3);
    assert_eq!(live["published"], json!({}));
    assert_eq!(revision(&project, "dev", "ANY").await, 2);

    let destroy = project.alone(&["destroy", "--local", "--yes"]).run().await;
    assert_shown!("destroy", destroy.succeeded().stdout);
    let server = LocalServer::start(project.path(), &[]).await;
    let left = Account::at(&server.url).await.snapshot().await;
    assert!(left.is_empty(), "{left:?}");
    let test = project.alone(&["test", "--local"]).run().await;
    assert_shown!("test_without_a_deploy", test.exits_with(1).stderr);
}

#[tokio::test]
async fn two_stages_live_side_by_side() {
    let project = Project::transactions().write();
    deployed(&project, "dev").await;
    let project = project.change_handler("purchase-handler");
    let deploy = project.alone(&["deploy", "--local", "--stage", "prod"]);
    let deploy = deploy.run().await.succeeded();
    assert_shown!("deploy_of_another_stage", deploy.stdout);
    assert_eq!(revision(&project, "dev", "PURCHASE").await, 1);
    assert_eq!(revision(&project, "prod", "PURCHASE").await, 2);

    let destroy = project.alone(&["destroy", "--local", "--yes"]).run().await;
    destroy.succeeded();
    assert_eq!(revision(&project, "prod", "PURCHASE").await, 2);
}

#[tokio::test]
async fn an_express_workflow_is_run_and_answers() {
    let express = r#"
[state-machine]
type = "EXPRESS"

[tests.PURCHASE]
input = { type = "PURCHASE" }
expect = { output = { handler = "purchase-handler" } }

[tests.UNKNOWN]
input = { type = "GIFT" }
expect = { status = "FAILED", error = "UnknownType" }
"#;
    let project = Project::transactions().without_tests().settings(express);
    let project = project.write();
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await;
    assert_shown!("test_of_an_express_workflow", test.succeeded().stdout);
}

/// Deploys, and gives what is live then.
async fn deployed(project: &Project, stage: &str) -> Value {
    let deploy = project.alone(&["deploy", "--local", "--json", "--stage", stage]);
    deploy.run().await.succeeded().json()
}

/// The revision of the handler that answered a test, which passes.
async fn revision(project: &Project, stage: &str, test: &str) -> Value {
    let test = [
        "test", "--local", "--json", "--stage", stage, "--type", test,
    ];
    let report = project.alone(&test).run().await.succeeded().json();
    report[0]["output"]["revision"].clone()
}
