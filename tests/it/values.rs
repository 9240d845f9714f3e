//! `[substitutions]` through the binary: typed in what is deployed, hidden if they are secret, and needed only by what
//! writes.

use std::fs;

use serde_json::json;

use crate::support::project::{Project, task};
use crate::support::txflow::Outcome;

const SECRET: &str = "s3cret-t0pic";

fn project() -> Project {
    let definition = json!({
        "StartAt": "Wait",
        "States": {
            "Wait": { "Type": "Wait", "Seconds": "${seconds}", "Next": "Name" },
            "Name": {
                "Type": "Pass",
                "Parameters": { "table": "${orders-table}", "on": "${on}", "text": "${!on}", "topic": "${topic}", "at ${seconds}": { "${on}.$": "$$.StateMachine.Name" } },
                "ResultPath": "$.named",
                "Next": "Buy"
            },
            "Buy": task("buy"),
        }
    });
    let settings = r#"
[substitutions]
orders-table = "orders-${AWS::Region}"
seconds = 0
on = true
topic = { env = "SHOP_TOPIC" }
token = { env = "SHOP_TOKEN", secret = true }

[functions.buy.environment]
TOKEN = "${token}"

[stages.prod.substitutions]
orders-table = "orders"

[tests.GOOD]
input = "input.json"
expect = { output = { event = { named = { on = true, text = "${on}", "at 0" = { true = "shop-dev" } } } } }
"#;
    let project = Project::new("shop").handler("buy").definition(definition);
    let project = project.settings(settings).write();
    // As an editor on Windows writes it.
    fs::write(project.path().join("input.json"), "\u{feff}{}").unwrap();
    project
}

async fn run(project: &Project, arguments: &[&str]) -> Outcome {
    let outcome = project
        .alone(arguments)
        .env("SHOP_TOPIC", "shop-topic")
        .env("SHOP_TOKEN", SECRET)
        .run()
        .await;
    assert!(!outcome.stdout.contains(SECRET), "{outcome:#?}");
    assert!(!outcome.stderr.contains(SECRET), "{outcome:#?}");
    outcome
}

#[tokio::test]
async fn values_are_deployed_with_their_types_and_secrets_are_not_shown() {
    let project = project();
    run(&project, &["plan", "--local"]).await.succeeded();
    run(&project, &["deploy", "--local"]).await.succeeded();
    let passed = run(&project, &["test", "--local", "-v"]).await.succeeded();
    passed
        .says(r#""table": "orders-us-east-1""#)
        .says(r#""on": true"#)
        .says(r#""text": "${on}""#)
        .says(r#""topic": "shop-topic""#);

    // The definition in AWS is the one of the files, with and without the variable.
    let status = run(&project, &["status", "--local"]).await.succeeded();
    status.says("No drift");
    let unset = project.alone(&["status", "--local"]).run().await;
    unset.succeeded().says("No drift");

    // A change around the secret shows the rest.
    let toml = fs::read_to_string(project.path().join("deploy.toml")).unwrap();
    let toml = toml.replace("orders-${AWS::Region}", "other");
    fs::write(project.path().join("deploy.toml"), toml).unwrap();
    let plan = run(&project, &["plan", "--local"]).await.succeeded();
    assert!(plan.stdout.contains("other"), "{plan:#?}");
}

#[tokio::test]
async fn only_what_writes_needs_the_variables_of_values() {
    let project = project();
    let valid = project.alone(&["validate"]).run().await.succeeded();
    valid
        .says("warning[unset-environment]")
        .says("a deploy needs `SHOP_TOPIC`");
    for command in [&["plan", "--local"][..], &["deploy", "--local"]] {
        let refused = project.alone(command).run().await.exits_with(2);
        refused
            .says("error[unset-environment]")
            .says("for `--local` any value does");
    }
}

#[tokio::test]
async fn an_input_with_a_comment_is_refused_with_its_place() {
    let project = project();
    run(&project, &["deploy", "--local"]).await.succeeded();
    let input = project.path().join("commented.json");
    fs::write(&input, "{\n  // why\n}").unwrap();
    let input = input.to_str().unwrap();
    let refused = run(&project, &["test", "--local", "--input", input]).await;
    refused
        .exits_with(2)
        .says("JSON has no comments at line 2 column 3");
    fs::write(input, "\u{feff}{ \"a\": 1 }").unwrap();
    run(&project, &["test", "--local", "--input", input])
        .await
        .succeeded();
}

#[tokio::test]
async fn no_policy_is_printed_with_a_placeholder_in_it() {
    let settings = "[substitutions]\nbucket = { env = \"BUCKET\" }\n\
        [[functions.purchase-handler.statements]]\nactions = [\"s3:GetObject\"]\n\
        resources = [\"arn:aws:s3:::${bucket}/*\"]\n";
    let project = Project::transactions().without_tests().settings(settings);
    let project = project.write();
    for policy in [
        &["policy", "--role", "purchase-handler"][..],
        &["policy", "--boundary"],
    ] {
        let refused = project.alone(policy).run().await.exits_with(2);
        assert_eq!(refused.stdout, "");
        refused
            .says("needs a variable of the environment that is not set")
            .says("hint: set it");
        let set = project.alone(policy).env("BUCKET", "orders").run().await;
        assert!(set.succeeded().stdout.contains("arn:aws:s3:::orders/*"));
    }
}
