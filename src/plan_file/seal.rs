//! The keyed hashes in the file of a plan.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{Manifest, PlanFileError};

/// What makes the hashes of one file unlike those of every other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Salt {
    random: String,
    /// Whether a key that is not in the file is needed as well.
    shared: bool,
}

/// The key of one file: of what is random in it and, if there is one, of a secret that the jobs of a pipeline share.
/// Without that, whoever has the file can seal another one, and try out short values.
#[derive(Clone)]
pub struct Key {
    salt: Salt,
    bytes: [u8; 32],
}

/// So many rounds make it slow to try out values that are easy to guess.
const ROUNDS: u32 = 100_000;

impl Key {
    /// The key of a new file.
    pub fn new(random: String, shared: Option<&str>) -> Self {
        let salt = Salt {
            random,
            shared: shared.is_some(),
        };
        Self::of(salt, shared.unwrap_or_default())
    }

    /// The key of a file that says this of it.
    pub(super) fn again(salt: &Salt, shared: Option<&str>) -> Result<Self, PlanFileError> {
        match (salt.shared, shared) {
            (true, None) => Err(PlanFileError::NeedsKey),
            (false, Some(_)) => Err(PlanFileError::WithoutKey),
            (_, shared) => Ok(Self::of(salt.clone(), shared.unwrap_or_default())),
        }
    }

    fn of(salt: Salt, shared: &str) -> Self {
        let bytes = stretched(shared.as_bytes(), salt.random.as_bytes());
        Self { salt, bytes }
    }

    pub(super) fn salt(&self) -> &Salt {
        &self.salt
    }

    /// The hash of a value of a variable.
    pub(super) fn hash(&self, name: &str, value: &str) -> String {
        let salt = [&self.bytes[..], name.as_bytes()].concat();
        hex::encode(stretched(value.as_bytes(), &salt))
    }

    /// The seal of a manifest, which covers all else by its hashes.
    pub(super) fn seal(&self, manifest: &Manifest) -> String {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.bytes).expect("a key");
        mac.update(serde_json::json!(manifest).to_string().as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}

fn stretched(secret: &[u8], salt: &[u8]) -> [u8; 32] {
    pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(secret, salt, ROUNDS)
}
