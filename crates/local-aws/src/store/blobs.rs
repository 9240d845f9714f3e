//! Files named by the SHA-256 of what they hold: the zips of functions.

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

    pub(crate) fn path(&self, digest: &[u8; 32]) -> PathBuf {
        self.path_of(&hex(digest))
    }

    pub(crate) fn path_of(&self, hash: &str) -> PathBuf {
        self.directory.join(format!("{hash}.zip"))
    }
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
