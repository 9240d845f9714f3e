//! Encryption of the stored values, which include the environments of functions and the inputs and outputs of handlers.
//!
//! Whoever has the database without the key file can read names and sizes, and cannot change anything unnoticed. It
//! does not protect against whoever can read the whole folder.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::private;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

pub(crate) struct Seal(XChaCha20Poly1305);

impl Seal {
    /// `None` if there is no valid key.
    pub(super) fn read(path: &Path) -> io::Result<Option<Seal>> {
        let key = match private::read(path, 4096) {
            Ok(key) => key,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let key = <[u8; KEY_BYTES]>::try_from(key).ok();
        Ok(key.map(|key| Seal(XChaCha20Poly1305::new(&Key::from(key)))))
    }

    /// A new key, on disk before anything is sealed with it.
    pub(super) fn make(path: &Path) -> io::Result<Seal> {
        let key = Key::try_generate().map_err(io::Error::other)?;
        let unfinished = path.with_extension("part");
        let mut file = private::create(&unfinished)?;
        file.write_all(&key)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        Ok(Seal(XChaCha20Poly1305::new(&key)))
    }

    /// `place` is authenticated as well, so that a value cannot be moved to another place.
    pub(super) fn seal(&self, place: &str, value: &[u8]) -> Result<Vec<u8>, &'static str> {
        let nonce = XNonce::try_generate().map_err(|_| "the system provides no random numbers")?;
        let payload = Payload {
            msg: value,
            aad: place.as_bytes(),
        };
        let sealed = self.0.encrypt(&nonce, payload);
        let sealed = sealed.map_err(|_| "a value is too large to encrypt")?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// `None` if the value was not sealed with this key for this place, or has changed since.
    pub(super) fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        self.0.decrypt(&XNonce::from(*nonce), payload).ok()
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
