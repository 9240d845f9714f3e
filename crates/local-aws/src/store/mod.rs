//! What survives the process: an embedded ACID store, whose values are sealed, and content-addressed zips.

mod blobs;
mod caught;
mod change;
mod database;
mod durable;
mod health;
mod seal;
mod set_aside;
mod writer;

use std::path::Path;
use std::sync::Arc;

use redb::TableDefinition;
use tokio::sync::oneshot;

pub(crate) use self::blobs::{Blobs, hex, remove_others};
use self::caught::Failure;
pub(crate) use self::change::Change;
use self::database::Database;
pub(crate) use self::durable::Durable;
pub(crate) use self::health::Health;
pub use self::set_aside::Damaged;
use self::set_aside::set_aside;
pub(crate) use self::writer::Commit;
use self::writer::Writer;
use crate::discovery::Claim;
use crate::fault::Fault;

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
        TableDefinition::new(self.name())
    }

    fn name(self) -> &'static str {
        match self {
            Table::Resources => "resources",
            Table::Executions => "executions",
            Table::ExecutionIndex => "execution-index",
            Table::History => "history",
            Table::LogEvents => "log-events",
        }
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

/// A store, and what its owner is to know of it.
pub(crate) struct Opened {
    pub(crate) store: Arc<Store>,
    /// Ends when the store is closed.
    pub(crate) closed: oneshot::Receiver<()>,
    /// Outlives the store, which tells its end.
    pub(crate) health: Arc<Health>,
    /// If the database that was there could not be used.
    pub(crate) damaged: Option<Damaged>,
}

impl Store {
    /// Opens the store of a directory that the claim is for. A damaged database is moved aside, and a new one made.
    pub(crate) fn open(directory: &Path, claim: &Arc<Claim>) -> Result<Opened, StoreError> {
        match Database::open(directory) {
            Ok(database) => Store::of(directory, claim, database, None),
            Err(StoreError::Damaged(cause)) => Store::replace(directory, claim, cause),
            Err(error) => Err(error),
        }
    }

    /// Moves the database of a directory aside, which nobody has open, and opens a new one.
    fn replace(directory: &Path, claim: &Arc<Claim>, cause: String) -> Result<Opened, StoreError> {
        let damaged = set_aside(directory, cause)?;
        Store::of(directory, claim, Database::open(directory)?, Some(damaged))
    }

    fn of(
        directory: &Path,
        claim: &Arc<Claim>,
        database: Database,
        damaged: Option<Damaged>,
    ) -> Result<Opened, StoreError> {
        let (is_open, closed) = oneshot::channel();
        let health = Arc::clone(&database.health);
        let database = Arc::new(database);
        let store = Store {
            writer: Writer::start(Arc::clone(&database))?,
            database,
            _claim: Arc::clone(claim),
            _closed: is_open,
            blobs: Blobs::open(directory.join("blobs"))?,
        };
        Ok(Opened {
            store: Arc::new(store),
            closed,
            health,
            damaged,
        })
    }

    /// Hands changes to the writer, in the order of the calls. Nothing may be acknowledged to a client before the
    /// returned commit is done.
    pub(crate) fn write(&self, changes: Vec<Change>) -> Commit {
        self.writer.write(changes)
    }

    pub(crate) fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        self.database.health.check()?;
        let found = self.database.get(table, key);
        found.map_err(|failure| self.database.health.failed(&failure))
    }

    /// The records whose key starts with `prefix`, in key order, from `from` (inclusive) on, at most `limit`.
    pub(crate) fn scan(
        &self,
        table: Table,
        prefix: &str,
        from: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, Fault> {
        self.database.health.check()?;
        let found = self.database.scan(table, prefix, from, limit);
        found.map_err(|failure| self.database.health.failed(&failure))
    }

    /// Refuses if the database has failed: what memory holds may not be on disk.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        self.database.health.check()
    }
}

impl Opened {
    /// A new store in its place, because what it holds cannot be used.
    pub(crate) fn replaced(
        self,
        directory: &Path,
        claim: &Arc<Claim>,
        cause: String,
    ) -> Result<Opened, StoreError> {
        drop(self);
        Store::replace(directory, claim, cause)
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
    /// Moved aside if it is found at the start.
    #[error("the local AWS's database is damaged: {0}")]
    Damaged(String),
    #[error("the local AWS could not use its database: {0}")]
    Failed(String),
}

impl StoreError {
    pub(crate) fn is_out_of_room(&self) -> bool {
        match self {
            StoreError::Database(redb::Error::Io(error)) | StoreError::Io(error) => {
                is_out_of_room(error)
            }
            _ => false,
        }
    }
}

/// Whether the disk is full, or the file as large as it may be.
pub(crate) fn is_out_of_room(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> StoreError {
        match failure {
            failure if failure.is_damage() => StoreError::Damaged(failure.to_string()),
            Failure::Redb(error) => StoreError::Database(error),
            failure => StoreError::Failed(failure.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
