//! Tables and their items.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use txflow_local_aws::DirectError;

use super::made::{Obtained, Wanted};
use super::{Calls, Kind, Local, failed};
use crate::commands::error::CommandError;
use crate::config::{LocalTable, TableKey};
use crate::report::counted;

/// How many items DynamoDB accepts at once.
const BATCH: usize = 25;

impl<C: Calls> Local<'_, C> {
    pub(super) async fn make_table(&mut self, table: &LocalTable) -> Result<(), CommandError> {
        let name = self.name(&table.name);
        let failed = failed("table", &name);
        let wanted = described(&name, table);
        let read = self.read("dynamodb", "DescribeTable", json!({ "TableName": name }));
        let found = read.await.map_err(&failed)?;
        let mut differs = false;
        if let Some(found) = &found {
            differs = shape(&found["Table"]) != shape(&wanted);
            if differs {
                self.notes.push(format!(
                    "the table `{name}` has other keys or indexes than deploy.toml says and is kept as it is; \
                     `aws dynamodb delete-table --table-name {name}` on the local AWS makes room for the new one"
                ));
            }
        }
        let table_wanted = Wanted::to_fill(Kind::Table, &name);
        let call = ("dynamodb", "CreateTable");
        let obtained = self.obtain(table_wanted, found.is_some(), call, wanted);
        let is_new = obtained.await.map_err(&failed)? == Obtained::New;
        if differs || !is_new && !self.made.is_unfinished(Kind::Table, &name) {
            return Ok(());
        }
        let mut made = format!("table `{name}`");
        if let Some(seed) = &table.seed {
            for items in seed.items.chunks(BATCH) {
                let puts = items.iter();
                let puts: Vec<Value> = puts
                    .map(|item| json!({ "PutRequest": { "Item": item } }))
                    .collect();
                let input = json!({ "RequestItems": { &name: puts } });
                let written = self.calls.call("dynamodb", "BatchWriteItem", input);
                written.await.map_err(&failed)?;
            }
            made += &format!(" with {}", counted(seed.items.len(), "item"));
        }
        let remembered = self.remember(Kind::Table, &name, true);
        remembered.await.map_err(&failed)?;
        self.new.push(made);
        Ok(())
    }

    pub(super) async fn remove_table(&self, name: &str) -> Result<(), DirectError> {
        let input = json!({ "TableName": name });
        self.calls.call("dynamodb", "DeleteTable", input).await?;
        Ok(())
    }
}

fn described(name: &str, table: &LocalTable) -> Value {
    let keys = [&table.key].into_iter().chain(table.indexes.values());
    let attributes: BTreeMap<&str, &str> = keys
        .flat_map(TableKey::attributes)
        .map(|attribute| (attribute.name.as_str(), attribute.kind.as_str()))
        .collect();
    let attributes = attributes.into_iter();
    let attributes: Vec<Value> = attributes
        .map(|(name, kind)| json!({ "AttributeName": name, "AttributeType": kind }))
        .collect();
    let mut input = json!({
        "TableName": name,
        "AttributeDefinitions": attributes,
        "KeySchema": schema(&table.key),
        "BillingMode": "PAY_PER_REQUEST",
    });
    if !table.indexes.is_empty() {
        let indexes = table.indexes.iter();
        let indexes = indexes.map(|(name, key)| {
            json!({
                "IndexName": name,
                "KeySchema": schema(key),
                "Projection": { "ProjectionType": "ALL" },
            })
        });
        input["GlobalSecondaryIndexes"] = indexes.collect();
    }
    input
}

fn schema(key: &TableKey) -> Value {
    let kinds = ["HASH", "RANGE"].into_iter();
    let attributes = key.attributes().zip(kinds);
    attributes
        .map(|(attribute, kind)| json!({ "AttributeName": attribute.name, "KeyType": kind }))
        .collect()
}

/// What of a table cannot be changed, in one order.
fn shape(table: &Value) -> Vec<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let attributes = list(&table["AttributeDefinitions"]);
    let mut shape: Vec<String> = { attributes.iter() }
        .map(|one| format!("{} {}", one["AttributeName"], one["AttributeType"]))
        .collect();
    let mut key = |of: &str, schema: &Value| {
        let keys = list(schema);
        shape.extend(
            keys.iter()
                .map(|one| format!("{of} {} {}", one["AttributeName"], one["KeyType"])),
        );
    };
    key("", &table["KeySchema"]);
    for index in list(&table["GlobalSecondaryIndexes"]) {
        key(&index["IndexName"].to_string(), &index["KeySchema"]);
    }
    shape.sort();
    shape
}
