//! Handlers that are already built.

use std::collections::BTreeMap;
use std::sync::Arc;

/// What a build would produce. A simulation deploys many times, and has no compiler.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// By handler.
    pub zips: BTreeMap<String, Arc<[u8]>>,
    /// The commit that they come from.
    pub commit: String,
}
