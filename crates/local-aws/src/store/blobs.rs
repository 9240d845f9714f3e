//! Files named by the SHA-256 of their content: the zips of functions.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::private;

pub(crate) struct Blobs {
    directory: PathBuf,
}

impl Blobs {
    pub(super) fn open(directory: PathBuf) -> io::Result<Blobs> {
        private::folder(&directory)?;
        Ok(Blobs { directory })
    }

    /// Stores `bytes` and returns their SHA-256. Atomic: written to a temporary file, synced, then renamed.
    pub(crate) fn put(&self, bytes: &[u8]) -> io::Result<[u8; 32]> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        if self.holds(&digest)? {
            return Ok(digest);
        }
        let name = format!("{}.part", uuid::Uuid::new_v4());
        let unfinished = self.directory.join(name);
        let written = private::create(&unfinished).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&unfinished, self.path(&digest))
        });
        if written.is_err() {
            // The disk may be full, so leave nothing behind.
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        private::sync_folder(&self.directory)?;
        Ok(digest)
    }

    /// Whether the file of a hash exists and has the content that its name says.
    pub(crate) fn holds(&self, digest: &[u8; 32]) -> io::Result<bool> {
        match fs::read(self.path(digest)) {
            Ok(content) => Ok(<[u8; 32]>::from(Sha256::digest(content)) == *digest),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes all files except those of the given hashes, including what an interrupted write left.
    pub(crate) fn keep_only(&self, hashes: &HashSet<String>) -> io::Result<()> {
        remove_others(&self.directory, |name| {
            name.strip_suffix(".zip")
                .is_some_and(|hash| hashes.contains(hash))
        })
    }

    pub(crate) fn path(&self, digest: &[u8; 32]) -> PathBuf {
        self.directory.join(format!("{}.zip", hex::encode(digest)))
    }
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
