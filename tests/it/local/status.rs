//! `txflow status`: what is live, and what differs from deploy.toml.

use std::fs;

use aws_sdk_sfn::types::RoutingConfigurationListItem;
use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};
use crate::support::pseudo_terminal::PseudoTerminal;
use crate::support::txflow::Outcome;

const FUNCTION: &str = "transactions-dev-purchase-handler";

async fn status(project: &Project) -> Outcome {
    project.alone(&["status", "--local"]).run().await
}

async fn drift(project: &Project) -> Value {
    let status = project.alone(&["status", "--local", "--json"]).run().await;
    status.succeeded().json()["drift"]["resources"].clone()
}

#[tokio::test]
async fn what_was_changed_by_hand_is_told_with_both_sides() {
    let project = Project::transactions().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    let absent = status(&project).await.exits_with(1);
    assert_shown!("not_deployed", absent.stderr);
    deployed(&project, "dev").await;
    let clean = status(&project).await.succeeded();
    assert_shown!("without_drift", clean.stdout);

    let update = account.lambda.update_function_configuration();
    let update = update.function_name(FUNCTION).memory_size(512).timeout(60);
    update.send().await.expect("UpdateFunctionConfiguration");
    let drifted = status(&project).await.succeeded();
    assert_shown!("changed_by_hand", drifted.stdout);
    let drift = drift(&project).await;
    assert_eq!(drift.as_array().map(Vec::len), Some(1), "{drift:#}");

    deployed(&project, "dev").await;
    let clean = status(&project).await.succeeded();
    assert_shown!("corrected", clean.stdout);
}

#[tokio::test]
async fn tables_fit_into_80_columns_of_a_terminal_and_are_whole_elsewhere() {
    let project = Project::transactions().write();
    let _server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local", "--type", "PURCHASE"]);
    test.run().await.succeeded();
    for command in [
        &["status", "--local"][..],
        &["executions", "list", "--local"],
    ] {
        let whole = project.alone(command).run().await.succeeded();
        let widest = |text: &str| text.lines().map(|line| line.chars().count()).max();
        assert!(widest(&whole.stdout) > Some(80), "{whole:?}");
        assert!(!whole.stdout.contains('…'), "{whole:?}");

        let terminal = PseudoTerminal::of_width(80);
        let txflow = project
            .alone(command)
            .env("TERM", "xterm")
            .env("LANG", "C.UTF-8");
        let narrow = txflow
            .env("NO_COLOR", "1")
            .run_on(terminal)
            .await
            .succeeded();
        let text = narrow.stdout.replace('\r', "");
        assert!(text.contains('…'), "{text}");
        for line in text.lines().filter(|line| !line.contains("arn:")) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

#[tokio::test]
async fn an_alias_that_was_rolled_back_or_moved_by_hand_is_told() {
    let project = Project::transactions().write();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    deployed(&project, "dev").await;
    let project = project.change_handler("purchase-handler");
    let live = deployed(&project, "dev").await;
    let rollback = project.alone(&["rollback", "--local"]).run().await;
    rollback.succeeded();
    let rolled_back = status(&project).await.succeeded();
    assert_shown!("rolled_back", rolled_back.stdout);

    let state_machine = live["state_machine_arn"].as_str().expect("an ARN");
    let second = RoutingConfigurationListItem::builder()
        .state_machine_version_arn(format!("{state_machine}:2"))
        .weight(100)
        .build();
    let update = account.states.update_state_machine_alias();
    let update = update.state_machine_alias_arn(live["alias_arn"].as_str().expect("an ARN"));
    let update = update.routing_configuration(second.expect("a routing"));
    update.send().await.expect("UpdateStateMachineAlias");
    let moved = status(&project).await.succeeded();
    assert_shown!("alias_moved_by_hand", moved.stdout);
}

#[tokio::test]
async fn status_and_plan_agree_after_a_deploy_and_after_a_rollback() {
    let project = Project::transactions().top_level("keep-versions = 1\n");
    let project = project.write();
    let _server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    let project = project.change_handler("purchase-handler");
    deployed(&project, "dev").await;
    let plan = async || {
        let plan = project.alone(&["plan", "--local", "--exit-code"]);
        plan.run().await
    };
    plan().await.succeeded();
    assert_eq!(drift(&project).await, json!([]));

    let rollback = project.alone(&["rollback", "--local"]).run().await;
    rollback.succeeded();
    plan().await.exits_with(4);
    assert_eq!(
        drift(&project).await,
        json!([{
            "kind": "alias",
            "name": "transactions-dev:live",
            "differences": [{ "difference": "rolled-back", "from": 2, "to": 1 }],
        }])
    );
    deployed(&project, "dev").await;
    plan().await.succeeded();
    assert_eq!(drift(&project).await, json!([]));
}

#[tokio::test]
async fn what_is_not_deployed_yet_differs_and_an_unset_secret_is_not_compared() {
    let secret = "environment = { TOKEN = { env = \"TOKEN\", secret = true }, LEVEL = \"info\" }";
    let project = Project::transactions();
    let project = project
        .function_settings("purchase-handler", secret)
        .write();
    let _server = LocalServer::start(project.path(), &[]).await;
    let deploy = project
        .alone(&["deploy", "--local"])
        .env("TOKEN", "hunter2");
    deploy.run().await.succeeded();
    let clean = status(&project).await.succeeded();
    assert_shown!("with_an_unset_secret", clean.stdout);
    let other = project
        .alone(&["status", "--local"])
        .env("TOKEN", "swordfish");
    let other = other.run().await.succeeded();
    assert_shown!("with_another_secret", other.stdout);

    let definition = project.path().join("definition.asl.json");
    let text = fs::read_to_string(&definition).expect("read the definition");
    let text = text.replace("no such type", "unknown type");
    fs::write(&definition, text).expect("write the definition");
    let deploy_toml = project.path().join("deploy.toml");
    let text = fs::read_to_string(&deploy_toml).expect("read deploy.toml");
    let text = text.replace("LEVEL = \"info\"", "LEVEL = \"debug\"");
    fs::write(&deploy_toml, text).expect("write deploy.toml");
    let edited = status(&project).await.succeeded();
    assert_shown!("not_deployed_yet", edited.stdout);
}

#[tokio::test]
async fn a_function_is_made_with_all_its_settings() {
    let settings = include_str!("../fixtures/every_function_key.toml");
    let definition = json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } });
    let project = Project::new("shop").handler("buy").definition(definition);
    let project = project.function_settings("buy", settings).write();
    let _server = LocalServer::start(project.path(), &[]).await;
    let plan = project.alone(&["plan", "--local", "--exit-code"]);
    let plan = plan.run().await.exits_with(4);
    let of_function = plan
        .stdout
        .split("\n\n")
        .find(|change| change.starts_with("+ function"));
    assert_shown!("plan_of_all_settings", of_function.unwrap_or_default());
    let deploy = project.alone(&["deploy", "--local"]);
    deploy.run().await.succeeded();
    let plan = project.alone(&["plan", "--local", "--exit-code"]);
    plan.run().await.exits_with(0);
    let destroy = project.alone(&["destroy", "--local", "--yes"]);
    destroy.run().await.succeeded();
}
