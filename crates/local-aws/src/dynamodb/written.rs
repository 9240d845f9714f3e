//! The items that a call writes.

use serde_json::{Map, Value};

/// An item, by attributes among which its key is.
pub(super) struct Written {
    pub(super) table: String,
    pub(super) attributes: Map<String, Value>,
}

/// Whatever the call wants to write. Which of it was written only the tables tell.
pub(super) fn written(operation: &str, input: &Value) -> Vec<Written> {
    match operation {
        "PutItem" => of(&input["TableName"], &input["Item"])
            .into_iter()
            .collect(),
        "UpdateItem" | "DeleteItem" => of(&input["TableName"], &input["Key"]).into_iter().collect(),
        "BatchWriteItem" => of_batch(input),
        "TransactWriteItems" => of_transaction(input),
        _ => Vec::new(),
    }
}

fn of_batch(input: &Value) -> Vec<Written> {
    let mut all = Vec::new();
    for (table, requests) in input["RequestItems"].as_object().into_iter().flatten() {
        let table = Value::from(table.as_str());
        for request in requests.as_array().into_iter().flatten() {
            all.extend(of(&table, &request["PutRequest"]["Item"]));
            all.extend(of(&table, &request["DeleteRequest"]["Key"]));
        }
    }
    all
}

fn of_transaction(input: &Value) -> Vec<Written> {
    let actions = input["TransactItems"].as_array().into_iter().flatten();
    let written = actions.flat_map(|action| {
        let item = |kind: &str, item: &str| of(&action[kind]["TableName"], &action[kind][item]);
        [
            item("Put", "Item"),
            item("Update", "Key"),
            item("Delete", "Key"),
        ]
    });
    written.flatten().collect()
}

fn of(table: &Value, attributes: &Value) -> Option<Written> {
    Some(Written {
        table: table.as_str()?.to_owned(),
        attributes: attributes.as_object()?.clone(),
    })
}
