//! What the processes of functions need from their surroundings.

use std::sync::Arc;

use super::Host;
use crate::logs::Logs;
use crate::store::Store;

pub(in crate::lambda) struct Surroundings {
    /// Takes what functions write.
    pub(in crate::lambda) logs: Arc<Logs>,
    pub(in crate::lambda) lambda: Processes,
    /// Where the SDKs of functions send their calls.
    pub(in crate::lambda) endpoint_url: String,
}

/// All processes, and the store that holds their code.
pub(in crate::lambda) struct Processes {
    pub(in crate::lambda) host: Host,
    pub(in crate::lambda) store: Arc<Store>,
}

impl Surroundings {
    pub(super) fn endpoint_url(&self) -> String {
        self.endpoint_url.clone()
    }
}
