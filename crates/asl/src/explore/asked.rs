use std::sync::Arc;

use serde_json::Value;

use crate::definition::Resource;
use crate::{Payload, Purpose};

/// What a state called.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) resource: Arc<Resource>,
    pub(super) purpose: Purpose,
    pub(super) attempts: usize,
    pub(super) retried: bool,
    /// Whether `TimeoutSeconds` ends it; not of an activity, whose time begins with a worker.
    pub(super) times_out: bool,
    /// Whether `HeartbeatSeconds` ends it.
    pub(super) needs_heartbeats: bool,
    /// The first success, as it would be without a fault.
    pub(super) success: Option<Payload>,
}

impl Asked {
    /// Whether a timeout ends it.
    pub(super) fn ends_by_itself(&self) -> bool {
        self.times_out || self.needs_heartbeats
    }

    /// An answer as a mock in a test has it: of a function, only what that returns.
    pub(super) fn written(&self, answer: &Payload) -> Value {
        match self.resource.answers_with_payload() {
            true => answer.value()["Payload"].clone(),
            false => answer.value().clone(),
        }
    }
}
