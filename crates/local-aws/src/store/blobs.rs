//! Files named by the SHA-256 of what they hold: the zips of functions.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

pub(crate) struct Blobs {
    directory: PathBuf,
}

impl Blobs {
    pub(super) fn open(directory: PathBuf) -> io::Result<Blobs> {
        fs::create_dir_all(&directory)?;
        Ok(Blobs { directory })
    }

    /// Stores `bytes` and gives their SHA-256. Whole or not at all: written beside its place, synced, then renamed.
    pub(crate) fn put(&self, bytes: &[u8]) -> io::Result<[u8; 32]> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let path = self.path(&digest);
        if path.exists() {
            return Ok(digest);
        }
        let unfinished = self
            .directory
            .join(format!("{}.part", uuid::Uuid::new_v4()));
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        sync_directory(&self.directory)?;
        Ok(digest)
    }

    /// Removes all but those of the given hashes, and what an interrupted write left.
    pub(crate) fn keep_only(&self, hashes: &HashSet<String>) -> io::Result<()> {
        remove_others(&self.directory, |name| {
            name.strip_suffix(".zip")
                .is_some_and(|hash| hashes.contains(hash))
        })
    }

    pub(crate) fn path(&self, digest: &[u8; 32]) -> PathBuf {
        self.path_of(&hex(digest))
    }

    pub(crate) fn path_of(&self, hash: &str) -> PathBuf {
        self.directory.join(format!("{hash}.zip"))
    }
}

/// Removes what `stays` does not name from a folder. A folder that is not there has nothing to remove.
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

pub(crate) fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A rename is on disk only once its directory is.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()
    } else {
        Ok(())
    }
}
