use std::sync::Arc;

use super::ids::TaskId;
use super::timers::TimerKey;
use crate::Payload;
use crate::definition::Resource;
use crate::states::ItemsRead;

/// A task that the caller has been asked to run.
#[derive(Debug)]
pub(super) struct RunningTask {
    pub(super) id: TaskId,
    pub(super) resource: Arc<Resource>,
    pub(super) started: bool,
    pub(super) limits: Limits,
    pub(super) timeout: Option<TimerKey>,
    pub(super) heartbeat: Option<Heartbeat>,
}

/// The limits of a task, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) timeout: Option<u64>,
    pub(super) heartbeat: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Heartbeat {
    pub(super) seconds: u64,
    pub(super) timer: TimerKey,
}

/// What the caller has reported about a task.
#[derive(Debug)]
pub(super) enum TaskReport {
    Started {
        worker_name: Option<String>,
    },
    Submitted {
        output: Payload,
    },
    Succeeded {
        output: Payload,
    },
    /// The items of a distributed Map.
    ItemsRead {
        items: ItemsRead,
    },
    Failed {
        error: Option<String>,
        cause: Option<String>,
    },
    Heartbeat,
}

impl TaskReport {
    /// Whether it ends the task.
    pub(super) fn is_end(&self) -> bool {
        matches!(
            self,
            Self::Succeeded { .. } | Self::ItemsRead { .. } | Self::Failed { .. }
        )
    }
}
