//! The execution whose task runs, for what the task has to tell before it ends.

use tokio::sync::{mpsc, oneshot};
use txflow_asl::{Payload, TaskId};

use super::Command;

/// The execution and its task.
#[derive(Clone)]
pub(in crate::states) struct Parent {
    /// The ARN of the execution.
    pub(in crate::states) arn: String,
    pub(super) task: TaskId,
    pub(super) execution: mpsc::WeakUnboundedSender<Command>,
}

impl Parent {
    /// Tells that what the task waits for has begun, which the history shows.
    pub(in crate::states) async fn submitted(&self, output: Payload) {
        let (recorded, was_recorded) = oneshot::channel();
        let command = Command::Submitted {
            task: self.task,
            output,
            recorded,
        };
        if let Some(execution) = self.execution.upgrade()
            && execution.send(command).is_ok()
        {
            drop(execution);
            let _ = was_recorded.await;
        }
    }
}
