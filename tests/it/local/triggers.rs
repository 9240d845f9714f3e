//! Schedules and rules of a stack, from the first deploy to the last destroy.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::deployed;
use crate::shown::assert_shown;
use crate::support::account::Account;
use crate::support::local_server::LocalServer;
use crate::support::project::{Project, task};

const TRIGGERS: &str = r#"
[[triggers]]
name = "nightly"
schedule = "cron(0 3 * * ? *)"
time-zone = "Europe/Berlin"
input = { type = "SETTLE" }
dead-letter-queue = "arn:aws:sqs:us-east-1:000000000000:lost"

[[triggers]]
name = "orders"
event-pattern = { source = ["shop.orders"], detail = { total = [{ numeric = [">", 100] }] } }
input-transformer = { paths = { id = "$.detail.id" }, template = '{"order": <id>}' }
"#;

fn project(triggers: &str) -> Project {
    Project::new("shop")
        .handler("buy")
        .definition(json!({ "StartAt": "Buy", "States": { "Buy": task("buy") } }))
        .settings(triggers)
        .write()
}

fn rewritten(project: Project, triggers: &str) -> Project {
    project.without_tests().settings(triggers).write()
}

/// The changes of a plan: kind, name and what is done.
fn changes(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().unwrap().iter();
    let changes = changes.map(|change| {
        let text = |member: &str| change[member].as_str().unwrap().to_owned();
        format!("{} {} {}", text("change"), text("kind"), text("name"))
    });
    changes.collect()
}

async fn planned(project: &Project, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["plan", "--local", "--json"], arguments].concat();
    changes(&project.alone(&arguments).run().await.succeeded().json())
}

#[tokio::test]
async fn triggers_live_and_die_with_their_stack() {
    let project = project(TRIGGERS);
    let plan = project.alone(&["plan", "--local"]).run().await.succeeded();
    assert_shown!("first_plan_with_triggers", plan.stdout);
    deployed(&project, "dev").await;
    assert_eq!(
        triggers(&project).await,
        [
            "group shop-dev",
            "schedule shop-dev/nightly ENABLED",
            "rule shop-dev.orders ENABLED"
        ]
    );
    assert_eq!(planned(&project, &[]).await, [""; 0]);
    let status = project.alone(&["status", "--local", "--json"]).run().await;
    assert_eq!(status.succeeded().json()["drift"]["resources"], json!([]));

    let other = TRIGGERS
        .replace("cron(0 3", "cron(0 4")
        .replace("100", "200");
    let project = rewritten(project, &other);
    assert_eq!(
        planned(&project, &[]).await,
        ["update schedule nightly", "update rule shop-dev.orders"]
    );
    let status = project
        .alone(&["status", "--local"])
        .run()
        .await
        .succeeded();
    assert_shown!("status_of_changed_triggers", status.stdout);
    deployed(&project, "dev").await;
    assert_eq!(planned(&project, &[]).await, [""; 0]);

    let (first, _) = other.split_once("\n\n").unwrap();
    let project = rewritten(project, first);
    assert_eq!(
        planned(&project, &[]).await,
        ["delete rule shop-dev.orders"]
    );
    deployed(&project, "dev").await;

    // A `deploy.toml` without triggers finds what the former one has left by the role.
    let project = rewritten(project, "");
    assert_eq!(
        planned(&project, &[]).await,
        [
            "delete role shop-dev-triggers",
            "delete schedule group shop-dev",
            "delete schedule nightly"
        ]
    );
    let destroy = project
        .alone(&["destroy", "--local", "--yes", "--json"])
        .run()
        .await;
    let removed = destroy.succeeded().json()["removed"].to_string();
    for kind in ["schedule group", "schedule", "role"] {
        assert!(
            removed.contains(&format!("\"kind\":\"{kind}\"")),
            "{removed}"
        );
    }
    assert_eq!(triggers(&project).await, [""; 0]);
}

/// What starts executions.
async fn triggers(project: &Project) -> Vec<String> {
    let server = LocalServer::start(project.path(), &[]).await;
    Account::at(&server.url).await.triggers().await
}

