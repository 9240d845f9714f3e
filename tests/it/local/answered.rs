//! A test that answers the tasks that wait for their token.

use serde_json::{Value, json};

use super::deployed;
use crate::support::project::{Project, task};

const LOCAL: &str = r#"
[local.queues.asked]
"#;

/// Two questions are open at once, and each of them is asked again if the first answer is a failure.
const TESTS: &str = r#"
[tests.APPROVED]
input = { items = [1, 2] }
answer.Ask = [{ error = "Busy" }, { error = "Busy" }, { output = { approved = true } }]

[tests.APPROVED.expect]
output = [{ approved = true }, { approved = true }]
retries = { Ask = 2 }
messages = [{ queue = "asked", count = 4 }]

[tests.REFUSED]
input = { items = [1] }
answer.Ask = { error = "Refused", cause = "too dear" }
expect = { status = "FAILED", error = "Refused", cause = "too dear" }
"#;

fn ask() -> Value {
    json!({
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/asked",
            "MessageBody": { "item.$": "$", "token.$": "$$.Task.Token" }
        },
        "Retry": [{ "ErrorEquals": ["Busy"], "MaxAttempts": 1, "IntervalSeconds": 1 }],
        "End": true
    })
}

fn project(tests: &str) -> Project {
    let mut buy = task("buy");
    buy["Next"] = "Each".into();
    if let Some(buy) = buy.as_object_mut() {
        buy.remove("End");
    }
    let each = json!({
        "Type": "Map",
        "ItemsPath": "$.event.items",
        "ItemProcessor": { "StartAt": "Ask", "States": { "Ask": ask() } },
        "End": true
    });
    Project::new("shop")
        .handler("buy")
        .definition(json!({ "StartAt": "Buy", "States": { "Buy": buy, "Each": each } }))
        .settings(&format!("{LOCAL}{tests}"))
        .write()
}

#[tokio::test]
async fn each_task_that_waits_is_answered_also_again_and_again() {
    let project = project(TESTS);
    deployed(&project, "dev").await;
    let approved = ["test", "--local", "--type", "APPROVED"];
    project.alone(&approved).run().await.succeeded();
    let refused = ["test", "--local", "--type", "REFUSED"];
    project.alone(&refused).run().await.succeeded();
    let repeated = [&refused[..], &["--repeat", "2"]].concat();
    project.alone(&repeated).run().await.succeeded();
}
