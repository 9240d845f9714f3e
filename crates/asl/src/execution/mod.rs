//! A running state machine that its caller drives.

mod aborting;
mod branches;
pub(crate) mod child_execution;
mod child_results;
mod child_runs;
mod children;
mod engine;
mod failing;
mod ids;
mod iterations;
mod map_run;
mod map_runs;
mod outcome;
mod recorder;
mod redrive;
mod retrace;
mod running_task;
mod scope;
mod stopped;
mod task;
mod tasks;
mod timers;
mod turn;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

pub use child_execution::{ChildEnd, ChildExecution, ChildUpdate};
pub use child_results::{ChildResult, ChildResults};
use child_runs::ChildRun;
use ids::ScopeId;
pub use ids::TaskId;
pub use map_run::{ChildBefore, Counts, MapRunLimits, MapRunReport, ResumedChild, ResumedMapRun};
pub use outcome::{Outcome, Status};
use recorder::Recorder;
pub use redrive::Redrive;
use running_task::TaskReport;
use scope::{Resume, Scope};
pub use stopped::Stopped;
pub use task::{Purpose, TaskRequest, UnknownTask};
use timers::Timers;
use turn::Turn;

use crate::decision::Decided;
use crate::history::Event;
use crate::random::Random;
use crate::states::ItemsRead;
use crate::timestamp::duration;
use crate::{ExecutionKind, Machine, Payload, StartOptions, Timestamp, limits};

/// One execution of a state machine: a value that the caller drives.
///
/// It does nothing on its own and waits for nothing. Each [`advance`](Self::advance) runs every state that can run at
/// that moment and returns what the caller has to do: which tasks to start, and when to come back. The caller reports
/// the results of the tasks and advances again.
#[derive(Debug)]
pub struct Execution {
    options: StartOptions,
    started: Timestamp,
    now: Timestamp,
    random: Random,
    recorder: Recorder,
    scopes: HashMap<ScopeId, Scope>,
    root: ScopeId,
    last_scope: u64,
    /// Scopes that can continue now, first in, first out.
    ready: VecDeque<(ScopeId, Resume)>,
    timers: Timers,
    /// The machine's own `TimeoutSeconds`, or the limit of an express execution.
    deadline: Option<Timestamp>,
    tasks: HashMap<TaskId, ScopeId>,
    last_task: u64,
    reports: VecDeque<(TaskId, TaskReport)>,
    stop: Option<(Option<String>, Option<String>)>,
    /// Why no further state is entered, if so.
    ends_at_transition: Option<String>,
    requests: Vec<TaskRequest>,
    cancelled: Vec<TaskId>,
    /// The child executions that run and have a history.
    child_runs: HashMap<ScopeId, ChildRun>,
    /// Those of them that have events which were not reported.
    changed_children: Vec<ScopeId>,
    child_updates: Vec<ChildUpdate>,
    /// Those whose history has no room for more.
    full_children: Vec<ScopeId>,
    /// The distributed Maps that run, by the ARN of their Map Run.
    map_runs: HashMap<Arc<str>, ScopeId>,
    map_run_reports: Vec<MapRunReport>,
    /// What was decided since the last step.
    decided: Vec<Decided>,
    outcome: Option<Outcome>,
}

/// The result of one [`Execution::advance`].
#[derive(Debug, Default)]
pub struct Step {
    /// What happened, in order.
    pub events: Vec<Event>,
    /// Tasks to start. Report the end of each with [`Execution::task_succeeded`] or [`Execution::task_failed`].
    pub tasks: Vec<TaskRequest>,
    /// Tasks that nothing waits for any more.
    pub cancelled: Vec<TaskId>,
    /// When to advance at the latest if there is no report: the end of a wait, a timeout, a retry. The current time if
    /// the execution has run so many states that others should get a turn, or has recorded so much that it should be stored.
    pub wake: Option<Timestamp>,
    /// What happened to the child executions of distributed Maps that have a history.
    pub children: Vec<ChildUpdate>,
    /// The Map Runs that have changed.
    pub map_runs: Vec<MapRunReport>,
    /// The rules, retriers and catchers that were used, in order. The history does not tell them.
    pub decided: Vec<Decided>,
    /// The outcome, only in the last step.
    pub end: Option<Outcome>,
}

