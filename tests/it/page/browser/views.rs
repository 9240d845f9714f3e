//! Every page: for those who see little, use the keyboard, a phone or a large screen, or no script.

use serde_json::{Value, json};

use super::Opened;
use crate::support::project::{Project, repository, task};

/// Something of all that pages show: what a shop does with an order.
fn orders() -> Project {
    let next = |mut state: Value, next: &str| {
        let fields = state.as_object_mut().expect("a state");
        fields.remove("End");
        fields.insert("Next".to_owned(), json!(next));
        state
    };
    let ask = json!({
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {
            "QueueUrl": "https://sqs.${AWS::Region}.amazonaws.com/${AWS::AccountId}/approvals",
            "MessageBody": { "token.$": "$$.Task.Token", "order.$": "$" }
        },
        "ResultPath": "$.approval",
        "Next": "Charge"
    });
    let mut charge = next(task("charge"), "Prepare");
    charge["ResultPath"] = json!("$.charge");
    charge["ResultSelector"] = json!({ "by.$": "$.Payload.handler" });
    charge
        .as_object_mut()
        .expect("a state")
        .remove("OutputPath");
    charge["Retry"] = json!([{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 2 }]);
    charge["Catch"] =
        json!([{ "ErrorEquals": ["Declined"], "ResultPath": "$.error", "Next": "Cancel" }]);
    let branch = |name: &str, state: Value| json!({ "StartAt": name, "States": { name: state } });
    let put = json!({
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::dynamodb:putItem",
        "Parameters": { "TableName": "orders", "Item": { "id": { "S.$": "$.id" }, "state": { "S": "SHIPPED" } } },
        "End": true
    });
    Project::new("orders")
        .handler("charge")
        .handler("pack")
        .definition(json!({
            "Comment": "Charges, packs and announces what was ordered.",
            "StartAt": "Needs Approval",
            "States": {
                "Needs Approval": {
                    "Type": "Choice",
                    "Choices": [{ "Variable": "$.total", "NumericGreaterThan": 500, "Next": "Ask Somebody" }],
                    "Default": "Charge"
                },
                "Ask Somebody": ask,
                "Charge": charge,
                "Prepare": {
                    "Type": "Parallel",
                    "Branches": [branch("Pack", task("pack")), branch("Store Order", put)],
                    "ResultPath": "$.prepared",
                    "Next": "Announce"
                },
                "Announce": {
                    "Type": "Task",
                    "Resource": "arn:${AWS::Partition}:states:::sns:publish",
                    "Parameters": {
                        "TopicArn": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:shipped",
                        "Message.$": "$.id"
                    },
                    "ResultPath": null,
                    "End": true
                },
                "Cancel": { "Type": "Fail", "Error": "Cancelled", "Cause": "the card was declined" }
            }
        }))
        .settings(
            "[tests.SHIPPED]\ninput = { id = \"o-1\", total = 20 }\n\
             expect = { status = \"SUCCEEDED\", path = [\"Needs Approval\", \"Charge\", \"Prepare\", \"Announce\"] }\n\n\
             [tests.REFUSED]\ninput = { id = \"o-2\", total = 20, fail = true }\n\
             expect = { status = \"SUCCEEDED\", output = { id = \"o-2\" } }\n\n\
             [[triggers]]\nname = \"order-placed\"\nevent-pattern = { source = [\"shop\"] }\n\n\
             [[triggers]]\nname = \"nightly\"\nschedule = \"rate(1 day)\"\nenabled = false\n\n\
             [local.queues.approvals]\n\n[local.queues.parcels]\n\n\
             [local.topics.shipped]\nsubscriptions = [\"queue:parcels\"]\n\n\
             [local.tables.orders]\npartition-key = \"id\"\nseed = \"orders.json\"\n\n\
             [local.buckets.labels]\nfolder = \"labels\"\n\n[local.secrets.card-service]\nvalue = \"a-secret-value\"\n\n\
             [local.parameters.greeting]\nvalue = \"Thank you for your order\"\n",
        )
}

