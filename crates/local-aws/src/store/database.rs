//! The file `state.redb`: created, opened, checked, read and written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{ReadableDatabase, ReadableTable, TableDefinition};

use super::change::Change;
use super::failure::{Failure, catch_panic};
use super::health::Health;
use super::seal::Seal;
use super::{StoreError, Table};
use crate::private;

/// The size of redb's page cache. Small, because a laptop's stack is small and finished executions are rarely read.
const CACHE_BYTES: usize = 32 * 1024 * 1024;

/// Holds a sealed value under [`SEALED`], which shows whether the key file is the right one.
const META: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("meta");
const SEALED: &str = "sealed";

pub(super) struct Database {
    /// `None` once it is closed.
    redb: Option<redb::Database>,
    /// Bodies are sealed with it as well.
    pub(super) seal: Arc<Seal>,
    pub(super) health: Arc<Health>,
}

/// The database's file in a data directory, and the key's.
pub(super) fn file(directory: &Path) -> PathBuf {
    directory.join("state.redb")
}

pub(super) fn key_file(directory: &Path) -> PathBuf {
    directory.join("key")
}

impl Database {
    /// Opens the database, or creates it. The checksum of every page in use is verified.
    pub(super) fn open(directory: &Path) -> Result<Database, StoreError> {
        let (path, key) = (file(directory), key_file(directory));
        let known = Seal::read(&key)?;
        let seal = || Seal::make(&key);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let seal = known.map_or_else(seal, Ok)?;
                replace(&path, &seal, None)?;
                return Ok(Database::new(open(&path)?, seal));
            }
            Err(error) => return Err(error.into()),
            Ok(found) if found.len() == 0 => {
                return Err(StoreError::Damaged("the file is empty".to_owned()));
            }
            Ok(_) => {}
        }
        let redb = open(&path)?;
        let Some(check) = sealed(&redb)? else {
            // An older txflow wrote it, without sealing anything.
            let seal = known.map_or_else(seal, Ok)?;
            replace(&path, &seal, Some(redb))?;
            return Ok(Database::new(open(&path)?, seal));
        };
        let fits = known.filter(|seal| seal.open(SEALED, &check).is_some());
        let unreadable =
            "the key file beside it is missing, damaged, or belongs to another database";
        let seal = fits.ok_or_else(|| StoreError::Damaged(unreadable.to_owned()))?;
        Ok(Database::new(redb, seal))
    }

    fn new(redb: redb::Database, seal: Seal) -> Database {
        Database {
            redb: Some(redb),
            seal: Arc::new(seal),
            health: Arc::default(),
        }
    }

    /// The record of a key.
    pub(super) fn get(&self, table: Table, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        catch_panic(|| {
            let open = self.redb()?.begin_read()?.open_table(table.definition())?;
            let Some(value) = open.get(key)? else {
                return Ok(None);
            };
            self.unseal(table, key, value.value()).map(Some)
        })
    }

    /// See [`super::Store::scan`].
    pub(super) fn scan(
        &self,
        table: Table,
        prefix: &str,
        from: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        catch_panic(|| {
            let open = self.redb()?.begin_read()?.open_table(table.definition())?;
            let mut found = Vec::new();
            for entry in open.range(from.unwrap_or(prefix)..)? {
                let (key, value) = entry?;
                let key = key.value();
                if found.len() == limit || !key.starts_with(prefix) {
                    break;
                }
                found.push((key.to_owned(), self.unseal(table, key, value.value())?));
            }
            Ok(found)
        })
    }

    /// See [`super::Store::keys`].
    pub(super) fn keys(&self, table: Table, prefix: &str) -> Result<Vec<String>, Failure> {
        catch_panic(|| {
            let open = self.redb()?.begin_read()?.open_table(table.definition())?;
            let mut found = Vec::new();
            for entry in open.range(prefix..)? {
                let (key, _) = entry?;
                match key.value() {
                    key if key.starts_with(prefix) => found.push(key.to_owned()),
                    _ => break,
                }
            }
            Ok(found)
        })
    }

    /// Applies the changes in one transaction, in order, and returns once they are on disk.
    pub(super) fn commit<'a>(
        &self,
        changes: impl Iterator<Item = &'a Change> + Clone,
    ) -> Result<(), Failure> {
        catch_panic(|| {
            let transaction = self.redb()?.begin_write()?;
            // Each table is opened once per transaction, however many changes it has.
            for table in Table::ALL {
                let mut open = None;
                for change in changes.clone().filter(|change| change.table() == table) {
                    let open = match &mut open {
                        Some(open) => open,
                        none => none.insert(transaction.open_table(table.definition())?),
                    };
                    match change {
                        Change::Put { key, value, .. } => {
                            let sealed = seal(&self.seal, table, key, value)?;
                            open.insert(key.as_str(), sealed.as_slice())?;
                        }
                        Change::Delete { key, .. } => {
                            open.remove(key.as_str())?;
                        }
                        Change::DeletePrefix { prefix, .. } => {
                            let end = after(prefix);
                            open.retain_in(prefix.as_str()..end.as_str(), |_, _| false)?;
                        }
                    }
                }
            }
            Ok(transaction.commit()?)
        })
    }

    fn redb(&self) -> Result<&redb::Database, Failure> {
        self.redb.as_ref().ok_or(Failure::Closed)
    }

    fn unseal(&self, table: Table, key: &str, value: &[u8]) -> Result<Vec<u8>, Failure> {
        let opened = self.seal.open(&place(table, key), value);
        opened.ok_or(Failure::Seal("a record was altered"))
    }
}

