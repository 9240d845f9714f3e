//! A map in memory whose every change is on disk before it is acknowledged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Change, Store, StoreError, Table};
use crate::fault::Fault;

/// The resources of one kind, by key.
pub(crate) struct Durable<T> {
    kind: &'static str,
    store: Arc<Store>,
    records: Mutex<BTreeMap<String, Arc<T>>>,
}

impl<T: Serialize + DeserializeOwned> Durable<T> {
    pub(crate) fn load(store: &Arc<Store>, kind: &'static str) -> Result<Self, StoreError> {
        let prefix = format!("{kind}/");
        let mut records = BTreeMap::new();
        let stored = store
            .database
            .scan(Table::Resources, &prefix, None, usize::MAX)?;
        for (key, value) in stored {
            records.insert(
                key[prefix.len()..].to_owned(),
                Arc::new(serde_json::from_slice(&value)?),
            );
        }
        Ok(Durable {
            kind,
            store: Arc::clone(store),
            records: Mutex::new(records),
        })
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<T>> {
        self.lock().get(key).cloned()
    }

    /// All records whose key starts with `prefix`, in key order.
    pub(crate) fn list(&self, prefix: &str) -> Vec<(String, Arc<T>)> {
        self.lock()
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, record)| (key.clone(), Arc::clone(record)))
            .collect()
    }

    /// Checks and changes in one step: no other change happens between what `edit` reads and what it writes. If `edit`
    /// fails, nothing has changed.
    pub(crate) async fn change<R>(
        &self,
        edit: impl FnOnce(&mut Edit<'_, T>) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let (result, commit) = {
            let mut records = self.lock();
            let mut pending = Edit {
                records: &records,
                changed: BTreeMap::new(),
            };
            let result = edit(&mut pending)?;
            let changed = pending.changed;
            if changed.is_empty() {
                return Ok(result);
            }
            let mut changes = Vec::with_capacity(changed.len());
            for (key, record) in &changed {
                let path = format!("{}/{key}", self.kind);
                changes.push(match record {
                    Some(record) => Change::Put {
                        table: Table::Resources,
                        key: path,
                        value: serde_json::to_vec(record.as_ref()).map_err(Fault::storage)?,
                    },
                    None => Change::Delete {
                        table: Table::Resources,
                        key: path,
                    },
                });
            }
            for (key, record) in changed {
                match record {
                    Some(record) => records.insert(key, record),
                    None => records.remove(&key),
                };
            }
            // Queued under the lock, so that changes reach the disk in the order in which they were made.
            (result, self.store.write(changes))
        };
        commit.done().await?;
        Ok(result)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<T>>> {
        // `change` can panic only before it touches the map, so the map behind a poisoned lock is consistent.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The view of a [`Durable::change`], and its changes.
pub(crate) struct Edit<'a, T> {
    records: &'a BTreeMap<String, Arc<T>>,
    changed: BTreeMap<String, Option<Arc<T>>>,
}

impl<T> Edit<'_, T> {
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<T>> {
        match self.changed.get(key) {
            Some(changed) => changed.as_ref(),
            None => self.records.get(key),
        }
    }

    pub(crate) fn put(&mut self, key: &str, record: T) {
        self.changed.insert(key.to_owned(), Some(Arc::new(record)));
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.changed.insert(key.to_owned(), None);
    }
}
