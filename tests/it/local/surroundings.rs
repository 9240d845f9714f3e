//! What a stack expects to exist: made with it, kept, removed with it.

use std::fs;

use serde_json::json;

use crate::support::project::Project;

const LOCAL: &str = r#"
[substitutions]
orders-table = "arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders"

[local.tables."${orders-table}"]
partition-key = "id"
seed = "orders.json"

[local.queues.work]
visibility-timeout = 5

[local.topics.placed]
subscriptions = [{ to = "queue:work", raw = true }]

[local.buckets.fixtures-of-the-shop]
folder = "fixtures"

[local.secrets]
db.env = "DB_PASSWORD"

[local.parameters]
"/shop/limit" = "10"

[local.buses.shop]

[tests.READ]
input = { id = "a" }
expect = { output = { Item = { total = { N = "1" } } } }
"#;

fn project(read: &str) -> Project {
    let project = Project::new("shop")
        .definition(json!({ "StartAt": "Read", "States": { "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:getItem",
            "Parameters": { "TableName": read, "Key": { "id": { "S.$": "$.id" } } },
            "End": true
        } } }))
        .settings(LOCAL)
        .write();
    let write = |name: &str, text: &str| {
        let path = project.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("orders.json", r#"[{ "id": "a", "total": 1 }]"#);
    write("fixtures/in/a.csv", "id\n1\n");
    project
}

#[tokio::test]
async fn what_the_stack_expects_is_made_once_and_removed_with_it() {
    let project = project("${orders-table}");
    let deploy = || {
        project
            .alone(&["deploy", "--local", "--test"])
            .env("DB_PASSWORD", "hunter2hunter2")
    };
    let first = deploy().run().await.succeeded();
    let new = "new in the local AWS: table `orders` with 1 item, queue `work`, topic `placed`, \
               bucket `fixtures-of-the-shop` with 1 object, secret `db`, parameter `/shop/limit`, event bus `shop`";
    assert!(first.stderr.contains(new), "{}", first.stderr);
    assert!(!first.stderr.contains("hunter2"), "{}", first.stderr);
    let again = deploy().run().await.succeeded();
    assert!(
        !again.stderr.contains("new in the local AWS"),
        "{}",
        again.stderr
    );
    let destroy = || project.alone(&["destroy", "--local", "--yes", "--json"]);
    let removed = destroy().run().await.succeeded().json();
    for (kind, name) in [("table", "orders"), ("queue", "work"), ("secret", "db")] {
        let one = json!({ "kind": kind, "name": name });
        let all = removed["removed"].as_array().expect("a list");
        assert!(all.contains(&one), "{removed}");
    }
    let nothing = destroy().run().await.succeeded().json();
    assert_eq!(nothing["removed"], json!([]));
}

/// The project with one queue instead of all else.
fn with_a_queue() -> Project {
    let project = project("orders");
    let path = project.path().join("deploy.toml");
    let toml = fs::read_to_string(&path).expect("a file");
    let (own, rest) = toml.split_once("[local.").expect("`[local]`");
    let tests = rest.split_once("[tests.").expect("a test").1;
    let toml = format!("{own}[local.queues.work]\n[tests.{tests}");
    fs::write(&path, toml).expect("a file");
    project
}

/// Whether the destroy of a stage removes the queue.
async fn destroy_removes_the_queue(project: &Project, stage: &'static str) -> bool {
    let destroy = ["destroy", "--local", "--yes", "--json", "--stage", stage];
    let destroyed = project.alone(&destroy).run().await.succeeded();
    let removed = destroyed.json();
    let queue = json!({ "kind": "queue", "name": "work" });
    let is_removed = removed["removed"]
        .as_array()
        .expect("a list")
        .contains(&queue);
    let stays = "the queue `work` stays in the local AWS, since stage";
    assert!(
        !is_removed || !destroyed.stderr.contains(stays),
        "{}",
        destroyed.stderr
    );
    is_removed
}

/// What several stages use goes with the last of them.
#[tokio::test]
async fn a_destroy_leaves_what_another_stage_uses() {
    let project = with_a_queue();
    let deploy = async |stage| {
        let deploy = ["deploy", "--local", "--stage", stage];
        project.alone(&deploy).run().await.succeeded();
    };
    // Whoever has made it.
    for [first, second] in [["dev", "other"], ["other", "dev"]] {
        deploy("dev").await;
        deploy("other").await;
        assert!(!destroy_removes_the_queue(&project, first).await);
        // Again, since it may have been interrupted.
        assert!(!destroy_removes_the_queue(&project, first).await);
        assert!(destroy_removes_the_queue(&project, second).await);
    }
}

#[tokio::test]
async fn two_stages_deployed_at_once_share_what_both_need() {
    let project = project("${orders-table}");
    let deploy = |stage| {
        let deploy = ["deploy", "--local", "--test", "--stage", stage];
        let deploy = project.alone(&deploy).env("DB_PASSWORD", "hunter2hunter2");
        deploy.run()
    };
    let (dev, other) = tokio::join!(deploy("dev"), deploy("other"));
    dev.succeeded();
    other.succeeded();
    assert!(!destroy_removes_the_queue(&project, "dev").await);
    deploy("other").await.succeeded();
    assert!(destroy_removes_the_queue(&project, "other").await);
}

#[tokio::test]
async fn a_local_value_that_is_not_set_is_asked_for_by_a_local_deploy_only() {
    let project = project("orders");
    project.alone(&["validate"]).run().await.succeeded();
    let refused = project.alone(&["deploy", "--local"]).run().await;
    refused
        .exits_with(1)
        .says("the secret `db` of `[local]` comes from the environment variable `DB_PASSWORD`, which is not set");
}

/// Each thing that a deploy makes before something fails is told, and goes with the others.
#[tokio::test]
async fn a_deploy_that_fails_tells_what_it_has_made() {
    let project = project("orders");
    let write = |settings: &str| {
        let path = project.path().join("deploy.toml");
        let toml = fs::read_to_string(&path).expect("a file");
        let (own, _) = toml.split_once("[local.").expect("`[local]`");
        fs::write(&path, format!("{own}{settings}")).expect("a file");
    };
    write("[local.queues.work]\n[local.queues.later]\n[local.secrets]\ndb.env = \"DB_PASSWORD\"\n");
    let failed = project.alone(&["deploy", "--local"]).run().await;
    let told = "new in the local AWS: queue `work`, queue `later`";
    assert!(failed.stderr.contains(told), "{}", failed.stderr);
    failed.exits_with(1);
    // Under another name from now on.
    write("[local.queues.work]\n[local.queues.soon]\n");
    let renamed = project
        .alone(&["deploy", "--local"])
        .run()
        .await
        .succeeded();
    for told in [
        "new in the local AWS: queue `soon`",
        "the queue `later` is no longer in `[local]` and was removed",
    ] {
        assert!(renamed.stderr.contains(told), "{}", renamed.stderr);
    }
    // Also what is no longer named by then.
    write("[local.queues.soon]\n");
    let destroyed = project
        .alone(&["destroy", "--local", "--yes", "--json"])
        .run()
        .await;
    let removed = destroyed.succeeded().json();
    for name in ["work", "soon"] {
        let one = json!({ "kind": "queue", "name": name });
        let all = removed["removed"].as_array().expect("a list");
        assert!(all.contains(&one), "{removed}");
    }
}

/// An emulator that gives one answer to all requests.
fn emulator(body: &'static str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let size = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n{body}"
            );
        }
    });
    url
}

#[tokio::test]
async fn a_service_is_sent_elsewhere_by_an_option() {
    let project = Project::new("shop")
        .definition(json!({ "StartAt": "Read", "States": { "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:glue:getDatabase",
            "Parameters": { "Name": "db" },
            "End": true
        } } }))
        .settings("[tests.READ]\ninput = {}\nexpect = { status = \"SUCCEEDED\", output = { Database = { Name = \"db\" } } }\n")
        .write();
    let upstream = format!("glue={}", emulator("{\"Database\": {\"Name\": \"db\"}}"));
    let deploy = ["deploy", "--local", "--test", "--upstream", &upstream];
    project.alone(&deploy).run().await.succeeded();
    let without = project.alone(&["test", "--local"]).run().await;
    without.exits_with(3);
    let start = ["start", "--local", "--upstream", &upstream];
    project.alone(&start).run().await.succeeded();
    let misused = project
        .alone(&["start", "--upstream", &upstream])
        .run()
        .await;
    misused.exits_with(2).says("--local");
}
