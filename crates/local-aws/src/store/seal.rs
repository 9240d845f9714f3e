//! Encryption of the stored values, which include the environments of functions and the inputs and outputs of handlers.
//!
//! Whoever has the database without the key file can read names and sizes, and cannot change anything unnoticed. It
//! does not protect against whoever can read the whole folder.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use txflow_seal::{Cipher, KEY_BYTES};

use crate::private;

pub(crate) struct Seal(Cipher);

impl Seal {
    /// `None` if there is no valid key.
    pub(super) fn read(path: &Path) -> io::Result<Option<Seal>> {
        let key = match private::read(path, 4096) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let key = <[u8; KEY_BYTES]>::try_from(key).ok();
        Ok(key.map(|key| Seal(Cipher::new(&key))))
    }

    /// A new key, on disk before anything is sealed with it.
    pub(super) fn make(path: &Path) -> io::Result<Seal> {
        let random = || io::Error::other("the system provides no random numbers");
        let key = Cipher::random_key().ok_or_else(random)?;
        let unfinished = path.with_extension("part");
        let mut file = private::create(&unfinished)?;
        file.write_all(&key)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        Ok(Seal(Cipher::new(&key)))
    }

    /// See [`Cipher::seal`].
    pub(super) fn seal(&self, place: &str, value: &[u8]) -> Result<Vec<u8>, &'static str> {
        self.0.seal(place, value)
    }

    /// See [`Cipher::open`].
    pub(super) fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.open(place, sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_at_the_place_opens_a_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(Seal::read(&path).unwrap().is_none());
        let seal = Seal::make(&path).unwrap();
        let sealed = seal.seal("a", b"value").unwrap();
        assert_ne!(sealed, seal.seal("a", b"value").unwrap());
        let again = Seal::read(&path).unwrap().unwrap();
        assert_eq!(again.open("a", &sealed).as_deref(), Some(&b"value"[..]));
        assert_eq!(again.open("b", &sealed), None);
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert_eq!(again.open("a", &changed), None);
        }
        assert_eq!(again.open("a", &sealed[..10]), None);
        assert_eq!(Seal::make(&path).unwrap().open("a", &sealed), None);
        fs::write(&path, [0; 31]).unwrap();
        assert!(Seal::read(&path).unwrap().is_none());
    }
}
