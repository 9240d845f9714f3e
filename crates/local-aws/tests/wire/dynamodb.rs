//! Tables outlive their server, and nothing of an item is on disk in clear.

use serde_json::{Value, json};
use txflow_local_aws::LocalAws;

use crate::client::Client;
use crate::private::found;
use crate::server::{Server, options};

const SECRETS: [&str; 4] = [
    "5ecret-key",
    "5ecret-value",
    "5ecret-other-key",
    "5ecret-name",
];

fn call(client: Client, operation: &str, input: &Value) -> Value {
    let answer = client.dynamodb(operation, input);
    assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
    answer.json()
}

/// A table with a composite key and both kinds of indexes.
fn create_table(client: Client, name: &str, provisioned: bool) {
    let key = |hash: &str, range: &str| {
        json!([
            { "AttributeName": hash, "KeyType": "HASH" },
            { "AttributeName": range, "KeyType": "RANGE" },
        ])
    };
    let attribute =
        |name: &str, of_type: &str| json!({ "AttributeName": name, "AttributeType": of_type });
    let mut input = json!({
        "TableName": name,
        "KeySchema": key("id", "line"),
        "AttributeDefinitions": [attribute("id", "S"), attribute("line", "N"), attribute("city", "S")],
        "BillingMode": "PAY_PER_REQUEST",
        "LocalSecondaryIndexes": [{
            "IndexName": "by-line-and-city", "KeySchema": key("id", "city"),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
        "Tags": [{ "Key": "team", "Value": "orders" }],
        "DeletionProtectionEnabled": false,
    });
    let mut index = json!({
        "IndexName": "by-city", "KeySchema": key("city", "line"),
        "Projection": { "ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"] },
    });
    if provisioned {
        let throughput = json!({ "ReadCapacityUnits": 3, "WriteCapacityUnits": 4 });
        input["BillingMode"] = json!("PROVISIONED");
        input["ProvisionedThroughput"] = throughput.clone();
        index["ProvisionedThroughput"] = throughput;
    }
    call(client, "CreateTable", &input);
    let update = json!({
        "TableName": name,
        "AttributeDefinitions": [attribute("city", "S"), attribute("line", "N")],
        "GlobalSecondaryIndexUpdates": [{ "Create": index }],
    });
    call(client, "UpdateTable", &update);
    let lives = json!({ "Enabled": true, "AttributeName": "until" });
    let update = json!({ "TableName": name, "TimeToLiveSpecification": lives });
    call(client, "UpdateTimeToLive", &update);
}

fn item(id: &str, line: &str, note: &str) -> Value {
    json!({
        "id": { "S": id }, "line": { "N": line }, "city": { "S": "5ecret-name" },
        "note": { "S": note }, "set": { "NS": ["1", "2"] }, "bytes": { "B": "AAEC" },
    })
}

fn key(id: &str, line: &str) -> Value {
    json!({ "id": { "S": id }, "line": { "N": line } })
}

fn write(client: Client) {
    let put = |item: Value| {
        call(
            client,
            "PutItem",
            &json!({ "TableName": "orders", "Item": item }),
        )
    };
    put(item("5ecret-key", "1", "5ecret-value"));
    put(item("5ecret-key", "2", "replaced"));
    put(item("5ecret-key", "2.0", "5ecret-value"));
    put(item("5ecret-key", "3", "gone"));
    // A number has many spellings.
    let delete = json!({ "TableName": "orders", "Key": key("5ecret-key", "3.00") });
    call(client, "DeleteItem", &delete);
    let update = json!({
        "TableName": "orders", "Key": key("5ecret-key", "1"),
        "UpdateExpression": "SET note = :n", "ExpressionAttributeValues": { ":n": { "S": "updated" } },
    });
    call(client, "UpdateItem", &update);
    let requests = json!([
        { "PutRequest": { "Item": item("5ecret-other-key", "1", "batch") } },
        { "PutRequest": { "Item": item("5ecret-other-key", "2", "batch") } },
    ]);
    call(
        client,
        "BatchWriteItem",
        &json!({ "RequestItems": { "orders": requests } }),
    );
    let transaction = json!({ "TransactItems": [
        { "Put": { "TableName": "orders", "Item": item("5ecret-other-key", "3", "transaction") } },
        { "Delete": { "TableName": "orders", "Key": key("5ecret-other-key", "2") } },
        { "Update": {
            "TableName": "orders", "Key": key("5ecret-other-key", "1"),
            "UpdateExpression": "REMOVE note",
        } },
    ] });
    call(client, "TransactWriteItems", &transaction);
    // What is refused changes nothing.
    let mut refused = transaction;
    refused["TransactItems"][0]["Put"]["Item"] = item("5ecret-other-key", "4", "refused");
    refused["TransactItems"][1]["Delete"]["ConditionExpression"] = json!("attribute_exists(id)");
    let answer = client.dynamodb("TransactWriteItems", &refused);
    assert_eq!(answer.status, 400, "{}", answer.body);
}

/// All that there is to read.
fn read(client: Client) -> Value {
    let table = json!({ "TableName": "orders" });
    let described = call(client, "DescribeTable", &table);
    let arn = json!({ "ResourceArn": described["Table"]["TableArn"] });
    let query = json!({
        "TableName": "orders", "IndexName": "by-city",
        "KeyConditionExpression": "city = :c",
        "ExpressionAttributeValues": { ":c": { "S": "5ecret-name" } },
    });
    let mut local = query.clone();
    local["IndexName"] = json!("by-line-and-city");
    local["KeyConditionExpression"] = json!("id = :c");
    local["ExpressionAttributeValues"][":c"] = json!({ "S": "5ecret-key" });
    json!({
        "tables": call(client, "ListTables", &json!({})),
        "table": described,
        "tags": call(client, "ListTagsOfResource", &arn),
        "lives": call(client, "DescribeTimeToLive", &table),
        "items": call(client, "Scan", &table),
        "global": call(client, "Query", &query),
        "local": call(client, "Query", &local),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_outlive_their_server_and_no_item_is_on_disk_in_clear() {
    let server = Server::start().await;
    let client = server.client;
    for (name, provisioned) in [("orders", false), ("paid", true), ("gone", false)] {
        create_table(client, name, provisioned);
    }
    write(client);
    let put = json!({ "TableName": "gone", "Item": item("5ecret-key", "1", "5ecret-value") });
    call(client, "PutItem", &put);
    call(client, "DeleteTable", &json!({ "TableName": "gone" }));
    let before = read(client);
    assert_eq!(before["items"]["Count"], 4, "{before}");
    assert_eq!(before["global"]["Count"], 4, "{before}");
    assert_eq!(before["local"]["Count"], 2, "{before}");
    assert_eq!(before["tables"]["TableNames"], json!(["orders", "paid"]));
    assert_eq!(found(server.directory.path(), &SECRETS), [] as [String; 0]);
    let Server { aws, directory, .. } = server;
    aws.shutdown().await.unwrap();
    assert_eq!(found(directory.path(), &SECRETS), [] as [String; 0]);
    // The search does find what is in clear.
    assert_ne!(found(directory.path(), &["orders"]), [] as [String; 0]);

    let again = LocalAws::start(options(&directory).await).await.unwrap();
    assert!(again.damaged().is_none(), "{:?}", again.damaged());
    let client = Client::new(again.address());
    assert_eq!(read(client), before);
    let paid = call(client, "DescribeTable", &json!({ "TableName": "paid" }));
    assert_eq!(
        paid["Table"]["ProvisionedThroughput"]["WriteCapacityUnits"],
        4
    );
    // A table of the same name has nothing of the former one.
    create_table(client, "gone", false);
    let scanned = call(client, "Scan", &json!({ "TableName": "gone" }));
    assert_eq!(scanned["Count"], 0);
    again.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_account_has_tables_of_its_own() {
    let server = Server::start().await;
    create_table(server.client, "orders", false);
    let other = Client {
        access_key: "111111111111",
        ..server.client
    };
    assert_eq!(
        call(other, "ListTables", &json!({}))["TableNames"],
        json!([])
    );
    create_table(other, "orders", false);
    let described = call(other, "DescribeTable", &json!({ "TableName": "orders" }));
    let arn = "arn:aws:dynamodb:us-east-1:111111111111:table/orders";
    assert_eq!(described["Table"]["TableArn"], arn);
    let index = &described["Table"]["GlobalSecondaryIndexes"][0]["IndexArn"];
    assert_eq!(*index, format!("{arn}/index/by-city"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_refused_in_dynamodbs_words() {
    let server = Server::start().await;
    let client = server.client;
    for (input, code, message) in [
        (json!([]), "coral.service#SerializationException", ""),
        (
            json!({ "TableName": 23 }),
            "coral.service#SerializationException",
            "NUMBER_VALUE cannot be converted to String",
        ),
        (
            json!({ "TableName": "orders", "Item": { "id": {} } }),
            "coral.validate#ValidationException",
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            json!({ "TableName": "orders", "Item": { "id": { "S": "1", "N": "1" } } }),
            "coral.validate#ValidationException",
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        ),
    ] {
        let answer = client.dynamodb("PutItem", &input);
        assert_eq!(answer.status, 400, "{}", answer.body);
        let found = answer.json();
        assert_eq!(found["__type"], format!("com.amazon.{code}"), "{found}");
        assert_eq!(found["message"], message, "{found}");
    }
}
