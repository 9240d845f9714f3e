//! DynamoDB: tables and items. Dynoxide serves the calls, from memory; what they change is kept in the store.
//!
//! PartiQL, streams, backups, exports and global tables are not served.

mod arns;
mod descriptions;
mod engine;
mod expressions;
mod kept;
mod permissions;
mod refusals;
mod region;
mod written;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use self::engine::operation;
use self::region::Region;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::answer::Answer;
use crate::http::api::{Api, Protocol};
use crate::http::call::Call;
use crate::http::scope::Scope;
use crate::permission::Permission;
use crate::service::Operations;
use crate::store::{Store, StoreError};

const API: Api = Api {
    name: "dynamodb",
    protocol: Protocol::Json {
        target: "DynamoDB_20120810",
        content_type: "application/x-amz-json-1.0",
        error_type: refusals::error_type,
    },
};

pub(crate) struct DynamoDb {
    store: Arc<Store>,
    conditions: Arc<Conditions>,
    /// By account and region.
    regions: Mutex<BTreeMap<(String, String), Arc<Region>>>,
}

impl DynamoDb {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
    ) -> Result<DynamoDb, StoreError> {
        let service = DynamoDb {
            store: Arc::clone(store),
            conditions: Arc::clone(conditions),
            regions: Mutex::default(),
        };
        for kept in kept::load(store)? {
            let region = service
                .region(&kept.scope)
                .map_err(|fault| damaged(&fault))?;
            let name = kept.name.clone();
            let restored = region.restore(kept);
            restored.map_err(|fault| {
                damaged(&Fault {
                    message: format!("table `{name}`: {}", fault.message),
                    ..fault
                })
            })?;
        }
        Ok(service)
    }

    /// The tables of an account in a region.
    fn region(&self, scope: &Scope) -> Result<Arc<Region>, Fault> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (scope.account.clone(), scope.region.clone());
        if let Some(region) = regions.get(&key) {
            return Ok(Arc::clone(region));
        }
        let region = Region::new(scope.clone(), &self.store, &self.conditions)?;
        let region = Arc::new(region);
        regions.insert(key, Arc::clone(&region));
        Ok(region)
    }
}

impl Operations for DynamoDb {
    const API: &'static Api = &API;

    fn permissions(&self, call: &Call) -> Option<Vec<Permission>> {
        permissions::needed(call)
    }

    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Answer, Fault> {
        let input: Value = serde_json::from_slice(&call.body).unwrap_or_default();
        if !input.is_object() {
            return Err(Fault::bad("SerializationException", ""));
        }
        if let Some(description) = descriptions::of(&call.operation, &call.scope) {
            if input.get("TableName").is_some() {
                let describe = operation("DescribeTable");
                let describe = describe.ok_or_else(|| unserved(call))?;
                let table = json!({ "TableName": input["TableName"] });
                let (_, commit) = self.region(&call.scope)?.run(describe, table)?;
                commit.done().await?;
            }
            return Ok(Answer::json(description));
        }
        let operation = operation(&call.operation).ok_or_else(|| unserved(call))?;
        let (output, commit) = self.region(&call.scope)?.run(operation, input)?;
        commit.done().await?;
        Ok(Answer::json(output))
    }
}

fn unserved(call: &Call) -> Fault {
    Fault::not_implemented("dynamodb", &call.operation)
}

/// What was kept cannot be served again.
fn damaged(fault: &Fault) -> StoreError {
    StoreError::Damaged(format!("DynamoDB: {}", fault.message))
}
