//! A running state machine, driven from outside.

mod options;
mod task;

pub use options::{ExecutionKind, StartOptions};
pub use task::{TaskId, TaskRequest, UnknownTask};

use crate::history::Event;
use crate::{Machine, Payload, Timestamp};

/// One execution of a state machine: a value that the caller drives.
///
/// It does nothing by itself and waits for nothing. Each [`advance`](Self::advance) runs
/// every state that can run at that moment and says what the caller has to do: the tasks to
/// start, and when to come back. The caller reports the tasks' ends and advances again.
#[derive(Debug)]
pub struct Execution {}

/// What one [`Execution::advance`] has brought.
#[derive(Debug, Default)]
pub struct Step {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Tasks to start. Report each with [`Execution::task_succeeded`] and its neighbours.
    pub tasks: Vec<TaskRequest>,
    /// Tasks that nothing waits for any longer.
    pub cancelled: Vec<TaskId>,
    /// When to advance at the latest, without a report: a Wait, a timeout, a retry.
    pub wake: Option<Timestamp>,
    /// The end, once, at the last step.
    pub end: Option<Outcome>,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub status: Status,
    /// Only where it succeeded.
    pub output: Option<Payload>,
    pub error: Option<String>,
    pub cause: Option<String>,
}

/// `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
}

impl Status {
    /// The name in AWS's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::TimedOut => "TIMED_OUT",
            Self::Aborted => "ABORTED",
        }
    }
}

impl Execution {
    /// Puts an execution at its start. Nothing runs before the first
    /// [`advance`](Self::advance).
    #[must_use]
    pub fn start(machine: &Machine, options: StartOptions, now: Timestamp) -> Self {
        let _ = (machine, options, now);
        todo!()
    }

    /// Runs all that can run at this moment.
    pub fn advance(&mut self, now: Timestamp) -> Step {
        let _ = now;
        todo!()
    }

    /// The service has taken the task on. Without this report the task counts as started
    /// when its end is reported. `worker_name` is for activities.
    ///
    /// # Errors
    /// Where no task with this id is running, here and in the other reports.
    pub fn task_started(
        &mut self,
        task: TaskId,
        worker_name: Option<String>,
    ) -> Result<(), UnknownTask> {
        let _ = (task, worker_name);
        todo!()
    }

    /// The call of a `.sync` or `.waitForTaskToken` task has returned, and its end is yet to
    /// come.
    pub fn task_submitted(&mut self, task: TaskId, output: Payload) -> Result<(), UnknownTask> {
        let _ = (task, output);
        todo!()
    }

    pub fn task_succeeded(&mut self, task: TaskId, output: Payload) -> Result<(), UnknownTask> {
        let _ = (task, output);
        todo!()
    }

    pub fn task_failed(
        &mut self,
        task: TaskId,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<(), UnknownTask> {
        let _ = (task, error, cause);
        todo!()
    }

    /// The task is alive: its heartbeat interval begins anew at the next `advance`.
    pub fn heartbeat(&mut self, task: TaskId) -> Result<(), UnknownTask> {
        let _ = task;
        todo!()
    }

    /// Ends the execution at the next `advance`, with the status `ABORTED`.
    pub fn stop(&mut self, error: Option<String>, cause: Option<String>) {
        let _ = (error, cause);
        todo!()
    }

    /// How it ended, or `None` while it runs.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        todo!()
    }
}
