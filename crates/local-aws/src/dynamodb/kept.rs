//! What the store keeps of tables: a record for each table, and one for each item.
//!
//! Keys of the store stand in clear, and the keys of items may not. So the record of an item has a hash for a key, of its
//! own key and a salt, which is in the sealed record of its table.

use std::collections::BTreeMap;

use dynoxide::AttributeValue;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::scope::Scope;
use crate::store::{Change, Store, StoreError, Table};

const TABLES: &str = "dynamodb-table/";
const ITEMS: &str = "dynamodb-item/";

/// What the store keeps of a table, beside its items.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct TableRecord {
    pub(super) id: Uuid,
    salt: Uuid,
    pub(super) created: Millis,
    /// The request that makes it again.
    pub(super) create: Value,
    /// The attribute that says how long an item lives.
    pub(super) time_to_live: Option<String>,
}

/// A table that an earlier server kept.
pub(super) struct Kept {
    pub(super) scope: Scope,
    pub(super) name: String,
    pub(super) record: TableRecord,
    pub(super) items: Vec<Map<String, Value>>,
}

/// All tables.
pub(super) fn load(store: &Store) -> Result<Vec<Kept>, StoreError> {
    let mut items: BTreeMap<String, Vec<Map<String, Value>>> = BTreeMap::new();
    for (key, value) in store.load(Table::Resources, ITEMS)? {
        let table = key[ITEMS.len()..].split('/').next().unwrap_or_default();
        let of_table = items.entry(table.to_owned()).or_default();
        of_table.push(serde_json::from_slice(&value)?);
    }
    let mut tables = Vec::new();
    for (key, value) in store.load(Table::Resources, TABLES)? {
        let mut parts = key[TABLES.len()..].splitn(3, '/').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        let record: TableRecord = serde_json::from_slice(&value)?;
        tables.push(Kept {
            scope: Scope {
                account: part(),
                region: part(),
            },
            name: part(),
            items: items.remove(&record.id.to_string()).unwrap_or_default(),
            record,
        });
    }
    Ok(tables)
}

impl TableRecord {
    pub(super) fn new(conditions: &Conditions) -> TableRecord {
        TableRecord {
            id: conditions.random.uuid(),
            salt: conditions.random.uuid(),
            created: conditions.now(),
            create: Value::Null,
            time_to_live: None,
        }
    }

    /// The members of an item that are its key. `None` if they are not all there.
    pub(super) fn key(&self, attributes: &Map<String, Value>) -> Option<Map<String, Value>> {
        let schema = self.create["KeySchema"].as_array()?.iter();
        let names = schema.filter_map(|element| element["AttributeName"].as_str());
        names
            .map(|name| Some((name.to_owned(), attributes.get(name)?.clone())))
            .collect()
    }

    /// Keeps the table.
    pub(super) fn put(&self, scope: &Scope, name: &str) -> Result<Change, Fault> {
        Ok(Change::Put {
            table: Table::Resources,
            key: path(scope, name),
            value: serde_json::to_vec(self).map_err(Fault::storage)?,
        })
    }

    /// Keeps the table and its items no longer.
    pub(super) fn removed(&self, scope: &Scope, name: &str) -> [Change; 2] {
        let table = Change::Delete {
            table: Table::Resources,
            key: path(scope, name),
        };
        let items = Change::DeletePrefix {
            table: Table::Resources,
            prefix: format!("{ITEMS}{}/", self.id),
        };
        [table, items]
    }

    /// Keeps what there is under a key now.
    pub(super) fn put_item(&self, key: &Map<String, Value>, item: &Value) -> Result<Change, Fault> {
        let mut hash = Sha256::new_with_prefix(self.salt);
        for value in key.values() {
            // Numbers have many spellings, and an item has one key.
            let value: Option<AttributeValue> = serde_json::from_value(value.clone()).ok();
            let text = value.and_then(|value| value.to_key_string());
            let text = text.unwrap_or_default();
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        }
        let path = format!("{ITEMS}{}/{}", self.id, hex::encode(hash.finalize()));
        Ok(match item {
            Value::Object(_) => Change::Put {
                table: Table::Resources,
                key: path,
                value: serde_json::to_vec(item).map_err(Fault::storage)?,
            },
            _ => Change::Delete {
                table: Table::Resources,
                key: path,
            },
        })
    }
}

fn path(scope: &Scope, name: &str) -> String {
    format!("{TABLES}{}/{}/{name}", scope.account, scope.region)
}

/// The request that creates what DescribeTable describes.
pub(super) fn create_request(description: &Value, tags: &Value) -> Value {
    let mut request = Map::new();
    let mut set = |member: &str, value: Value| {
        if !value.is_null() {
            request.insert(member.to_owned(), value);
        }
    };
    for member in [
        "TableName",
        "KeySchema",
        "AttributeDefinitions",
        "StreamSpecification",
        "DeletionProtectionEnabled",
        "OnDemandThroughput",
    ] {
        set(member, description[member].clone());
    }
    let on_demand = description["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST";
    if on_demand {
        set("BillingMode", json!("PAY_PER_REQUEST"));
    } else {
        set("ProvisionedThroughput", throughput(description));
    }
    set(
        "TableClass",
        description["TableClassSummary"]["TableClass"].clone(),
    );
    let encryption = &description["SSEDescription"];
    if encryption.is_object() {
        let enabled = encryption["Status"] == "ENABLED";
        let mut specification = json!({ "Enabled": enabled });
        if enabled {
            specification["SSEType"] = encryption["SSEType"].clone();
            if let Some(key) = encryption["KMSMasterKeyArn"].as_str() {
                specification["KMSMasterKeyId"] = json!(key);
            }
        }
        set("SSESpecification", specification);
    }
    for indexes in ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"] {
        let of_local = indexes.starts_with("Local");
        let each = description[indexes].as_array().into_iter().flatten();
        let each = each.map(|index| {
            let mut request = json!({
                "IndexName": index["IndexName"],
                "KeySchema": index["KeySchema"],
                "Projection": index["Projection"],
            });
            if !of_local && !on_demand {
                request["ProvisionedThroughput"] = throughput(index);
            }
            request
        });
        let each: Vec<Value> = each.collect();
        if !each.is_empty() {
            set(indexes, Value::Array(each));
        }
    }
    if tags.as_array().is_some_and(|tags| !tags.is_empty()) {
        set("Tags", tags.clone());
    }
    Value::Object(request)
}

fn throughput(of: &Value) -> Value {
    // The engine forgets that of an index which was added later.
    let units = |member: &str| {
        of["ProvisionedThroughput"][member]
            .as_u64()
            .unwrap_or(0)
            .max(1)
    };
    json!({
        "ReadCapacityUnits": units("ReadCapacityUnits"),
        "WriteCapacityUnits": units("WriteCapacityUnits"),
    })
}
