//! DynamoDB as tasks call it, and what a simulation relies on.

use serde_json::{Value, json};
use txflow_local_aws::Weather;

use super::cloud::{ACCOUNT, Cloud, MACHINE};

const TABLE: &str = "orders";

/// A cloud with a table, and a state machine whose role may do these things.
async fn cloud(definition: &Value, actions: Value) -> Cloud {
    let cloud = Cloud::new(Weather::default());
    create_table(&cloud).await;
    let role = cloud.role("workflow", "states.amazonaws.com").await;
    cloud.settle().await;
    cloud.allow("workflow", actions).await.ok();
    cloud.settle().await;
    let definition = definition.to_string();
    let input = json!({ "name": "m", "definition": definition, "roleArn": role });
    cloud.states("CreateStateMachine", input).await.ok();
    cloud
}

async fn create_table(cloud: &Cloud) {
    let input = json!({
        "TableName": TABLE,
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "BillingMode": "PAY_PER_REQUEST",
    });
    cloud.dynamodb("CreateTable", input).await.ok();
}

async fn item(cloud: &Cloud) -> Value {
    let input = json!({ "TableName": TABLE, "Key": { "id": { "S": "1" } } });
    cloud.dynamodb("GetItem", input).await.ok().json()["Item"].take()
}

fn task(form: &str, action: &str, parameters: &Value) -> Value {
    let resource = format!("arn:aws:states:::{form}:{action}");
    json!({ "Type": "Task", "Resource": resource, "Parameters": parameters })
}

/// Puts an item, pays for it, and pays for it again, which a condition prevents.
fn paying_twice(form: &str, error: &str) -> Value {
    let key = json!({ "id": { "S": "1" } });
    let pay = json!({
        "TableName": TABLE,
        "Key": key,
        "UpdateExpression": "SET #s = :paid ADD payments :one",
        "ConditionExpression": "#s = :new",
        "ExpressionAttributeNames": { "#s": "status" },
        "ExpressionAttributeValues": {
            ":paid": { "S": "PAID" }, ":new": { "S": "NEW" }, ":one": { "N": "1" },
        },
    });
    let then = |mut state: Value, next: &str, kept: bool| {
        state["Next"] = json!(next);
        state["ResultPath"] = match kept {
            true => json!("$"),
            false => Value::Null,
        };
        state
    };
    let item = json!({ "id": { "S": "1" }, "status": { "S": "NEW" } });
    let put = task(
        form,
        "putItem",
        &json!({ "TableName": TABLE, "Item": item }),
    );
    let mut again = task(form, "updateItem", &pay);
    again["Catch"] = json!([{ "ErrorEquals": [error], "ResultPath": "$.caught", "Next": "Get" }]);
    again["End"] = json!(true);
    let get = task(form, "getItem", &json!({ "TableName": TABLE, "Key": key }));
    let mut got = then(get, "Done", true);
    got["ResultSelector"] = json!({ "item.$": "$.Item" });
    got["ResultPath"] = json!("$.got");
    json!({ "StartAt": "Put", "States": {
        "Put": then(put, "Pay", false),
        "Pay": then(task(form, "updateItem", &pay), "Again", false),
        "Again": again,
        "Get": got,
        "Done": { "Type": "Succeed" },
    } })
}

