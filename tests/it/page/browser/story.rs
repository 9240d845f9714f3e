//! What the page is for.

use serde_json::{Value, json};

use super::Opened;
use super::views::{lived_in, started};
use crate::support::project::{Project, task};

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn a_failure_is_seen_explained_run_again_and_kept_as_a_test() {
    let mut prepare: Value = json!({ "Type": "Pass", "Next": "Buy" });
    prepare["Comment"] = json!("Whatever comes before does not run again.");
    let project = Project::new("shop")
        .handler("buy")
        .definition(
            json!({ "StartAt": "Prepare", "States": { "Prepare": prepare, "Buy": task("buy") } }),
        )
        .write();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let opened = Opened::open(&project).await;
    opened.drive("story", json!({})).await;
}

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn a_task_is_answered_and_messages_and_events_are_sent_by_hand() {
    let project = lived_in().await;
    let opened = Opened::open(&project).await;
    started(&project).await;
    let waiting = "/dev/executions/orders-dev/order-1043";
    opened
        .drive("answered", json!({ "waiting": waiting }))
        .await;
}

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn many_windows_hear_of_changes_and_of_the_end_of_the_server() {
    let project = Project::new("orders")
        .handler("charge")
        .definition(json!({ "StartAt": "Hold", "States": {
            "Hold": { "Type": "Wait", "Seconds": 3600, "End": true },
        } }))
        .write();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let opened = Opened::open(&project).await;
    opened.drive("lost", json!({})).await;
}
