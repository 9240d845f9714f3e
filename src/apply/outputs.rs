//! What steps put out and later steps need.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Shared by the steps of one apply.
#[derive(Default)]
pub struct SharedOutputs(Mutex<Outputs>);

#[derive(Debug, Default, Clone)]
pub struct Outputs {
    /// By handler: the version that was published.
    pub versions: BTreeMap<String, String>,
    /// By handler: the revision after the last change that was made.
    pub revisions: BTreeMap<String, String>,
    pub release: Option<PublishedRelease>,
}

/// A release that this apply published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedRelease {
    pub version: u64,
    /// Of what it froze; see [`crate::resources::digest`].
    pub digest: String,
}

impl SharedOutputs {
    pub fn lock(&self) -> MutexGuard<'_, Outputs> {
        // Every write is one assignment, so what a panicking step left is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
