//! A change to the store.

use super::Table;

#[derive(Debug)]
pub(crate) enum Change {
    Put {
        table: Table,
        key: String,
        value: Vec<u8>,
    },
    Delete {
        table: Table,
        key: String,
    },
    /// Removes all keys that start with `prefix`.
    DeletePrefix {
        table: Table,
        prefix: String,
    },
}

impl Change {
    pub(super) fn table(&self) -> Table {
        match self {
            Change::Put { table, .. }
            | Change::Delete { table, .. }
            | Change::DeletePrefix { table, .. } => *table,
        }
    }
}
