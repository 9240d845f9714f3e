use std::time::Duration;

use crate::execution::{Execution, Outcome, TaskRequest};
use crate::history::Event;
use crate::{Machine, Payload, StartOptions, Timestamp};

/// The result of a task: its output, or an error and its cause.
pub type TaskResult = Result<Payload, TaskError>;

/// Why a task failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskError {
    pub error: String,
    pub cause: String,
}

/// How a task ended.
#[derive(Clone, Debug)]
pub enum TaskEnd {
    Done(TaskResult),
    /// It never ends on its own; only its timeout ends it.
    Never,
}

/// A finished execution and its whole history.
#[derive(Clone, Debug)]
pub struct Run {
    pub outcome: Outcome,
    pub events: Vec<Event>,
}

/// States take no time, but a loop that never waits would not come to its timeout: an express execution would never end.
const STATES_A_SECOND: usize = 1_000;

/// Runs an execution to its end at once: tasks end immediately, and a virtual clock skips every wait.
///
/// The clock starts at `start`. An execution that waits for something that never comes is stopped, and ends as
/// `ABORTED`.
pub fn run_to_end(
    machine: &Machine,
    options: StartOptions,
    start: Timestamp,
    mut task: impl FnMut(&TaskRequest) -> TaskEnd,
) -> Run {
    let mut now = start;
    // States since the clock has moved.
    let mut busy = 0;
    let mut execution = Execution::start(machine, options, now);
    let mut events = Vec::new();
    loop {
        let step = execution.advance(now);
        events.extend(step.events);
        if let Some(outcome) = step.end {
            return Run { outcome, events };
        }
        let mut reported = false;
        for request in &step.tasks {
            reported |= execution.task_started(request.id, None).is_ok();
        }
        for request in &step.tasks {
            // The engine has just requested the task, so the report cannot fail.
            let _ = match task(request) {
                TaskEnd::Never => continue,
                TaskEnd::Done(Ok(output)) => execution.task_succeeded(request.id, output),
                TaskEnd::Done(Err(failed)) => {
                    execution.task_failed(request.id, Some(failed.error), Some(failed.cause))
                }
            };
        }
        match step.wake {
            _ if reported => busy += 1,
            Some(wake) if wake <= now => busy += STATES_A_SECOND,
            Some(wake) => now = wake,
            None => execution.stop(None, None),
        }
        if busy >= STATES_A_SECOND {
            busy = 0;
            now = now + Duration::from_secs(1);
        }
    }
}