impl Execution {
    /// Creates an execution, or one that goes on after a redrive. Nothing runs before the first [`advance`](Self::advance).
    #[must_use]
    pub fn start(machine: &Machine, options: StartOptions, now: Timestamp) -> Self {
        let program = machine.program();
        let timeout = program.timeout_seconds.map(duration);
        let limit = match options.kind {
            ExecutionKind::Standard => None,
            ExecutionKind::Express => Some(Duration::from_secs(limits::MAX_EXPRESS_SECONDS)),
        };
        let timeout = timeout.into_iter().chain(limit).min();
        let redrive = options.redrive.as_ref();
        let last_event = redrive.map_or(0, |redrive| redrive.last_event);
        let mut execution = Self {
            started: redrive.map_or(now, |redrive| redrive.started),
            now,
            random: Random::new(options.seed),
            recorder: Recorder::after(last_event, options.kind),
            scopes: HashMap::new(),
            root: ScopeId(0),
            last_scope: 0,
            ready: VecDeque::new(),
            timers: Timers::default(),
            deadline: timeout.map(|timeout| now + timeout),
            tasks: HashMap::new(),
            last_task: 0,
            reports: VecDeque::new(),
            stop: None,
            ends_at_transition: None,
            requests: Vec::new(),
            cancelled: Vec::new(),
            child_runs: HashMap::new(),
            changed_children: Vec::new(),
            child_updates: Vec::new(),
            full_children: Vec::new(),
            map_runs: HashMap::new(),
            map_run_reports: Vec::new(),
            decided: Vec::new(),
            outcome: None,
            options,
        };
        execution.begin(program);
        execution
    }

    /// Runs everything that can run at this moment.
    pub fn advance(&mut self, now: Timestamp) -> Step {
        self.now = now.max(self.now);
        let running = self.outcome.is_none();
        let mut yielded = false;
        if running {
            self.take_reports();
            self.fire_timers();
            yielded = !self.run_ready(Turn::default());
        }
        self.report_children();
        Step {
            events: self.recorder.take(),
            children: std::mem::take(&mut self.child_updates),
            map_runs: std::mem::take(&mut self.map_run_reports),
            tasks: std::mem::take(&mut self.requests),
            cancelled: std::mem::take(&mut self.cancelled),
            decided: std::mem::take(&mut self.decided),
            wake: self.wake(yielded),
            end: self.outcome.clone().filter(|_| running),
        }
    }

    /// Reports that the service has started the task. Without this report, the task counts as started when its end is
    /// reported. `worker_name` is for activities.
    ///
    /// # Errors
    /// If no task with this id is running.
    pub fn task_started(
        &mut self,
        task: TaskId,
        worker_name: Option<String>,
    ) -> Result<(), UnknownTask> {
        self.report(task, TaskReport::Started { worker_name })
    }

    /// Reports that the call of a `.sync` or `.waitForTaskToken` task has returned, while its end is yet to come.
    ///
    /// # Errors
    /// See [`task_started`](Self::task_started).
    pub fn task_submitted(&mut self, task: TaskId, output: Payload) -> Result<(), UnknownTask> {
        self.report(task, TaskReport::Submitted { output })
    }

    /// # Errors
    /// See [`task_started`](Self::task_started).
    pub fn task_succeeded(&mut self, task: TaskId, output: Payload) -> Result<(), UnknownTask> {
        self.report(task, TaskReport::Succeeded { output })
    }

    /// Reports the items that a task with [`Purpose::ReadItems`] has read. So many of them need less memory than as the one
    /// payload that [`task_succeeded`](Self::task_succeeded) takes as well.
    ///
    /// # Errors
    /// See [`task_started`](Self::task_started).
    pub fn items_read(&mut self, task: TaskId, items: ItemsRead) -> Result<(), UnknownTask> {
        self.report(task, TaskReport::ItemsRead { items })
    }

    /// # Errors
    /// See [`task_started`](Self::task_started).
    pub fn task_failed(
        &mut self,
        task: TaskId,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<(), UnknownTask> {
        self.report(task, TaskReport::Failed { error, cause })
    }

    /// Reports that the task is alive: its heartbeat interval starts again at the next `advance`.
    ///
    /// # Errors
    /// See [`task_started`](Self::task_started).
    pub fn heartbeat(&mut self, task: TaskId) -> Result<(), UnknownTask> {
        self.report(task, TaskReport::Heartbeat)
    }

    /// Ends the execution at the next `advance`, with the status `ABORTED`.
    pub fn stop(&mut self, error: Option<String>, cause: Option<String>) {
        self.stop = Some((error, cause));
    }

    /// Lets the execution fail with `States.Runtime` and this cause when it would enter its next state. Until then it goes on.
    pub fn end_at_next_transition(&mut self, cause: String) {
        self.ends_at_transition = Some(cause);
    }

    /// How the execution ended, or `None` while it is running.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        self.outcome.as_ref()
    }

    fn report(&mut self, task: TaskId, report: TaskReport) -> Result<(), UnknownTask> {
        let ended = self
            .reports
            .iter()
            .any(|(id, report)| *id == task && report.is_end());
        if ended || !self.tasks.contains_key(&task) {
            return Err(UnknownTask);
        }
        self.reports.push_back((task, report));
        Ok(())
    }

    fn wake(&self, yielded: bool) -> Option<Timestamp> {
        if self.outcome.is_some() {
            return None;
        }
        if yielded {
            return Some(self.now);
        }
        [self.timers.next(), self.deadline]
            .into_iter()
            .flatten()
            .min()
    }
}
