//! Ids that callers choose, and ids that handlers derive from them.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const MAX_LENGTH: usize = 64;

/// The id of a transaction or a customer: 1 to 64 letters, digits, `-` or `_`.
///
/// The caller chooses it, so that a request sent twice is known to be one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id: use 1 to {MAX_LENGTH} letters, digits, `-` or `_`")]
pub struct InvalidId(String);

impl Id {
    /// An id such as `auth-3f9ac1d2b47e5a60`, the same for the same transaction each time.
    ///
    /// An event may be delivered more than once. Since the id follows from the transaction, a
    /// handler that runs twice answers the same twice, and a payment provider that takes the id
    /// as its idempotency key books once.
    pub fn derived(prefix: &str, transaction: &Id) -> Self {
        let digest = Sha256::digest(format!("{prefix}:{transaction}"));
        let hex: String = digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(format!("{prefix}-{hex}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Id {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if (1..=MAX_LENGTH).contains(&text.len()) && text.chars().all(allowed) {
            Ok(Self(text))
        } else {
            Err(InvalidId(text))
        }
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Result<Id, InvalidId> {
        Id::try_from(text.to_owned())
    }

    #[test]
    fn takes_letters_digits_dashes_and_underscores() {
        assert_eq!(id("tx-2026_A").unwrap().as_str(), "tx-2026_A");
        assert!(id(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn refuses_what_could_not_be_a_key() {
        for text in ["", " ", "tx 1", "tx/1", "tx-é", &"x".repeat(65)] {
            assert_eq!(id(text), Err(InvalidId(text.to_owned())));
        }
    }

    #[test]
    fn a_derived_id_follows_from_the_transaction_alone() {
        let [one, two] = ["tx-1", "tx-2"].map(|text| id(text).unwrap());
        let derived = Id::derived("auth", &one);
        assert_eq!(derived, Id::derived("auth", &one.clone()));
        assert_ne!(derived, Id::derived("auth", &two));
        assert_eq!(derived.as_str(), "auth-2a5ea9f7b44b4922");
    }
}
