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

/// What another stage has made, and what was there before, is not the stage's own.
#[tokio::test]
async fn a_destroy_removes_what_its_own_stage_has_made() {
    let project = project("orders");
    let write = |queues: &str| {
        let path = project.path().join("deploy.toml");
        let toml = fs::read_to_string(&path).expect("a file");
        let (own, rest) = toml.split_once("[local.").expect("`[local]`");
        let tests = rest.split_once("[tests.").expect("a test").1;
        fs::write(&path, format!("{own}{queues}[tests.{tests}")).expect("a file");
    };
    write("[local.queues.work]\n");
    let stage = |command: &[&'static str]| {
        let stage = [command, &["--local", "--stage", "other", "--json"]].concat();
        project.alone(&stage).run()
    };
    project
        .alone(&["deploy", "--local"])
        .run()
        .await
        .succeeded();
    stage(&["deploy"]).await.succeeded();
    for _ in 0..2 {
        let removed = stage(&["destroy", "--yes"]).await.succeeded().json();
        let removed = removed["removed"].as_array().expect("a list").clone();
        let mut kinds = removed.iter().map(|one| &one["kind"]);
        assert!(!kinds.any(|kind| kind == "queue"), "{removed:?}");
    }
    let destroy = project.alone(&["destroy", "--local", "--yes", "--json"]);
    let removed = destroy.run().await.succeeded().json();
    let queue = json!({ "kind": "queue", "name": "work" });
    let all = removed["removed"].as_array().expect("a list");
    assert!(all.contains(&queue), "{removed}");
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
