//! Records in memory, for a server that keeps nothing.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::change::Change;
use super::{Entries, Table};

type Records = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
pub(super) struct Memory(Mutex<BTreeMap<Table, Records>>);

impl Memory {
    pub(super) fn get(&self, table: Table, key: &str) -> Option<Vec<u8>> {
        self.lock().get(&table)?.get(key).cloned()
    }

    /// See [`super::Store::scan`].
    pub(super) fn scan(
        &self,
        table: Table,
        prefix: &str,
        from: Option<&str>,
        limit: usize,
    ) -> Entries {
        let tables = self.lock();
        let Some(records) = tables.get(&table) else {
            return Entries::new();
        };
        records
            .range(from.unwrap_or(prefix).to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }

    /// See [`super::Store::keys`].
    pub(super) fn keys(&self, table: Table, prefix: &str) -> Vec<String> {
        let tables = self.lock();
        let records = tables.get(&table).into_iter();
        let keys = records.flat_map(|records| records.range(prefix.to_owned()..));
        keys.map(|(key, _)| key)
            .take_while(|key| key.starts_with(prefix))
            .cloned()
            .collect()
    }

    pub(super) fn apply(&self, changes: Vec<Change>) {
        let mut tables = self.lock();
        for change in changes {
            let records = tables.entry(change.table()).or_default();
            match change {
                Change::Put { key, value, .. } => {
                    records.insert(key, value);
                }
                Change::Delete { key, .. } => {
                    records.remove(&key);
                }
                Change::DeletePrefix { prefix, .. } => {
                    records.retain(|key, _| !key.starts_with(&prefix));
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Table, Records>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
