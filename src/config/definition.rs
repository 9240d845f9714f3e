//! The definition file: parsed, its placeholders found and known.

use std::path::PathBuf;

use serde_json::Value;

/// The state machine's definition with its placeholders still in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub path: PathBuf,
    /// Parsed JSON, keys in the order of the file. Placeholders live inside strings:
    /// `${purchase-handler}`, `${AWS::AccountId}`, `${AWS::Region}`, `${AWS::Partition}`.
    pub template: Value,
}
