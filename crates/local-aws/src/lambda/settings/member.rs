//! How requests and answers hold a setting.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::fault::Constraints;

/// How requests and answers hold a setting.
pub(super) trait Member: DeserializeOwned {
    type Stored;

    /// Adds what it violates.
    fn check(&self, _constraints: &mut Constraints) {}

    /// What the request leaves out of it stays as it is.
    fn store(self, stored: &mut Self::Stored);

    /// `None` if answers leave it out.
    fn show(stored: &Self::Stored) -> Option<Value>;
}

impl Member for String {
    type Stored = String;

    fn store(self, stored: &mut String) {
        *stored = self;
    }

    fn show(stored: &String) -> Option<Value> {
        Some(json!(stored))
    }
}

/// A request may hold a negative number, which is refused.
impl Member for i64 {
    type Stored = u64;

    fn store(self, stored: &mut u64) {
        *stored = self.unsigned_abs();
    }

    fn show(stored: &u64) -> Option<Value> {
        Some(json!(stored))
    }
}

/// The ARNs of layers.
impl Member for Vec<String> {
    type Stored = Vec<String>;

    fn store(self, stored: &mut Vec<String>) {
        *stored = self;
    }

    fn show(stored: &Vec<String>) -> Option<Value> {
        let layers = stored.iter();
        let layers = layers.map(|arn| json!({ "Arn": arn, "CodeSize": 0 }));
        (!stored.is_empty()).then(|| layers.collect())
    }
}
