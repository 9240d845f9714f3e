//! Storage: an embedded ACID database with sealed values, or memory; content-addressed zips, and bodies.

mod blobs;
mod bodies;
mod change;
mod database;
mod durable;
mod failure;
mod health;
mod memory;
mod seal;
mod set_aside;
mod writer;

use std::path::Path;
use std::sync::Arc;

use redb::TableDefinition;
use tokio::sync::oneshot;

pub(crate) use self::blobs::{Blobs, remove_others};
pub(crate) use self::bodies::Bodies;
pub(crate) use self::change::Change;
use self::database::Database;
pub(crate) use self::durable::{Durable, Edit};
use self::failure::Failure;
pub(crate) use self::health::Health;
use self::memory::Memory;
pub use self::set_aside::Damaged;
use self::set_aside::set_aside;
pub(crate) use self::writer::Commit;
use self::writer::Writer;
use crate::discovery::Claim;
use crate::fault::Fault;

/// The tables. Keys are text, so that a prefix selects related records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    /// Roles, functions, state machines, log groups: `<kind>/<key>`.
    Resources,
    /// Executions by ARN.
    Executions,
    /// `<state machine ARN>|<newest first>|<execution ARN>`: what ListExecutions reads.
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

/// Keys and values, in key order.
pub(crate) type Entries = Vec<(String, Vec<u8>)>;

pub(crate) struct Store {
    records: Records,
    pub(crate) blobs: Blobs,
    pub(crate) bodies: Bodies,
}

enum Records {
    OnDisk(OnDisk),
    InMemory(Memory),
}

/// The records of a data directory. Only the holder of the directory's lock opens them.
struct OnDisk {
    // Dropped in this order: what is queued is written, the file is closed, then others may open it.
    writer: Writer,
    database: Arc<Database>,
    _claim: Arc<Claim>,
    _closed: Closed,
}

/// Dropped last, which tells the caller of [`Store::open`] that the store is closed.
type Closed = oneshot::Sender<()>;

/// A store, and what its owner needs to know about it.
pub(crate) struct Opened {
    pub(crate) store: Arc<Store>,
    /// Ends when the store is closed.
    pub(crate) closed: oneshot::Receiver<()>,
    /// Outlives the store, so that it can report how the store ended.
    pub(crate) health: Arc<Health>,
    /// If the database that was there could not be used.
    pub(crate) damaged: Option<Damaged>,
}

impl Store {
    /// Opens the store of the claimed directory. A damaged database is moved aside and replaced.
    pub(crate) fn open(directory: &Path, claim: &Arc<Claim>) -> Result<Opened, StoreError> {
        match Database::open(directory) {
            Ok(database) => Store::of(directory, claim, database, None),
            Err(StoreError::Damaged(cause)) => Store::replace(directory, claim, cause),
            Err(error) => Err(error),
        }
    }

    /// Moves the database of a directory aside and opens a new one. Nobody may have it open.
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
        let bodies = Bodies::open(directory.join("bodies"), Arc::clone(&database.seal))?;
        let database = Arc::new(database);
        let store = Store {
            records: Records::OnDisk(OnDisk {
                writer: Writer::start(Arc::clone(&database))?,
                database,
                _claim: Arc::clone(claim),
                _closed: is_open,
            }),
            blobs: Blobs::open(directory.join("blobs"))?,
            bodies,
        };
        Ok(Opened {
            store: Arc::new(store),
            closed,
            health,
            damaged,
        })
    }

    /// A store that keeps nothing once it is dropped, and never waits.
    pub(crate) fn in_memory() -> Arc<Store> {
        Arc::new(Store {
            records: Records::InMemory(Memory::default()),
            blobs: Blobs::in_memory(),
            bodies: Bodies::in_memory(),
        })
    }

    /// Queues changes for the writer, in the order of the calls. Nothing may be acknowledged to a client before the
    /// returned commit is done.
    pub(crate) fn write(&self, changes: Vec<Change>) -> Commit {
        match &self.records {
            Records::OnDisk(records) => records.writer.write(changes),
            Records::InMemory(memory) => {
                memory.apply(changes);
                Commit::DONE
            }
        }
    }

    pub(crate) fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, Fault> {
        match &self.records {
            Records::OnDisk(records) => records.read(|database| database.get(table, key)),
            Records::InMemory(memory) => Ok(memory.get(table, key)),
        }
    }

    /// At most `limit` records whose key starts with `prefix`, in key order, starting at `from` (inclusive).
    pub(crate) fn scan(
        &self,
        table: Table,
        prefix: &str,
        from: Option<&str>,
        limit: usize,
    ) -> Result<Entries, Fault> {
        match &self.records {
            Records::OnDisk(records) => {
                records.read(|database| database.scan(table, prefix, from, limit))
            }
            Records::InMemory(memory) => Ok(memory.scan(table, prefix, from, limit)),
        }
    }

    /// The keys that start with `prefix`, in order.
    pub(crate) fn keys(&self, table: Table, prefix: &str) -> Result<Vec<String>, Fault> {
        match &self.records {
            Records::OnDisk(records) => records.read(|database| database.keys(table, prefix)),
            Records::InMemory(memory) => Ok(memory.keys(table, prefix)),
        }
    }

    /// All records whose key starts with `prefix`, for the start of a server.
    pub(crate) fn load(&self, table: Table, prefix: &str) -> Result<Entries, StoreError> {
        match &self.records {
            Records::OnDisk(records) => {
                Ok(records.database.scan(table, prefix, None, usize::MAX)?)
            }
            Records::InMemory(memory) => Ok(memory.scan(table, prefix, None, usize::MAX)),
        }
    }

    pub(crate) fn is_on_disk(&self) -> bool {
        matches!(self.records, Records::OnDisk(_))
    }

    /// An error if the database has failed: what is in memory may not be on disk.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match &self.records {
            Records::OnDisk(records) => records.database.health.check(),
            Records::InMemory(_) => Ok(()),
        }
    }
}

impl OnDisk {
    fn read<T>(&self, read: impl FnOnce(&Database) -> Result<T, Failure>) -> Result<T, Fault> {
        let health = &self.database.health;
        health.check()?;
        read(&self.database).map_err(|failure| health.failed(&failure))
    }
}

impl Opened {
    /// Replaces the store, because its content cannot be used.
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
    /// If the damage is found at the start, the database is moved aside instead.
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

/// Whether the disk is full, or the file has reached its size limit.
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
