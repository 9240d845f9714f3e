use std::sync::Arc;

use serde_json::Value;

use super::fields::Step;
use crate::definition::{Pattern, Resource, ResourceKind};
use crate::{Payload, Purpose, TaskEnd, TaskResult};

/// What a state called.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) resource: Arc<Resource>,
    pub(super) purpose: Purpose,
    pub(super) attempts: usize,
    pub(super) retried: bool,
    /// How many times the results of a Distributed Map were written.
    pub(super) written: usize,
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

/// Where that part of an answer begins which is not the API's own: `None` if all of it is.
pub(super) fn answer_root(asked: &Asked) -> Option<Vec<Step>> {
    let member = |name: &str| vec![Step::Member(name.to_owned())];
    if !matches!(asked.purpose, Purpose::Task) {
        return None;
    }
    match &asked.resource.kind {
        _ if asked.resource.answers_with_payload() => Some(member("Payload")),
        ResourceKind::LambdaFunction | ResourceKind::Activity => Some(Vec::new()),
        ResourceKind::Service {
            pattern: Pattern::WaitForTaskToken,
            ..
        } => Some(Vec::new()),
        ResourceKind::Service {
            resource,
            resource_type,
            ..
        } if resource_type == "states" && resource == "startExecution.sync:2" => {
            Some(member("Output"))
        }
        ResourceKind::Service {
            pattern: Pattern::RequestResponse,
            ..
        } => Some(Vec::new()),
        ResourceKind::Service { .. } | ResourceKind::Other => None,
    }
}

/// The success of a task, if it is one.
pub(super) fn success(end: &TaskEnd) -> Option<&Payload> {
    match end {
        TaskEnd::Done(TaskResult::Ok(output)) => Some(output),
        _ => None,
    }
}
