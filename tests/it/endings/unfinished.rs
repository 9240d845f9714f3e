//! What `status` says of a stack whose first deploy was not finished.

use serde_json::json;

use super::{Local, Said};
use crate::shown::assert_shown;
use crate::support::project::Project;
use crate::support::wire::{Act, Rule};

#[tokio::test]
async fn a_half_made_stack_is_told_from_one_that_is_not_deployed() {
    let local = Local::new(Project::transactions()).await;
    let nothing = local.txflow(&["status"]).run().await.exits_with(1);
    assert_shown!("not_deployed", nothing.stderr);

    let denied = Act::Error(403, "AccessDeniedException", "the test says no");
    let creation = Rule::on("states.CreateStateMachine", denied);
    local.wire.rule(creation.always());
    local.txflow(&["deploy"]).run().await.exits_with(1);

    let status = local.txflow(&["status"]).run().await.exits_with(1);
    assert_shown!("unfinished", status.stdout);
    assert_shown!("unfinished_error", status.stderr);

    let status = local.txflow(&["status", "--json"]).run().await;
    let status = status.exits_with(1).json();
    assert_eq!(status["unfinished"], true);
    let resources = status["resources"].as_array().expect("a list");
    assert_eq!(resources.len(), 7, "{status:#}");
    let function = json!({ "kind": "function", "name": "transactions-dev-purchase-handler" });
    assert!(resources.contains(&function), "{status:#}");

    for command in ["rollback", "test"] {
        let told = local.txflow(&[command]).run().await.exits_with(1);
        told.says("is unfinished: it has no release");
    }

    local.wire.clear();
    local.txflow(&["destroy", "--yes"]).run().await.succeeded();
    let nothing = local.txflow(&["status"]).run().await.exits_with(1);
    assert_shown!("not_deployed", nothing.stderr);
}

#[tokio::test]
async fn logs_of_a_stage_that_is_not_deployed_are_none_to_wait_for() {
    let local = Local::new(Project::transactions()).await;
    let logs = local.txflow(&["logs"]).run().await.exits_with(1);
    assert_shown!("no_logs_yet", logs.stderr);

    let mut child = local.txflow(&["logs", "--follow"]).start_piped();
    let mut said = Said::by(&mut child);
    said.until("is not deployed; waiting for it").await;
    child.kill().await.expect("it can be ended");

    local.txflow(&["deploy"]).run().await.succeeded();
    let logs = local.txflow(&["logs"]).run().await.succeeded();
    assert_shown!("no_lines", logs.stderr);
}
