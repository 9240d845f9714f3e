//! What survives the process: an embedded ACID store and content-addressed zips.

mod blobs;
mod durable;
mod writer;

use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase, TableDefinition};
use tokio::sync::oneshot;

pub(crate) use self::blobs::{Blobs, hex, remove_others};
pub(crate) use self::durable::Durable;
use self::writer::Writer;
pub(crate) use self::writer::{Change, Commit};
use crate::discovery::Claim;
use crate::fault::Fault;

/// Pages that redb keeps in memory. Small, because a laptop's stack is small and finished executions are read rarely.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// The tables. Keys are text, so that a prefix selects what belongs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// Roles, functions, state machines, log groups: `<kind>/<key>`.
    Resources,
    /// Executions by ARN.
    Executions,
    /// `<state machine ARN>|<newest first>|<execution ARN>`: what ListExecutions walks.
    ExecutionIndex,
    /// `<execution ARN>|<first event id of the chunk>`: events, in chunks.
    History,
    /// `<log group key>|<stream>|<sequence>`: log events.
    LogEvents,
}

impl Table {
    const ALL: [Table; 5] = [
        Table::Resources,
        Table::Executions,
        Table::ExecutionIndex,
        Table::History,
        Table::LogEvents,
    ];

    fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(match self {
            Table::Resources => "resources",
            Table::Executions => "executions",
            Table::ExecutionIndex => "execution-index",
            Table::History => "history",
            Table::LogEvents => "log-events",
        })
    }
}

/// The store of one data directory. Whoever holds the directory's lock is the only one to open it.
pub(crate) struct Store {
    // In the order in which they are to end: what is queued is written, the file is closed, then others may open it.
    writer: Writer,
    database: Arc<Database>,
    _claim: Arc<Claim>,
    _closed: Closed,
    pub(crate) blobs: Blobs,
}

/// Tells [`Store::open`]'s caller that the store is closed, by being dropped last.
type Closed = oneshot::Sender<()>;

impl Store {
    /// Opens the store of a directory that the claim is for. The receiver ends when the store is closed.
    pub(crate) fn open(
        directory: &Path,
        claim: Arc<Claim>,
    ) -> Result<(Store, oneshot::Receiver<()>), StoreError> {
        let (closed, is_closed) = oneshot::channel();
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(directory.join("state.redb"))
            .map_err(redb::Error::from)?;
        let transaction = database.begin_write().map_err(redb::Error::from)?;
        for table in Table::ALL {
            transaction
                .open_table(table.definition())
                .map_err(redb::Error::from)?;
        }
        transaction.commit().map_err(redb::Error::from)?;
        let database = Arc::new(database);
        let store = Store {
            writer: Writer::start(Arc::clone(&database))?,
            database,
            _claim: claim,
            _closed: closed,
            blobs: Blobs::open(directory.join("blobs"))?,
        };
        Ok((store, is_closed))
    }

    /// Hands changes to the writer, in the order of the calls. Nothing may be acknowledged to a client before the
    /// returned commit is done.
    pub(crate) fn write(&self, changes: Vec<Change>) -> Commit {
        self.writer.write(changes)
    }

    pub(crate) fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        let read = || -> Result<_, redb::Error> {
            let table = self.database.begin_read()?.open_table(table.definition())?;
            Ok(table.get(key)?.map(|value| value.value().to_vec()))
        };
        read().map_err(Fault::storage)
    }

    /// The records whose key starts with `prefix`, in key order, from `from` (inclusive) on, at most `limit`.
    pub(crate) fn scan(
        &self,
        table: Table,
        prefix: &str,
        from: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, Fault> {
        let read = || -> Result<_, redb::Error> {
            let table = self.database.begin_read()?.open_table(table.definition())?;
            let mut found = Vec::new();
            for entry in table.range(from.unwrap_or(prefix)..)? {
                let (key, value) = entry?;
                if found.len() == limit || !key.value().starts_with(prefix) {
                    break;
                }
                found.push((key.value().to_owned(), value.value().to_vec()));
            }
            Ok(found)
        };
        read().map_err(Fault::storage)
    }
}

/// Why the data directory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the local AWS's database cannot be used: {0}")]
    Database(#[from] redb::Error),
    #[error("the local AWS's data directory cannot be used: {0}")]
    Io(#[from] std::io::Error),
    #[error("a record of the local AWS's database is not readable: {0}")]
    Record(#[from] serde_json::Error),
}
