use std::sync::Arc;

use serde_json::Value;

use crate::definition::Resource;
use crate::{Payload, Timestamp};

/// One event of a history.
#[derive(Clone, Debug)]
pub struct Event {
    /// Starts at 1, without gaps.
    pub id: u64,
    /// The event that led to this one; 0 at the start.
    pub previous_event_id: u64,
    pub timestamp: Timestamp,
    pub kind: EventKind,
}

/// What happened. The names are those of `HistoryEventType`, grouped by shape.
#[derive(Clone, Debug)]
pub enum EventKind {
    ExecutionStarted {
        input: Payload,
        role_arn: Arc<str>,
        state_machine_version_arn: Option<Arc<str>>,
        state_machine_alias_arn: Option<Arc<str>>,
    },
    ExecutionRedriven {
        redrive_count: u64,
    },
    ExecutionSucceeded {
        output: Payload,
    },
    ExecutionFailed {
        error: Option<String>,
        cause: Option<String>,
    },
    ExecutionTimedOut {
        error: Option<String>,
        cause: Option<String>,
    },
    ExecutionAborted {
        error: Option<String>,
        cause: Option<String>,
    },
    StateEntered {
        state_type: StateType,
        name: Arc<str>,
        input: Payload,
    },
    StateExited {
        state_type: StateType,
        name: Arc<str>,
        output: Payload,
        /// The variables that the state has set, each with its JSON text.
        assigned_variables: Option<Arc<Vec<(String, String)>>>,
    },
    /// `WaitStateAborted` and the like: the state was ended from outside.
    StateAborted {
        state_type: StateType,
    },
    EvaluationFailed {
        state: Arc<str>,
        /// The field, such as `Output/total`.
        location: Option<String>,
        error: String,
        cause: String,
    },
    /// An event of a task. Its name starts with `LambdaFunction`, `Activity` or `Task`, depending on the resource.
    Task {
        resource: Arc<Resource>,
        event: TaskEvent,
    },
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    MapStateStarted {
        length: u64,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapIterationStarted {
        name: Arc<str>,
        index: u64,
    },
    MapIterationSucceeded {
        name: Arc<str>,
        index: u64,
    },
    MapIterationFailed {
        name: Arc<str>,
        index: u64,
    },
    MapIterationAborted {
        name: Arc<str>,
        index: u64,
    },
    MapRun(MapRunEvent),
}

/// What happened to the Map Run of a distributed Map.
#[derive(Clone, Debug)]
pub enum MapRunEvent {
    Started {
        map_run_arn: Arc<str>,
    },
    Redriven {
        map_run_arn: Arc<str>,
        redrive_count: u64,
    },
    Succeeded,
    Failed {
        error: Option<String>,
        cause: Option<String>,
    },
    Aborted,
}

/// What happened to a task.
#[derive(Clone, Debug)]
pub enum TaskEvent {
    Scheduled {
        region: Arc<str>,
        parameters: Payload,
        timeout_in_seconds: Option<u64>,
        heartbeat_in_seconds: Option<u64>,
        credentials: Option<Arc<Value>>,
    },
    ScheduleFailed {
        error: Option<String>,
        cause: Option<String>,
    },
    Started {
        worker_name: Option<String>,
    },
    StartFailed {
        error: Option<String>,
        cause: Option<String>,
    },
    Submitted {
        output: Payload,
    },
    SubmitFailed {
        error: Option<String>,
        cause: Option<String>,
    },
    Succeeded {
        output: Payload,
    },
    Failed {
        error: Option<String>,
        cause: Option<String>,
    },
    TimedOut {
        error: Option<String>,
        cause: Option<String>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateType {
    Pass,
    Task,
    Choice,
    Wait,
    Succeed,
    Fail,
    Parallel,
    Map,
}
