//! The bodies of objects, each under an id of its own: sealed files, or bytes in memory.
//!
//! A body is sealed in chunks, so that a large one is in memory once.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::blobs::remove_others;
use super::seal::Seal;
use crate::private;

pub(crate) enum Bodies {
    OnDisk { directory: PathBuf, seal: Arc<Seal> },
    InMemory(Mutex<BTreeMap<String, Vec<Bytes>>>),
}

const CHUNK: usize = 1024 * 1024;
/// What a sealed chunk is longer than its content, at most.
const SEAL_BYTES: usize = 256;

impl Bodies {
    pub(super) fn open(directory: PathBuf, seal: Arc<Seal>) -> io::Result<Bodies> {
        private::folder(&directory)?;
        Ok(Bodies::OnDisk { directory, seal })
    }

    pub(super) fn in_memory() -> Bodies {
        Bodies::InMemory(Mutex::default())
    }

    /// Stores a body, which comes in pieces. The id is a plain file name that nothing else has.
    pub(crate) async fn put(&self, id: &str, pieces: Vec<Bytes>) -> io::Result<()> {
        match self {
            Bodies::OnDisk { directory, seal } => {
                let (directory, seal, id) = (directory.clone(), Arc::clone(seal), id.to_owned());
                let written =
                    tokio::task::spawn_blocking(move || write(&directory, &seal, &id, &pieces));
                written.await.map_err(io::Error::other)?
            }
            Bodies::InMemory(bodies) => {
                lock(bodies).insert(id.to_owned(), pieces);
                Ok(())
            }
        }
    }

    /// The bodies with these ids, one after the other.
    pub(crate) async fn get(&self, ids: Vec<String>, size: usize) -> io::Result<Bytes> {
        match self {
            Bodies::OnDisk { directory, seal } => {
                let (directory, seal) = (directory.clone(), Arc::clone(seal));
                let read = tokio::task::spawn_blocking(move || {
                    let mut whole = Vec::with_capacity(size);
                    for id in ids {
                        read(&directory, &seal, &id, &mut whole)?;
                    }
                    Ok(Bytes::from(whole))
                });
                read.await.map_err(io::Error::other)?
            }
            Bodies::InMemory(bodies) => {
                let bodies = lock(bodies);
                let mut pieces = Vec::new();
                for id in &ids {
                    pieces.extend(bodies.get(id).ok_or(io::ErrorKind::NotFound)?.iter());
                }
                Ok(match pieces[..] {
                    [single] => single.clone(),
                    _ => pieces.into_iter().flatten().copied().collect(),
                })
            }
        }
    }

    /// Removes a body that nothing names any more. One that is gone is fine.
    pub(crate) fn remove(&self, id: &str) {
        match self {
            Bodies::OnDisk { directory, .. } => {
                // What stays behind is removed at the next start.
                let _ = fs::remove_file(directory.join(id));
            }
            Bodies::InMemory(bodies) => {
                lock(bodies).remove(id);
            }
        }
    }

    /// Removes all bodies but these, including what an interrupted write left.
    pub(crate) fn keep_only(&self, ids: &HashSet<String>) -> io::Result<()> {
        match self {
            Bodies::OnDisk { directory, .. } => remove_others(directory, |name| ids.contains(name)),
            Bodies::InMemory(bodies) => {
                lock(bodies).retain(|id, _| ids.contains(id));
                Ok(())
            }
        }
    }
}

fn lock(
    bodies: &Mutex<BTreeMap<String, Vec<Bytes>>>,
) -> MutexGuard<'_, BTreeMap<String, Vec<Bytes>>> {
    bodies.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Atomic: written to a temporary file, synced, then renamed.
fn write(directory: &Path, seal: &Seal, id: &str, pieces: &[Bytes]) -> io::Result<()> {
    let unfinished = directory.join(format!("{id}.part"));
    let written = private::create(&unfinished).and_then(|mut file| {
        let chunks = pieces.iter().flat_map(|piece| piece.chunks(CHUNK));
        let mut count = 0_usize;
        for chunk in chunks {
            write_chunk(&mut file, seal, &place(id, count, false), chunk)?;
            count += 1;
        }
        // The end is sealed as well, so that a file that was cut off is not taken for a whole one.
        write_chunk(&mut file, seal, &place(id, count, true), &[])?;
        file.sync_all()?;
        fs::rename(&unfinished, directory.join(id))
    });
    if written.is_err() {
        // The disk may be full, so leave nothing behind.
        let _ = fs::remove_file(&unfinished);
    }
    written?;
    private::sync_folder(directory)
}

fn write_chunk(file: &mut fs::File, seal: &Seal, place: &str, chunk: &[u8]) -> io::Result<()> {
    let sealed = seal.seal(place, chunk).map_err(io::Error::other)?;
    let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
    file.write_all(&length.to_be_bytes())?;
    file.write_all(&sealed)
}

fn read(directory: &Path, seal: &Seal, id: &str, whole: &mut Vec<u8>) -> io::Result<()> {
    let mut file = BufReader::new(fs::File::open(directory.join(id))?);
    for count in 0.. {
        let mut length = [0; 4];
        file.read_exact(&mut length)?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > CHUNK + SEAL_BYTES {
            return Err(altered());
        }
        let mut sealed = vec![0; length];
        file.read_exact(&mut sealed)?;
        match seal.open(&place(id, count, false), &sealed) {
            Some(chunk) => whole.extend(chunk),
            None => {
                let end = seal.open(&place(id, count, true), &sealed);
                return end.map(drop).ok_or_else(altered);
            }
        }
    }
    Ok(())
}

fn altered() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a body was altered")
}

fn place(id: &str, chunk: usize, end: bool) -> String {
    match end {
        true => format!("body/{id}/{chunk}/end"),
        false => format!("body/{id}/{chunk}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_comes_back_whole_and_is_nowhere_in_clear() {
        let folder = tempfile::tempdir().unwrap();
        let seal = Arc::new(Seal::make(&folder.path().join("key")).unwrap());
        let bodies = Bodies::open(folder.path().join("bodies"), seal).unwrap();
        let secret = b"correct horse battery staple".repeat(80_000);
        let (first, second) = secret.split_at(1_500_000);
        let pieces = vec![
            Bytes::copy_from_slice(first),
            Bytes::copy_from_slice(second),
        ];
        bodies.put("a", pieces).await.unwrap();
        bodies.put("b", Vec::new()).await.unwrap();
        let ids = || vec!["b".to_owned(), "a".to_owned()];
        assert_eq!(bodies.get(ids(), secret.len()).await.unwrap(), secret);

        let file = folder.path().join("bodies/a");
        let stored = fs::read(&file).unwrap();
        let word = b"horse";
        assert!(!stored.windows(word.len()).any(|window| window == word));
        for cut in [0, 3, CHUNK + 100, stored.len() - 1, stored.len() - 44] {
            fs::write(&file, &stored[..cut]).unwrap();
            assert!(bodies.get(ids(), 0).await.is_err(), "{cut}");
        }

        bodies.keep_only(&HashSet::from(["b".to_owned()])).unwrap();
        assert!(!file.exists());
        bodies.remove("b");
        assert!(bodies.get(vec!["b".to_owned()], 0).await.is_err());
    }
}
