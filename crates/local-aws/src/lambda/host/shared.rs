//! What the processes of all functions share.

use std::sync::Arc;

use super::memory::Census;
use super::process_count::ProcessCount;
use crate::conditions::Conditions;
use crate::contained::Containment;
use crate::iam::Iam;
use crate::logs::Logs;

pub(super) struct Shared {
    pub(super) containment: Containment,
    pub(super) count: ProcessCount,
    pub(super) census: Census,
    /// Gives each process credentials of its function's role.
    pub(super) iam: Arc<Iam>,
    pub(super) conditions: Arc<Conditions>,
    /// Takes what the processes write.
    pub(super) logs: Arc<Logs>,
    /// Where the SDKs in the processes send their calls.
    pub(super) endpoint_url: String,
}
