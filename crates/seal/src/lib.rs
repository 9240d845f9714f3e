//! Encryption of what the embedded AWS stores.
//!
//! It is a crate so that the dev profile optimizes it. A cipher is generic, so it is compiled where it is used, and in a
//! crate that is not optimized it takes two hundred times as long.

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

pub const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Encrypts with one key. Whoever does not have it cannot change anything unnoticed.
pub struct Cipher(XChaCha20Poly1305);

impl Cipher {
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Cipher {
        Cipher(XChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// A random key. `None` if the system provides no random numbers.
    #[must_use]
    pub fn random_key() -> Option<[u8; KEY_BYTES]> {
        Key::try_generate().ok().map(Into::into)
    }

    /// `place` is authenticated as well, so that a value cannot be moved to another place.
    ///
    /// # Errors
    /// If the value is too large, or the system provides no random numbers.
    pub fn seal(&self, place: &str, value: &[u8]) -> Result<Vec<u8>, &'static str> {
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
    #[must_use]
    pub fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload {
            msg: sealed,
            aad: place.as_bytes(),
        };
        self.0.decrypt(&XNonce::from(*nonce), payload).ok()
    }
}