impl Drop for Database {
    /// Records an error that redb's own drop would ignore.
    fn drop(&mut self) {
        let redb = self.redb.take();
        let closed = catch_panic(|| redb.map_or(Ok(()), |redb| Ok(redb.close()?)));
        if let Err(failure) = closed {
            let _ = self.health.failed(&failure);
        }
    }
}

fn open(path: &Path) -> Result<redb::Database, StoreError> {
    let file = private::open(path)?;
    let opened = catch_panic(|| {
        let mut builder = redb::Database::builder();
        builder
            .set_cache_size(CACHE_BYTES)
            .set_check_integrity_on_open(true);
        Ok(builder.create_with_backend(FileBackend::new(file)?)?)
    });
    Ok(opened?)
}

/// The value that shows that the database is sealed.
fn sealed(redb: &redb::Database) -> Result<Option<Vec<u8>>, Failure> {
    catch_panic(|| match redb.begin_read()?.open_table(META) {
        Ok(table) => Ok(table.get(SEALED)?.map(|value| value.value().to_vec())),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    })
}

/// Puts a new database at `path`, with the records of `clear`, which was not sealed. It replaces the old file in one
/// step, so nothing of that stays behind in unused pages.
fn replace(path: &Path, seal_with: &Seal, clear: Option<redb::Database>) -> Result<(), StoreError> {
    let unfinished = path.with_extension("part");
    let file = private::create(&unfinished)?;
    let filled = catch_panic(|| {
        let redb = redb::Database::builder().create_with_backend(FileBackend::new(file)?)?;
        let transaction = redb.begin_write()?;
        let check = seal_with.seal(SEALED, b"").map_err(Failure::Seal)?;
        transaction
            .open_table(META)?
            .insert(SEALED, check.as_slice())?;
        for table in Table::ALL {
            let mut to = transaction.open_table(table.definition())?;
            let Some(clear) = &clear else { continue };
            let from = match clear.begin_read()?.open_table(table.definition()) {
                Ok(from) => from,
                Err(redb::TableError::TableDoesNotExist(_)) => continue,
                Err(error) => return Err(error.into()),
            };
            for entry in from.iter()? {
                let (key, value) = entry?;
                let sealed = seal(seal_with, table, key.value(), value.value())?;
                to.insert(key.value(), sealed.as_slice())?;
            }
        }
        transaction.commit()?;
        Ok(redb.close()?)
    });
    filled?;
    catch_panic(|| {
        drop(clear);
        Ok(())
    })?;
    fs::rename(unfinished, path)?;
    if let Some(directory) = path.parent() {
        private::sync_folder(directory)?;
    }
    Ok(())
}

fn seal(seal: &Seal, table: Table, key: &str, value: &[u8]) -> Result<Vec<u8>, Failure> {
    seal.seal(&place(table, key), value).map_err(Failure::Seal)
}

fn place(table: Table, key: &str) -> String {
    format!("{}/{key}", table.name())
}

/// A key after all that start with `prefix`: no key contains the last code point.
fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}
