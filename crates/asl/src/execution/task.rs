use std::sync::Arc;

use serde_json::Value;

use super::child_execution::ChildExecution;
use super::child_results::ChildResults;
use super::ids::TaskId;
use crate::definition::Resource;
use crate::{Payload, Timestamp};

/// A task that the caller has to run.
#[derive(Clone, Debug)]
pub struct TaskRequest {
    pub id: TaskId,
    pub state_name: Arc<str>,
    /// What to call, and when the call is complete.
    pub resource: Arc<Resource>,
    /// What to call it with.
    pub parameters: Payload,
    /// The value of `$$.Task.Token`, for tasks with a callback and for activities.
    pub token: Option<String>,
    /// When the engine times the task out. A caller may use it as its own time limit.
    pub deadline: Option<Timestamp>,
    /// The maximum time between two heartbeats, in seconds.
    pub heartbeat_seconds: Option<u64>,
    /// The evaluated `Credentials`.
    pub credentials: Option<Arc<Value>>,
    pub purpose: Purpose,
    /// The number of retries before this run, in this visit of the state.
    pub retry_count: u64,
    /// The child execution of a distributed Map that makes it.
    pub child: Option<Arc<ChildExecution>>,
}

/// Why a call is made.
#[derive(Clone, Debug, Default)]
pub enum Purpose {
    /// It is the work of a Task.
    #[default]
    Task,
    /// It reads the items of a distributed Map. See [`items_read`](super::Execution::items_read).
    ReadItems {
        /// `ReaderConfig`.
        config: Arc<Value>,
        /// More items than these are not needed.
        most: Option<usize>,
    },
    /// It writes the results of a distributed Map. Its output is that of the Map.
    WriteResults {
        /// `WriterConfig`.
        config: Arc<Value>,
        results: Arc<ChildResults>,
    },
}

/// A report about a task that is not running: it has ended, was cancelled or never existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such task is running")]
pub struct UnknownTask;
