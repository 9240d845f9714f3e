//! A map in memory whose every change is on disk before it is acknowledged. It remembers for a while what it held
//! before, since AWS's answers are not always about the present.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Change, Store, StoreError, Table};
use crate::clock::{Millis, millis};
use crate::conditions::{Conditions, View};
use crate::fault::Fault;

/// The resources of one kind, by key.
pub(crate) struct Durable<T> {
    kind: &'static str,
    store: Arc<Store>,
    conditions: Arc<Conditions>,
    content: Mutex<Content<T>>,
}

type Records<T> = BTreeMap<String, Arc<T>>;

struct Content<T> {
    records: Records<T>,
    /// By key, oldest first.
    past: BTreeMap<String, Vec<Past<T>>>,
}

/// What there was under a key until a change.
struct Past<T> {
    until: Millis,
    record: Option<Arc<T>>,
}

impl<T: Serialize + DeserializeOwned> Durable<T> {
    pub(crate) fn load(
        store: &Arc<Store>,
        conditions: &Arc<Conditions>,
        kind: &'static str,
    ) -> Result<Self, StoreError> {
        let prefix = format!("{kind}/");
        let mut records = BTreeMap::new();
        for (key, value) in store.load(Table::Resources, &prefix)? {
            records.insert(
                key[prefix.len()..].to_owned(),
                Arc::new(serde_json::from_slice(&value)?),
            );
        }
        Ok(Durable {
            kind,
            store: Arc::clone(store),
            conditions: Arc::clone(conditions),
            content: Mutex::new(Content {
                records,
                past: BTreeMap::new(),
            }),
        })
    }

    pub(crate) fn get(&self, key: &str) -> Option<Arc<T>> {
        self.lock().records.get(key).cloned()
    }

    /// All records whose key starts with `prefix`, in key order.
    pub(crate) fn list(&self, prefix: &str) -> Vec<(String, Arc<T>)> {
        self.lock()
            .records
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .map(|(key, record)| (key.clone(), Arc::clone(record)))
            .collect()
    }

    /// The record at an instant, as far back as the weather needs it.
    pub(crate) fn at(&self, key: &str, instant: Millis) -> Option<Arc<T>> {
        self.lock().at(key, instant).cloned()
    }

    /// The record as a call sees it.
    pub(crate) fn seen(&self, key: &str, view: View) -> Option<Arc<T>> {
        let content = self.lock();
        if content.records.contains_key(key) {
            content.at(key, view.creations)?;
        }
        let now = content.records.get(key);
        content.at(key, view.changes).or(now).cloned()
    }

    /// The list as a call sees it.
    pub(crate) fn seen_list(&self, prefix: &str, view: View) -> Vec<(String, Arc<T>)> {
        if view.lists == Millis::MAX {
            return self.list(prefix);
        }
        let content = self.lock();
        let keys: BTreeSet<&String> = content.records.keys().chain(content.past.keys()).collect();
        keys.into_iter()
            .filter(|key| key.starts_with(prefix))
            .filter_map(|key| Some((key.clone(), Arc::clone(content.at(key, view.lists)?))))
            .collect()
    }

    /// Checks and changes in one step: no other change happens between what `edit` reads and what it writes. If `edit`
    /// fails, nothing has changed.
    pub(crate) async fn change<R>(
        &self,
        edit: impl FnOnce(&mut Edit<'_, T>) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let (result, commit) = {
            let mut content = self.lock();
            let mut pending = Edit {
                records: &content.records,
                changed: BTreeMap::new(),
            };
            let result = edit(&mut pending)?;
            let changed = pending.changed;
            if changed.is_empty() {
                return Ok(result);
            }
            let changes = self.changes(&changed)?;
            let memory = self.conditions.weather().memory();
            let remembered = (!memory.is_zero()).then_some(millis(memory));
            content.apply(changed, self.conditions.now(), remembered);
            // Queued under the lock, so that changes reach the disk in the order in which they were made.
            (result, self.store.write(changes))
        };
        commit.done().await?;
        Ok(result)
    }

    /// What goes to disk. What stays in memory is never read from the store, so it is not written either.
    fn changes(&self, changed: &BTreeMap<String, Option<Arc<T>>>) -> Result<Vec<Change>, Fault> {
        if !self.store.is_on_disk() {
            return Ok(Vec::new());
        }
        let mut changes = Vec::with_capacity(changed.len());
        for (key, record) in changed {
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
        Ok(changes)
    }

    fn lock(&self) -> MutexGuard<'_, Content<T>> {
        // `change` can panic only before it touches the map, so the map behind a poisoned lock is consistent.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Content<T> {
    fn at(&self, key: &str, instant: Millis) -> Option<&Arc<T>> {
        let mut past = self.past.get(key).into_iter().flatten();
        match past.find(|past| past.until > instant) {
            Some(past) => past.record.as_ref(),
            None => self.records.get(key),
        }
    }

    /// `remembered` is how long the past is kept, if it is.
    fn apply(
        &mut self,
        changed: BTreeMap<String, Option<Arc<T>>>,
        now: Millis,
        remembered: Option<Millis>,
    ) {
        if let Some(remembered) = remembered {
            self.past.retain(|_, past| {
                past.retain(|past| past.until + remembered >= now);
                !past.is_empty()
            });
        }
        for (key, record) in changed {
            let before = match record {
                Some(record) => self.records.insert(key.clone(), record),
                None => self.records.remove(&key),
            };
            if remembered.is_some() {
                self.past.entry(key).or_default().push(Past {
                    until: now,
                    record: before,
                });
            }
        }
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