#[tokio::test]
async fn triggers_of_a_preview_stage_are_made_and_are_off() {
    let project = project(TRIGGERS);
    let deploy = ["deploy", "--local", "--stage", "pr-7"];
    let deploy = project.alone(&deploy).run().await.succeeded();
    deploy.says("the triggers are off, since `pr-7` is a preview stage");
    assert_eq!(
        triggers(&project).await,
        [
            "group shop-pr-7",
            "schedule shop-pr-7/nightly DISABLED",
            "rule shop-pr-7.orders DISABLED"
        ]
    );
    let project = project.top_level("triggers-enabled = true\n").write();
    assert_eq!(
        planned(&project, &["--stage", "pr-7"]).await,
        ["update schedule nightly", "update rule shop-pr-7.orders"]
    );
}

#[tokio::test]
async fn a_stack_without_triggers_asks_for_none() {
    let project = project("");
    let mut server = LocalServer::start(project.path(), &[]).await;
    deployed(&project, "dev").await;
    // Only `destroy` looks for what no role leads to.
    server.signal(Signal::TERM).await;
    let calls = server.calls();
    assert!(
        calls.iter().any(|call| call.contains("states")),
        "{calls:?}"
    );
    let about = |call: &&String| call.contains("scheduler") || call.contains("events:");
    assert_eq!(calls.iter().filter(about).collect::<Vec<_>>(), [""; 0]);
}

const TESTS: &str = r#"
[tests.LARGE]
event = { source = "shop.orders", detail-type = "Order placed", detail = { id = "o-1", total = 101 } }
expect = { output = { handler = "buy" }, path = ["Buy"] }

[tests.NIGHTLY]
trigger = "nightly"
expect = { output = { handler = "buy" } }
"#;

#[tokio::test]
async fn a_test_sends_an_event_and_asserts_what_it_starts() {
    let project = project(&format!("{TRIGGERS}{TESTS}"));
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local", "--json"]).run().await;
    let reports = test.succeeded().json();
    let server = LocalServer::start(project.path(), &[]).await;
    let account = Account::at(&server.url).await;
    for (report, (name, input)) in reports.as_array().unwrap().iter().zip([
        ("LARGE", json!({ "order": "o-1" })),
        ("NIGHTLY", json!({ "type": "SETTLE" })),
    ]) {
        assert_eq!(report["test"], name);
        let arn = report["execution_arn"].as_str().unwrap();
        let found = account
            .states
            .describe_execution()
            .execution_arn(arn)
            .send();
        let found = found.await.unwrap();
        let found: Value = serde_json::from_str(found.input().unwrap()).unwrap();
        assert_eq!(found, input);
    }
}

const WITH_VALUES: &str = r#"
[substitutions]
bus = "default"
source = "shop.orders"
key = "id"
kind = "order"

[[triggers]]
name = "orders"
event-bus = "${bus}"
event-pattern = { source = ["${source}"] }
input-transformer = { paths = { id = "$.detail.${key}" }, template = '{"${kind}": <id>, "region": "${AWS::Region}"}' }

[tests.LARGE]
event = { source = "shop.orders", detail-type = "Order placed", detail = { id = "o-1" }, event-bus = "${bus}" }
expect = { output = { event = { order = "o-1", region = "us-east-1" } } }
"#;

#[tokio::test]
async fn an_event_passes_through_a_trigger_that_names_values() {
    let project = project(WITH_VALUES);
    deployed(&project, "dev").await;
    let test = project.alone(&["test", "--local"]).run().await.succeeded();
    test.says("1 test: 1 passed, 0 failed");
    assert_eq!(planned(&project, &[]).await, [""; 0]);
}

#[tokio::test]
async fn a_test_that_sends_an_event_is_left_out_while_the_triggers_are_off() {
    let project = project(&format!("{TRIGGERS}{TESTS}"));
    deployed(&project, "pr-7").await;
    let on_pr_7 = ["test", "--local", "--stage", "pr-7"];
    let test = project.alone(&on_pr_7).run().await.succeeded();
    test.says("SKIP LARGE (it sends an event, and no trigger is on in this stage)");
    let large = [&on_pr_7[..], &["--type", "LARGE"]].concat();
    let large = project.alone(&large).run().await.exits_with(2);
    large.says("`triggers-enabled = true`");
}

#[tokio::test]
async fn a_schedule_whose_time_has_passed_is_a_warning() {
    let past = "[[triggers]]\nname = \"once\"\nschedule = \"at(2020-01-31T09:00:00)\"\n";
    let validated = project(past).alone(&["validate"]).run().await.succeeded();
    assert_shown!("a_schedule_that_is_past", validated.stderr);
    let future = past.replace("2020", "2190");
    let validated = project(&future)
        .alone(&["validate"])
        .run()
        .await
        .succeeded();
    assert_eq!(validated.stderr, "");
}