async fn check_paying_twice(form: &str, error: &str, cause: &str) {
    let actions = json!([
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:GetItem"
    ]);
    let cloud = cloud(&paying_twice(form, error), actions).await;
    let ran = cloud.run(MACHINE).await;
    assert_eq!(ran["status"], "SUCCEEDED", "{ran}");
    let output: Value = serde_json::from_str(ran["output"].as_str().unwrap()).unwrap();
    let expected = json!({
        "id": { "S": "1" }, "payments": { "N": "1" }, "status": { "S": "PAID" },
    });
    assert_eq!(output["got"]["item"], expected);
    assert_eq!(output["caught"]["Error"], error);
    let found = output["caught"]["Cause"].as_str().unwrap();
    assert!(found.starts_with(cause), "{found}");
    assert_eq!(item(&cloud).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_workflow_writes_under_a_condition_and_catches_its_failure() {
    check_paying_twice(
        "dynamodb",
        "DynamoDB.ConditionalCheckFailedException",
        "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: \
         ConditionalCheckFailedException; Request ID: ",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_sdk_integration_writes_under_a_condition_and_catches_its_failure() {
    check_paying_twice(
        "aws-sdk:dynamodb",
        "DynamoDb.ConditionalCheckFailedException",
        "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: ",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_workflow_writes_nothing_that_its_role_may_not() {
    for (form, error) in [
        ("dynamodb", "DynamoDB.AmazonDynamoDBException"),
        ("aws-sdk:dynamodb", "DynamoDb.DynamoDbException"),
    ] {
        let definition = paying_twice(form, "States.ALL");
        let cloud = cloud(&definition, json!("dynamodb:GetItem")).await;
        let denied = cloud.run(MACHINE).await;
        assert_eq!(denied["error"], error);
        let cause = denied["cause"].as_str().unwrap();
        let table = format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{TABLE}");
        let expected =
            format!("is not authorized to perform: dynamodb:PutItem on resource: {table}");
        assert!(cause.contains(&expected), "{cause}");
        assert_eq!(item(&cloud).await, Value::Null);
    }
}

/// `human-task-reminder` and `quorum-with-parallel-pattern` in AWS's collection of workflows write texts as they are, and read `S`.
#[tokio::test(start_paused = true)]
async fn an_optimized_integration_takes_a_text_for_an_attribute_value() {
    let mut put = task(
        "dynamodb",
        "putItem",
        &json!({ "TableName": TABLE, "Item": { "id": "1", "done": "false", "by": { "L": ["a"] } } }),
    );
    put["Next"] = json!("Get");
    let mut get = task(
        "dynamodb",
        "getItem",
        &json!({ "TableName": TABLE, "Key": { "id": "1" } }),
    );
    get["OutputPath"] = json!("$.Item");
    get["End"] = json!(true);
    let definition = json!({ "StartAt": "Put", "States": { "Put": put, "Get": get } });
    let cloud = cloud(&definition, json!(["dynamodb:PutItem", "dynamodb:GetItem"])).await;
    let ran = cloud.run(MACHINE).await;
    assert_eq!(ran["status"], "SUCCEEDED", "{ran}");
    let output: Value = serde_json::from_str(ran["output"].as_str().unwrap()).unwrap();
    let text = |text| json!({ "S": text });
    let expected = json!({ "id": text("1"), "done": text("false"), "by": { "L": [text("a")] } });
    assert_eq!(output, expected);
}

#[tokio::test(start_paused = true)]
async fn a_table_may_be_named_by_its_arn() {
    let arn = format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{TABLE}");
    let written = json!({ "id": { "S": "1" } });
    let mut put = task(
        "dynamodb",
        "putItem",
        &json!({ "TableName": arn, "Item": written }),
    );
    put["End"] = json!(true);
    let definition = json!({ "StartAt": "Put", "States": { "Put": put } });
    let cloud = cloud(&definition, json!("dynamodb:PutItem")).await;
    assert_eq!(cloud.run(MACHINE).await["status"], "SUCCEEDED");
    assert_eq!(item(&cloud).await, written);
    let keys = json!({ (arn.as_str()): { "Keys": [written] } });
    let got = cloud.dynamodb("BatchGetItem", json!({ "RequestItems": keys }));
    assert_eq!(got.await.ok().json()["Responses"][TABLE], json!([written]));
    let elsewhere = arn.replace("us-east-1", "eu-west-1");
    let input = json!({ "TableName": elsewhere, "Key": written });
    let refused = cloud.dynamodb("GetItem", input).await;
    refused.refused(400, &["ResourceNotFoundException"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_calls_get_the_same_answers() {
    async fn answers() -> Vec<String> {
        let cloud = Cloud::new(Weather::default());
        create_table(&cloud).await;
        let mut answers = Vec::new();
        let described = cloud.dynamodb("DescribeTable", json!({ "TableName": TABLE }));
        answers.push(described.await.ok().text);
        for number in 0..20 {
            let mut item = json!({ "id": { "S": number.to_string() } });
            for letter in 'a'..'k' {
                item[letter.to_string()] = json!({ "N": number.to_string() });
            }
            let put = json!({ "TableName": TABLE, "Item": item });
            cloud.dynamodb("PutItem", put).await.ok();
        }
        let scanned = cloud.dynamodb("Scan", json!({ "TableName": TABLE }));
        answers.push(scanned.await.ok().text);
        answers
    }
    let first = answers().await;
    assert_eq!(first, answers().await);
    let table: Value = serde_json::from_str(&first[0]).unwrap();
    assert_eq!(table["Table"]["CreationDateTime"], 1_800_000_000.0);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_served_is_refused_by_name() {
    let cloud = Cloud::new(Weather::default());
    for operation in ["ExecuteStatement", "CreateBackup", "CreateGlobalTable"] {
        let refused = cloud.dynamodb(operation, json!({})).await;
        refused.refused(501, &["NotImplemented", &format!("dynamodb:{operation}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_expression_may_nest_as_deep_as_its_size_allows() {
    let cloud = Cloud::new(Weather::default());
    create_table(&cloud).await;
    let item = json!({ "id": { "S": "one" } });
    let put = json!({ "TableName": TABLE, "Item": item });
    cloud.dynamodb("PutItem", put).await.ok();
    let scan = async |filter: String| {
        let values = json!({ ":id": { "S": "one" } });
        let input = json!({ "TableName": TABLE, "FilterExpression": filter, "ExpressionAttributeValues": values });
        cloud.dynamodb("Scan", input).await
    };
    let nested = |operators: usize| format!("{}id = :id", "NOT ".repeat(operators));
    let found = scan(nested(290)).await.ok();
    assert!(found.text.contains("\"Count\":1"), "{}", found.text);
    // Whatever the engine says of these, it goes on.
    scan(nested(1000)).await;
    scan(format!("{}id = :id{}", "NOT(".repeat(800), ")".repeat(800))).await;
    scan(format!("{}id = :id{}", "(".repeat(2000), ")".repeat(2000))).await;
    let long = scan(nested(1100)).await;
    long.refused(400, &["ValidationException", "maximum allowed size"]);
    let found = scan("id = :id".to_owned()).await.ok();
    assert!(found.text.contains("\"Count\":1"), "{}", found.text);
}
