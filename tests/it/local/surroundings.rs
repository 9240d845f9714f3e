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

#[tokio::test]
async fn a_local_value_that_is_not_set_is_asked_for_by_a_local_deploy_only() {
    let project = project("orders");
    project.alone(&["validate"]).run().await.succeeded();
    let refused = project.alone(&["deploy", "--local"]).run().await;
    refused
        .exits_with(1)
        .says("the secret `db` of `[local]` comes from the environment variable `DB_PASSWORD`, which is not set");
}
