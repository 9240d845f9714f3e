#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use serde_json::json;

use super::*;
use crate::config::load;
use crate::stack::{Account, Stack};

/// A service that remembers what it was asked, and answers reads with what it holds.
#[derive(Default)]
struct Fake {
    holds: Vec<(&'static str, Value)>,
    /// An operation that it refuses.
    refuses: Option<&'static str>,
    asked: RefCell<Vec<(String, Value)>>,
}

impl Calls for &Fake {
    async fn call(&self, _: &str, operation: &str, input: Value) -> Result<Value, DirectError> {
        self.asked.borrow_mut().push((operation.to_owned(), input));
        if let Some((_, answer)) = self.holds.iter().find(|(name, _)| *name == operation) {
            return Ok(answer.clone());
        }
        if self.refuses == Some(operation) {
            return Err(DirectError::Refused {
                code: "ResourceInUseException".to_owned(),
                message: String::new(),
            });
        }
        let reads = ["Describe", "Get", "Head"];
        if reads.iter().any(|read| operation.starts_with(read)) {
            return Err(DirectError::Refused {
                code: "ResourceNotFoundException".to_owned(),
                message: String::new(),
            });
        }
        Ok(json!({}))
    }

    async fn put_object(&self, _: &str, _: &str, _: Vec<u8>) -> Result<(), DirectError> {
        Ok(())
    }
}

impl Fake {
    /// The inputs of an operation.
    fn inputs(&self, operation: &str) -> Vec<Value> {
        let asked = self.asked.borrow();
        let calls = asked.iter().filter(|(name, _)| name == operation);
        calls.map(|(_, input)| input.clone()).collect()
    }
}

/// What is new, and the notes.
async fn made(toml: &str, fake: &Fake) -> (Vec<String>, Vec<String>) {
    tried(toml, fake).await.unwrap()
}

async fn tried(toml: &str, fake: &Fake) -> Result<(Vec<String>, Vec<String>), CommandError> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("deploy.toml"), toml).unwrap();
    let definition = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    std::fs::write(
        dir.path().join("definition.asl.json"),
        definition.to_string(),
    )
    .unwrap();
    std::fs::write(
        dir.path().join("orders.json"),
        json!([{ "id": "a", "total": 1 }]).to_string(),
    )
    .unwrap();
    let environment = |name: &str| (name == "PASSWORD").then(|| "from outside".to_owned());
    let deployment = load(dir.path(), "dev", &environment).unwrap();
    let account = Account {
        partition: "aws".to_owned(),
        id: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
    };
    let stack = Stack::of(&deployment.stack_config(), account);
    let mut local = Local::new(fake, &stack);
    local.make(&deployment.local).await?;
    Ok((local.new, local.notes))
}

