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
    /// Whether a timeout ends it.
    pub(super) ends_by_itself: bool,
    /// The first success, as it would be without a fault.
    pub(super) success: Option<Payload>,
}

impl Asked {
    /// An answer as a mock in a test has it: of a function, only what that returns.
    pub(super) fn written(&self, answer: &Payload) -> Value {
        match self.resource.answers_with_payload() {
            true => answer.value()["Payload"].clone(),
            false => answer.value().clone(),
        }
    }
}
