use std::sync::Arc;

use serde_json::Value;

use super::ids::TaskId;
use crate::definition::Resource;
use crate::{Payload, Timestamp};

/// A task that the caller has to run.
#[derive(Clone, Debug)]
pub struct TaskRequest {
    pub id: TaskId,
    pub state_name: Arc<str>,
    /// What to call, and when it counts as done.
    pub resource: Arc<Resource>,
    /// What to call it with.
    pub parameters: Payload,
    /// The token that `$$.Task.Token` shows, for tasks with a callback and for activities.
    pub token: Option<String>,
    /// When the engine gives up by itself. A caller may use it as its own time limit.
    pub deadline: Option<Timestamp>,
    /// The longest time between two heartbeats, in seconds.
    pub heartbeat_seconds: Option<u64>,
    /// `Credentials`, evaluated.
    pub credentials: Option<Arc<Value>>,
    /// 0 for the first run in a visit of the state, then 1 for each retry.
    pub retry_count: u64,
}

/// A report about a task that is not running: it has ended, was cancelled or never was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such task is running")]
pub struct UnknownTask;
