#![allow(clippy::unwrap_used)]

use std::cell::RefCell;

use serde_json::json;

use super::*;
use crate::config::{Deployment, load};
use crate::stack::{Account, Stack};

/// A service that remembers what it was asked, and answers reads with what it holds.
#[derive(Default)]
struct Fake {
    holds: Vec<(&'static str, Value)>,
    /// An operation that it refuses, with this code.
    refuses: Option<(&'static str, &'static str)>,
    asked: RefCell<Vec<(String, Value)>>,
}

impl Calls for &Fake {
    async fn call(&self, _: &str, operation: &str, input: Value) -> Result<Value, DirectError> {
        self.asked.borrow_mut().push((operation.to_owned(), input));
        let path = self.asked.borrow().last().unwrap().1["Path"].clone();
        if let Some((_, answer)) = self.holds.iter().find(|(name, _)| *name == operation) {
            let mut answer = answer.clone();
            if let (Some(path), Some(all)) = (path.as_str(), answer["Parameters"].as_array_mut()) {
                all.retain(|one| one["Name"].as_str().unwrap().starts_with(path));
            }
            return Ok(answer);
        }
        if let Some((_, code)) = self.refuses.filter(|(refused, _)| *refused == operation) {
            return Err(DirectError::Refused {
                code: code.to_owned(),
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
    let deployment = deployment(toml);
    let stack = stack(&deployment);
    let mut local = Local::new(fake, &stack);
    local.make(&deployment.local).await?;
    Ok((local.new, local.notes))
}

fn deployment(toml: &str) -> Deployment {
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
    load(dir.path(), "dev", &environment).unwrap()
}

fn stack(deployment: &Deployment) -> Stack {
    let account = Account {
        partition: "aws".to_owned(),
        id: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
    };
    Stack::of(&deployment.stack_config(), account)
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

#[tokio::test]
async fn what_could_not_be_made_is_not_remembered() {
    let fake = Fake {
        refuses: Some(("CreateTable", "ValidationException")),
        ..Fake::default()
    };
    assert!(tried(TABLE, &fake).await.is_err());
    assert_eq!(fake.inputs("PutParameter").len(), 1);
    assert_eq!(fake.inputs("DeleteParameter").len(), 1);
}

/// What another stage remembers of the table.
fn of_other_stage(complete: bool, ends: bool) -> (&'static str, Value) {
    let entry = json!({ "kind": "table", "name": "orders", "complete": complete, "ends": ends });
    let parameter = json!({ "Name": "/txflow/shop/pr-7/local/0", "Value": entry.to_string() });
    ("GetParametersByPath", json!({ "Parameters": [parameter] }))
}

/// The values that were remembered last.
fn last_remembered(fake: &Fake) -> Option<Value> {
    let last = fake.inputs("PutParameter").pop()?;
    serde_json::from_str(last["Value"].as_str()?).ok()
}

/// Two deploys at once: the other one was first, after this one had looked.
#[tokio::test]
async fn what_another_stage_has_made_meanwhile_is_there() {
    for (complete, batches) in [(true, 0), (false, 1)] {
        let fake = Fake {
            refuses: Some(("CreateTable", "ResourceInUseException")),
            holds: vec![of_other_stage(complete, false)],
            ..Fake::default()
        };
        made(TABLE, &fake).await;
        // Who is second does not rely on it that the first one fills it.
        assert_eq!(fake.inputs("BatchWriteItem").len(), batches);
        assert_eq!(last_remembered(&fake).unwrap()["complete"], true);
    }
    let by_hand = Fake {
        refuses: Some(("CreateTable", "ResourceInUseException")),
        ..Fake::default()
    };
    made(TABLE, &by_hand).await;
    assert_eq!(by_hand.inputs("DeleteParameter").len(), 1);
}

#[tokio::test]
async fn a_topic_that_stays_sends_nothing_more_to_the_functions_of_a_stage_that_goes() {
    let subscription = |stage: &str| {
        let endpoint = format!("arn:aws:lambda:us-east-1:000000000000:function:shop-{stage}-ship");
        json!({ "SubscriptionArn": stage, "Protocol": "lambda", "Endpoint": endpoint })
    };
    let subscriptions = json!({ "Subscriptions": [subscription("dev"), subscription("pr-7")] });
    let entry = json!({ "kind": "topic", "name": "placed", "complete": true });
    let other = json!({ "Name": "/txflow/shop/pr-7/local/0", "Value": entry.to_string() });
    let fake = Fake {
        holds: vec![
            ("ListSubscriptionsByTopic", subscriptions),
            ("GetParametersByPath", json!({ "Parameters": [other] })),
        ],
        ..Fake::default()
    };
    let stack = stack(&deployment(TABLE));
    let mut local = Local {
        functions: vec![stack.function_arn("ship")],
        ..Local::new(&fake, &stack)
    };
    local.remember(Kind::Topic, "placed", true).await.unwrap();
    assert!(local.remove().await.unwrap().is_empty());
    let ended = [json!({ "SubscriptionArn": "dev" })];
    assert_eq!(fake.inputs("Unsubscribe"), ended);
    assert_eq!(fake.inputs("DeleteTopic").len(), 0);
}

#[tokio::test]
async fn what_another_stage_uses_is_shared_and_stays() {
    let found = ("DescribeTable", json!({ "Table": {} }));
    let shared = Fake {
        holds: vec![found.clone(), of_other_stage(true, false)],
        ..Fake::default()
    };
    made(TABLE, &shared).await;
    assert_eq!(shared.inputs("PutParameter").len(), 1);
    let destroyed = async |other: (&'static str, Value)| {
        let fake = Fake {
            holds: vec![found.clone(), other],
            ..Fake::default()
        };
        let stack = stack(&deployment(TABLE));
        let mut local = Local::new(&fake, &stack);
        local.remember(Kind::Table, "orders", true).await.unwrap();
        let removed = local.remove().await.unwrap();
        let notes = local.notes;
        assert_eq!(fake.inputs("DeleteTable").len(), removed.len());
        assert_eq!(fake.inputs("DeleteParameter").len(), 1);
        (removed.len(), notes)
    };
    let (removed, notes) = destroyed(of_other_stage(true, false)).await;
    let stays = "the table `orders` stays in the local AWS, since stage `pr-7` uses it as well";
    assert_eq!((removed, notes), (0, vec![stays.to_owned()]));
    // The other one is being destroyed at the same time.
    let (removed, notes) = destroyed(of_other_stage(true, true)).await;
    assert_eq!((removed, notes), (1, Vec::new()));
}