const TABLE: &str = "name = \"shop\"
[substitutions]
orders-table = \"arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/orders\"
[local.tables.\"${orders-table}\"]
partition-key = \"id\"
seed = \"orders.json\"
indexes.by-total = { partition-key = \"total:N\" }
";

#[tokio::test]
async fn a_new_table_gets_its_items_and_one_that_exists_keeps_its_own() {
    let fake = Fake::default();
    let (new, notes) = made(TABLE, &fake).await;
    assert_eq!(new, ["table `orders` with 1 item"]);
    assert!(notes.is_empty(), "{notes:?}");
    let created = fake.inputs("CreateTable").remove(0);
    assert_eq!(created["TableName"], "orders");
    let items = fake.inputs("BatchWriteItem").remove(0);
    let item = json!({ "id": { "S": "a" }, "total": { "N": "1" } });
    assert_eq!(
        items["RequestItems"]["orders"][0]["PutRequest"]["Item"],
        item
    );
    // A second run finds it.
    let again = Fake {
        holds: vec![("DescribeTable", json!({ "Table": created }))],
        ..Fake::default()
    };
    let (new, notes) = made(TABLE, &again).await;
    assert!(new.is_empty() && notes.is_empty(), "{new:?} {notes:?}");
    assert!(again.inputs("BatchWriteItem").is_empty());
    let mut other = created;
    other["KeySchema"][0]["AttributeName"] = json!("number");
    let other = Fake {
        holds: vec![("DescribeTable", json!({ "Table": other }))],
        ..Fake::default()
    };
    let (_, notes) = made(TABLE, &other).await;
    assert!(notes[0].contains("has other keys"), "{notes:?}");
}

#[tokio::test]
async fn messages_and_values_are_made_as_the_services_take_them() {
    let toml = "name = \"shop\"
[functions.ship]
[local.queues.work]
visibility-timeout = 5
dead-letter-queue = \"dead\"
[local.queues.dead]
[local.topics.placed]
subscriptions = [\"function:ship\", { to = \"queue:work\", filter = { kind = [\"new\"] }, raw = true }]
[local.secrets]
plain = \"value\"
password.env = \"PASSWORD\"
[local.parameters.\"/shop/limit\"]
value = \"10\"
[local.buses.shop]
";
    let fake = Fake {
        holds: vec![("GetQueueAttributes", json!({ "Attributes": {} }))],
        ..Fake::default()
    };
    let (new, _) = made(toml, &fake).await;
    let expected = [
        "queue `work`",
        "queue `dead`",
        "topic `placed`",
        "secret `plain`",
        "secret `password`",
        "parameter `/shop/limit`",
        "event bus `shop`",
    ];
    assert_eq!(new, expected);
    let subscriptions = fake.inputs("Subscribe");
    assert_eq!(
        subscriptions[0]["Endpoint"],
        "arn:aws:lambda:us-east-1:000000000000:function:shop-dev-ship"
    );
    assert_eq!(
        subscriptions[1]["Attributes"],
        json!({ "FilterPolicy": "{\"kind\":[\"new\"]}", "RawMessageDelivery": "true" })
    );
    let secrets = fake.inputs("CreateSecret");
    assert_eq!(secrets[1]["SecretString"], "from outside");
    let parameters = fake.inputs("PutParameter");
    let own = parameters.iter().find(|one| one["Name"] == "/shop/limit");
    assert_eq!(own.unwrap()["Type"], "String");
}

/// What the local AWS remembers.
fn remembered(things: &[(&str, &str, bool)]) -> (&'static str, Value) {
    let parameters = things.iter().map(|(kind, name, complete)| {
        let entry = json!({ "kind": kind, "name": name, "complete": complete });
        json!({ "Name": "/txflow/shop/dev/local/0", "Value": entry.to_string() })
    });
    let parameters: Vec<Value> = parameters.collect();
    ("GetParametersByPath", json!({ "Parameters": parameters }))
}

#[tokio::test]
async fn a_table_that_was_not_filled_to_the_end_is_filled_again() {
    let fake = Fake::default();
    made(TABLE, &fake).await;
    let kept = fake.inputs("PutParameter");
    let complete: Vec<Value> = { kept.iter() }
        .map(|one| {
            serde_json::from_str::<Value>(one["Value"].as_str().unwrap()).unwrap()["complete"]
                .clone()
        })
        .collect();
    assert_eq!(complete, [false, true]);
    let created = fake.inputs("CreateTable").remove(0);
    for (complete, batches) in [(false, 1), (true, 0)] {
        let again = Fake {
            holds: vec![
                ("DescribeTable", json!({ "Table": created })),
                remembered(&[("table", "orders", complete)]),
            ],
            ..Fake::default()
        };
        let (new, _) = made(TABLE, &again).await;
        assert_eq!(again.inputs("BatchWriteItem").len(), batches);
        assert_eq!(again.inputs("CreateTable").len(), 0);
        assert_eq!(new.len(), batches);
    }
}

#[tokio::test]
async fn what_deploy_toml_no_longer_names_is_removed_and_told() {
    let fake = Fake {
        holds: vec![
            remembered(&[("queue", "old", true), ("table", "orders", true)]),
            ("GetQueueUrl", json!({ "QueueUrl": "http://old" })),
        ],
        ..Fake::default()
    };
    let (_, notes) = made(TABLE, &fake).await;
    assert_eq!(
        fake.inputs("DeleteQueue"),
        [json!({ "QueueUrl": "http://old" })]
    );
    assert_eq!(fake.inputs("DeleteTable").len(), 0);
    assert_eq!(fake.inputs("DeleteParameter").len(), 1);
    let told = "the queue `old` is no longer in `[local]` and was removed";
    assert!(notes.iter().any(|note| note.starts_with(told)), "{notes:?}");
}

/// Another stage has made it meanwhile, so this one must not remove it.
#[tokio::test]
async fn what_could_not_be_made_is_not_remembered() {
    let fake = Fake {
        refuses: Some("CreateTable"),
        ..Fake::default()
    };
    assert!(tried(TABLE, &fake).await.is_err());
    assert_eq!(fake.inputs("PutParameter").len(), 1);
    assert_eq!(fake.inputs("DeleteParameter").len(), 1);
}
