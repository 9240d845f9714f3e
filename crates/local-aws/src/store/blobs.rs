//! The zips of functions, named by the SHA-256 of their content: files, or bytes in memory.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::private;

pub(crate) enum Blobs {
    OnDisk(PathBuf),
    InMemory(Mutex<BTreeMap<[u8; 32], Bytes>>),
}

impl Blobs {
    pub(super) fn open(directory: PathBuf) -> io::Result<Blobs> {
        private::folder(&directory)?;
        Ok(Blobs::OnDisk(directory))
    }

    pub(super) fn in_memory() -> Blobs {
        Blobs::InMemory(Mutex::default())
    }

    /// Stores `bytes` and returns their SHA-256. Hashing and syncing 50 MB would hold up other calls, so what goes to
    /// disk is written on a thread of its own.
    pub(crate) async fn put(&self, bytes: Bytes) -> io::Result<[u8; 32]> {
        match self {
            Blobs::OnDisk(directory) => {
                let directory = directory.clone();
                let written = tokio::task::spawn_blocking(move || write(&directory, &bytes));
                written.await.map_err(io::Error::other)?
            }
            Blobs::InMemory(blobs) => {
                let digest = Sha256::digest(&bytes).into();
                let mut blobs = blobs.lock().unwrap_or_else(PoisonError::into_inner);
                blobs.insert(digest, bytes);
                Ok(digest)
            }
        }
    }

    pub(crate) async fn get(&self, digest: &[u8; 32]) -> io::Result<Bytes> {
        match self {
            Blobs::OnDisk(directory) => {
                let bytes = tokio::fs::read(path(directory, digest)).await?;
                Ok(bytes.into())
            }
            Blobs::InMemory(blobs) => {
                let blobs = blobs.lock().unwrap_or_else(PoisonError::into_inner);
                let found = blobs.get(digest).cloned();
                found.ok_or_else(|| io::ErrorKind::NotFound.into())
            }
        }
    }

    /// Whether there is a blob with this hash, and its content is what its name says.
    pub(crate) fn holds(&self, digest: &[u8; 32]) -> io::Result<bool> {
        match self {
            Blobs::OnDisk(directory) => is_whole(directory, digest),
            Blobs::InMemory(blobs) => {
                let blobs = blobs.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(blobs.contains_key(digest))
            }
        }
    }

    /// Removes all blobs except those of the given hashes, including what an interrupted write left.
    pub(crate) fn keep_only(&self, hashes: &HashSet<String>) -> io::Result<()> {
        match self {
            Blobs::OnDisk(directory) => remove_others(directory, |name| {
                name.strip_suffix(".zip")
                    .is_some_and(|hash| hashes.contains(hash))
            }),
            Blobs::InMemory(blobs) => {
                let mut blobs = blobs.lock().unwrap_or_else(PoisonError::into_inner);
                blobs.retain(|digest, _| hashes.contains(&hex::encode(digest)));
                Ok(())
            }
        }
    }

    /// The file of a hash, if blobs are files.
    pub(crate) fn file(&self, digest: &[u8; 32]) -> Option<PathBuf> {
        match self {
            Blobs::OnDisk(directory) => Some(path(directory, digest)),
            Blobs::InMemory(_) => None,
        }
    }
}

/// Atomic: written to a temporary file, synced, then renamed.
fn write(directory: &Path, bytes: &[u8]) -> io::Result<[u8; 32]> {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    if is_whole(directory, &digest)? {
        return Ok(digest);
    }
    let unfinished = directory.join(format!("{}.part", uuid::Uuid::new_v4()));
    let written = private::create(&unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path(directory, &digest))
    });
    if written.is_err() {
        // The disk may be full, so leave nothing behind.
        let _ = fs::remove_file(&unfinished);
    }
    written?;
    private::sync_folder(directory)?;
    Ok(digest)
}

/// Whether the file of a hash exists and has the content that its name says.
fn is_whole(directory: &Path, digest: &[u8; 32]) -> io::Result<bool> {
    match fs::read(path(directory, digest)) {
        Ok(content) => Ok(<[u8; 32]>::from(Sha256::digest(content)) == *digest),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn path(directory: &Path, digest: &[u8; 32]) -> PathBuf {
    directory.join(format!("{}.zip", hex::encode(digest)))
}

/// Removes everything from a folder except what `stays` selects. The folder need not exist.
pub(crate) fn remove_others(directory: &Path, stays: impl Fn(&str) -> bool) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&stays) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?
        } else {
            fs::remove_file(entry.path())?
        }
    }
    Ok(())
}
