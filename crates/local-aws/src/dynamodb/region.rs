//! The tables of an account in a region.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dynoxide::{Database, ImportOptions, Item};
use serde_json::{Map, Value, json};

use super::arns::{in_text, localize, name_tables, table_name};
use super::engine::{Effect, Operation, run};
use super::kept::{Kept, TableRecord, create_request};
use super::refusals::refusal;
use super::written::{Written, written};
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::scope::Scope;
use crate::store::{Change, Commit, Store};

pub(super) struct Region {
    scope: Scope,
    store: Arc<Store>,
    conditions: Arc<Conditions>,
    database: Database,
    /// By name. Locked while anything is written to disk, so that changes reach it in the order in which they were made.
    tables: Mutex<BTreeMap<String, TableRecord>>,
}

impl Region {
    pub(super) fn new(
        scope: Scope,
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
    ) -> Result<Region, Fault> {
        Ok(Region {
            scope,
            store: Arc::clone(store),
            conditions: Arc::clone(conditions),
            database: Database::memory().map_err(|error| refusal("", &error))?,
            tables: Mutex::default(),
        })
    }

    /// Serves a call. Nothing may be acknowledged before the commit is done.
    pub(super) fn run(
        &self,
        operation: &Operation,
        mut input: Value,
    ) -> Result<(Value, Commit), Fault> {
        name_tables(&self.scope, &mut input)?;
        let served = match operation.effect {
            Effect::WritesItems if self.store.is_on_disk() => self.write_items(operation, input),
            Effect::ConcernsTable => self.concern_table(operation, input),
            Effect::Reads | Effect::WritesItems => {
                { operation.run(&self.database, input) }.map(|output| (output, Commit::DONE))
            }
        };
        served.map_err(|fault| Fault {
            message: in_text(&self.scope, &fault.message),
            ..fault
        })
    }

    fn write_items(&self, operation: &Operation, input: Value) -> Result<(Value, Commit), Fault> {
        let items = written(operation.name, &input);
        let tables = self.lock();
        let output = operation.run(&self.database, input)?;
        let changes = { items.iter() }
            .filter_map(|item| self.change(&tables, item).transpose())
            .collect::<Result<_, _>>()?;
        Ok((output, self.store.write(changes)))
    }

    /// What there is now of an item that was written.
    fn change(
        &self,
        tables: &BTreeMap<String, TableRecord>,
        item: &Written,
    ) -> Result<Option<Change>, Fault> {
        let Some(table) = tables.get(&item.table) else {
            return Ok(None);
        };
        let Some(key) = table.key(&item.attributes) else {
            return Ok(None);
        };
        let get = json!({ "TableName": item.table, "Key": key, "ConsistentRead": true });
        let found = run(&self.database, "GetItem", get)?;
        table.put_item(&key, &found["Item"]).map(Some)
    }

    fn concern_table(&self, operation: &Operation, input: Value) -> Result<(Value, Commit), Fault> {
        check(operation.name, &input)?;
        let named = input["TableName"]
            .as_str()
            .or(input["ResourceArn"].as_str());
        let name = table_name(named.unwrap_or_default()).to_owned();
        let mut tables = self.lock();
        let mut output = operation.run(&self.database, input)?;
        let before = tables.get(&name).cloned();
        let now = self.observe(&name, before.as_ref())?;
        for member in ["Table", "TableDescription"] {
            if let (Some(record), Some(Value::Object(description))) =
                (now.as_ref().or(before.as_ref()), output.get_mut(member))
            {
                describe(description, record);
            }
        }
        localize(&self.scope, &mut output);
        let changes = match (before, now) {
            (before, Some(now)) if before.as_ref() == Some(&now) => Vec::new(),
            (_, Some(now)) => {
                let change = now.put(&self.scope, &name)?;
                tables.insert(name, now);
                vec![change]
            }
            (Some(before), None) => {
                tables.remove(&name);
                before.removed(&self.scope, &name).into()
            }
            (None, None) => Vec::new(),
        };
        let commit = match self.store.is_on_disk() {
            true => self.store.write(changes),
            false => Commit::DONE,
        };
        Ok((output, commit))
    }

    /// The table as it is now, if it exists.
    fn observe(
        &self,
        name: &str,
        before: Option<&TableRecord>,
    ) -> Result<Option<TableRecord>, Fault> {
        let table = json!({ "TableName": name });
        let described = match run(&self.database, "DescribeTable", table.clone()) {
            Ok(described) => described,
            Err(fault) if fault.code == "ResourceNotFoundException" => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let arn = json!({ "ResourceArn": described["Table"]["TableArn"] });
        let tags = run(&self.database, "ListTagsOfResource", arn)?;
        let lives = run(&self.database, "DescribeTimeToLive", table)?;
        let lives = &lives["TimeToLiveDescription"]["AttributeName"];
        let record = before.cloned();
        let mut record = record.unwrap_or_else(|| TableRecord::new(&self.conditions));
        record.create = create_request(&described["Table"], &tags["Tags"]);
        record.time_to_live = lives.as_str().map(str::to_owned);
        Ok(Some(record))
    }

    /// Makes a table again that an earlier server kept.
    pub(super) fn restore(&self, kept: Kept) -> Result<(), Fault> {
        let Kept {
            name,
            record,
            items,
            ..
        } = kept;
        run(&self.database, "CreateTable", record.create.clone())?;
        if let Some(attribute) = &record.time_to_live {
            let lives = json!({ "Enabled": true, "AttributeName": attribute });
            let update = json!({ "TableName": name, "TimeToLiveSpecification": lives });
            run(&self.database, "UpdateTimeToLive", update)?;
        }
        let items = { items.into_iter() }
            .map(|item| serde_json::from_value(Value::Object(item)))
            .collect::<Result<Vec<Item>, _>>()
            .map_err(Fault::storage)?;
        let imported = self
            .database
            .import_items(&name, items, ImportOptions::default());
        imported.map_err(|error| refusal("", &error))?;
        self.lock().insert(name, record);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, TableRecord>> {
        // Each change of the map is a single step, so the map behind a poisoned lock is consistent.
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Refuses by name what could not be kept.
fn check(operation: &str, input: &Value) -> Result<(), Fault> {
    let members = input.as_object().into_iter().flatten();
    for (member, _) in members {
        if member.starts_with("VectorIndex") || member == "ReplicaUpdates" {
            let what = format!("{operation} with {member}");
            return Err(Fault::not_implemented("dynamodb", &what));
        }
    }
    Ok(())
}

/// Adds what the engine makes up.
fn describe(description: &mut Map<String, Value>, record: &TableRecord) {
    description.insert("TableId".to_owned(), json!(record.id));
    #[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years")]
    let created = record.created as f64 / 1000.0;
    description.insert("CreationDateTime".to_owned(), json!(created));
}
