//! What the processes of all functions share.

use std::sync::Arc;

use super::living::Living;
use super::memory::Census;
use crate::contained::Containment;
use crate::logs::Logs;

pub(super) struct Shared {
    pub(super) containment: Containment,
    pub(super) living: Living,
    pub(super) census: Census,
    /// Takes what the processes write.
    pub(super) logs: Arc<Logs>,
    /// Where the SDKs in the processes send their calls.
    pub(super) endpoint_url: String,
}