/// Two releases, executions that succeeded and failed, and a test run.
pub(super) async fn lived_in() -> Project {
    let project = orders();
    let file = |name: &str, text: &str| {
        let path = project.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("create the folder");
        std::fs::write(path, text).expect("write the file");
    };
    let seed = json!([
        { "id": "o-0", "total": 12.5, "state": "SHIPPED", "lines": [{ "sku": "cup", "quantity": 2 }] },
        { "id": "o-00", "total": 740, "state": "WAITS" },
    ]);
    file("orders.json", &seed.to_string());
    file("labels/o-0.txt", "To: Ada Lovelace\nParcel: o-0\n");
    let project = project.write();
    let run = async |project: &Project, words: &[&str]| project.alone(words).run().await;
    run(&project, &["deploy", "--local"]).await.succeeded();
    let project = project.change_handler("pack");
    run(&project, &["deploy", "--local"]).await.succeeded();
    run(&project, &["test", "--local", "--coverage"])
        .await
        .exits_with(3);
    project
}

/// Executions that are not those of tests: one waits for somebody.
pub(super) async fn started(project: &Project) {
    for (name, input, code) in [
        ("order-1041", json!({ "id": "o-1041", "total": 31.5 }), 0),
        (
            "order-1042",
            json!({ "id": "o-1042", "total": 12, "fail": true }),
            1,
        ),
    ] {
        let input = input.to_string();
        let start = [
            "start", "--local", "--wait", "--name", name, "--input", &input,
        ];
        project.alone(&start).run().await.exits_with(code);
    }
    let input = json!({ "id": "o-1043", "total": 900 }).to_string();
    let start = [
        "start",
        "--local",
        "--name",
        "order-1043",
        "--input",
        &input,
    ];
    project.alone(&start).run().await.succeeded();
}

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn every_page_is_accessible_fits_and_is_read_without_a_script() {
    let project = lived_in().await;
    let opened = Opened::open(&project).await;
    started(&project).await;
    let parts = [
        "/dev/executions",
        "/dev/executions/orders-dev/order-1043",
        "/dev/workflow",
        "/dev/releases/1/2",
        "/dev/tests",
        "/dev/services",
        "/dev/services/tables/orders",
        "/dev/services/queues/approvals",
        "/dev/services/topics/shipped",
        "/dev/services/buckets/labels",
        "/dev/services/buckets/labels/o-0.txt",
        "/dev/services/buses/default",
    ];
    opened.drive("accessible", json!({ "parts": parts })).await;
}

/// Each kind of order has a state of its own.
fn wide() -> Project {
    let names = (1..=16).map(|kind| format!("Handle Order Of Kind {kind}"));
    let names: Vec<String> = names.collect();
    let choices: Vec<Value> = (1..)
        .zip(&names)
        .map(|(kind, name)| json!({ "Variable": "$.kind", "NumericEquals": kind, "Next": name }))
        .collect();
    let fail = json!({ "Type": "Fail", "Error": "Refused" });
    let mut states: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| (name.clone(), fail.clone()))
        .collect();
    states.insert(
        "Kind".to_owned(),
        json!({ "Type": "Choice", "Choices": choices }),
    );
    Project::new("wide").definition(json!({ "StartAt": "Kind", "States": states }))
}

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn a_graph_that_is_wider_than_the_page_can_be_read() {
    let project = wide().write();
    let deploy = project.alone(&["deploy", "--local"]).run().await;
    deploy.succeeded();
    let opened = Opened::open(&project).await;
    let start = [
        "start",
        "--local",
        "--wait",
        "--name",
        "refused",
        "--input",
        r#"{"kind":16}"#,
    ];
    project.alone(&start).run().await.exits_with(1);
    opened.drive("wide", json!({})).await;
}

#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn everything_is_done_with_the_keyboard() {
    let project = lived_in().await;
    // The list has a filter for state machines.
    let deploy = project.path().join("deploy.toml");
    let mut toml = std::fs::read_to_string(&deploy).expect("deploy.toml");
    toml.push_str("\n[state-machines.again]\ndefinition = \"definition.asl.json\"\n");
    std::fs::write(&deploy, toml).expect("deploy.toml");
    let opened = Opened::open(&project).await;
    opened.drive("keyboard", json!({})).await;
}

/// The pictures of the documentation. With TXFLOW_BLESS they are taken anew;
/// otherwise only that they can be is checked, since no two machines draw letters alike.
#[tokio::test]
#[ignore = "needs Chromium and Node.js, and Playwright in TXFLOW_BROWSER"]
async fn the_pictures_of_the_documentation_can_be_taken() {
    let project = lived_in().await;
    let folder = match std::env::var_os("TXFLOW_BLESS") {
        Some(_) => repository().join("docs/src/page"),
        None => std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("page"),
    };
    std::fs::create_dir_all(&folder).expect("create the folder");
    let opened = Opened::open(&project).await;
    started(&project).await;
    opened.drive("pictures", json!({ "folder": folder })).await;
}
