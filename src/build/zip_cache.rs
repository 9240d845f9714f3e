//! The zips of earlier builds, each beside the binary that it was made of.
//!
//! `purchase-handler.zip-cache` holds the hash of the binary, the hash of the zip, and the zip. Nothing that it says is
//! believed: it counts if both hashes are right, and otherwise the binary is zipped again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use uuid::Uuid;
use zip::result::ZipResult;

use super::zip::{MAKES, zip};

const HASH: usize = 32;

/// The zip of the binary at `path`, which has these bytes.
pub fn zipped(path: &Path, binary: &[u8]) -> ZipResult<Vec<u8>> {
    let of = hash(&[MAKES.as_bytes(), binary]);
    let cache = place(path);
    if let Some(zip) = find(&cache, &of) {
        return Ok(zip);
    }
    let zip = zip(binary)?;
    // Without a cache the next build takes longer, and that is all.
    let _ = keep(&cache, &of, &zip);
    Ok(zip)
}

fn place(binary: &Path) -> PathBuf {
    binary.with_added_extension("zip-cache")
}

#[expect(clippy::disallowed_methods, reason = "reads what a build left")]
fn find(cache: &Path, of: &[u8; HASH]) -> Option<Vec<u8>> {
    let mut entry = fs::read(cache).ok()?;
    let (binary, rest) = entry.split_first_chunk::<HASH>()?;
    let (expected, zip) = rest.split_first_chunk::<HASH>()?;
    if binary != of || *expected != hash(&[zip]) {
        return None;
    }
    Some(entry.split_off(2 * HASH))
}

/// Builds of one project may run at once, so the entry is put in place whole.
#[expect(clippy::disallowed_methods, reason = "leaves it to the next build")]
fn keep(cache: &Path, of: &[u8; HASH], zip: &[u8]) -> io::Result<()> {
    let entry = [of, hash(&[zip]).as_slice(), zip].concat();
    let unfinished = cache.with_added_extension(Uuid::new_v4().to_string());
    let kept = fs::write(&unfinished, entry).and_then(|()| fs::rename(&unfinished, cache));
    if kept.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    kept
}

fn hash(parts: &[&[u8]]) -> [u8; HASH] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tempfile::TempDir;

    use super::*;

    const BINARY: &[u8] = b"a binary";

    /// An entry with another zip, so that a test can tell a zip that was found from one that was made.
    fn planted(cache: &Path, of: &[u8]) {
        keep(cache, &hash(&[MAKES.as_bytes(), of]), b"planted").unwrap();
    }

    #[test]
    fn a_binary_is_zipped_once() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("handler");
        let made = zipped(&path, BINARY).unwrap();
        assert_eq!(made, zip(BINARY).unwrap());
        let of = hash(&[MAKES.as_bytes(), BINARY]);
        assert_eq!(find(&place(&path), &of), Some(made));

        planted(&place(&path), BINARY);
        assert_eq!(zipped(&path, BINARY).unwrap(), b"planted");
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing unfinished stays");
    }

    #[test]
    fn another_binary_is_zipped_anew() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("handler");
        planted(&place(&path), b"the binary before");
        assert_eq!(zipped(&path, BINARY).unwrap(), zip(BINARY).unwrap());
    }

    #[test]
    fn a_damaged_entry_is_made_anew() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("handler");
        let made = zipped(&path, BINARY).unwrap();
        let entry = fs::read(place(&path)).unwrap();
        for damage in [0, HASH, 2 * HASH, entry.len() - 1] {
            let mut damaged = entry.clone();
            damaged[damage] ^= 1;
            fs::write(place(&path), &damaged).unwrap();
            assert_eq!(zipped(&path, BINARY).unwrap(), made);
            fs::write(place(&path), &entry[..damage]).unwrap();
            assert_eq!(zipped(&path, BINARY).unwrap(), made);
            assert_eq!(fs::read(place(&path)).unwrap(), entry);
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_no_reason_to_fail() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("missing/handler");
        assert_eq!(zipped(&path, BINARY).unwrap(), zip(BINARY).unwrap());
    }

    #[test]
    fn builds_at_once_never_read_half_an_entry() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("handler");
        thread::scope(|scope| {
            for version in 0_u8..4 {
                let path = &path;
                scope.spawn(move || {
                    let binary = [version; 4096];
                    for _ in 0..50 {
                        assert_eq!(zipped(path, &binary).unwrap(), zip(&binary).unwrap());
                    }
                });
            }
        });
    }
}
