//! The life of a task: its request, the caller's reports, and its end.

use std::sync::Arc;
use std::time::Duration;

use super::engine::Progress;
use super::ids::ScopeId;
use super::running_task::{Heartbeat, Limits, RunningTask, TaskReport};
use super::scope::{BlockedOn, Resume, Scope};
use super::timers::TimerKey;
use super::{Execution, Purpose, Status, TaskId, TaskRequest};
use crate::Payload;
use crate::definition::{Resource, ResourceKind};
use crate::failure::{Failure, Origin};
use crate::history::{EventKind, TaskEvent};
use crate::states::{State, TaskStart};

impl Execution {
    pub(super) fn start_task(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        state: &State,
        start: TaskStart,
    ) -> Progress {
        let Some(resource) = state.resource().map(Arc::clone) else {
            return Progress::Failed(Failure::runtime("The state has no resource"));
        };
        if let Some(activities) = &self.options.activities
            && resource.kind == ResourceKind::Activity
            && !activities.has(&resource.arn)
        {
            let cause = format!("The activity {} does not exist.", resource.arn);
            return self.fail_state(scope, id, state, Failure::runtime(cause));
        }
        let scheduled = TaskEvent::Scheduled {
            region: self.options.region.as_str().into(),
            parameters: start.parameters.clone(),
            timeout_in_seconds: start.timeout,
            heartbeat_in_seconds: start.heartbeat,
            credentials: start.credentials.clone(),
        };
        self.record(scope, task_event(&resource, scheduled));
        self.last_task += 1;
        let task = TaskId(self.last_task);
        let limits = Limits {
            timeout: start.timeout,
            heartbeat: start.heartbeat,
        };
        // The time of an activity counts from the moment at which a worker takes it.
        let counts = resource.kind != ResourceKind::Activity;
        let deadline = { start.timeout.filter(|_| counts) }
            .map(|seconds| self.now + Duration::from_secs(seconds));
        self.requests.push(TaskRequest {
            id: task,
            state_name: Arc::clone(&state.name),
            resource: Arc::clone(&resource),
            parameters: start.parameters,
            token: scope.task_token.clone(),
            deadline,
            heartbeat_seconds: start.heartbeat,
            credentials: start.credentials,
            purpose: Purpose::Task,
            retry_count: scope.retry_count(),
            child: scope.child.clone(),
        });
        self.tasks.insert(task, id);
        let mut task = RunningTask {
            id: task,
            resource,
            started: false,
            limits,
            timeout: None,
            heartbeat: None,
        };
        if counts {
            self.arm(&mut task, id);
        }
        Progress::Blocked(BlockedOn::Task(Box::new(task)))
    }

    /// From now on the time of a task counts.
    fn arm(&mut self, task: &mut RunningTask, id: ScopeId) {
        let Limits { timeout, heartbeat } = task.limits;
        task.timeout =
            timeout.map(|seconds| self.timers.arm(self.now + Duration::from_secs(seconds), id));
        task.heartbeat = heartbeat.map(|seconds| self.heartbeat_timer(seconds, id));
    }

    fn heartbeat_timer(&mut self, seconds: u64, scope: ScopeId) -> Heartbeat {
        let timer = self
            .timers
            .arm(self.now + Duration::from_secs(seconds), scope);
        Heartbeat { seconds, timer }
    }

    pub(super) fn take_reports(&mut self) {
        while let Some((task, report)) = self.reports.pop_front() {
            let Some(id) = self.tasks.get(&task).copied() else {
                continue;
            };
            if let Some(mut scope) = self.scopes.remove(&id) {
                self.take_report(&mut scope, id, report);
                self.scopes.insert(id, scope);
            }
        }
        if let Some((error, cause)) = self.stop.take() {
            let failure = Failure {
                error,
                cause,
                origin: Origin::Limit,
            };
            self.end_early(Status::Aborted, failure);
        }
    }

    fn take_report(&mut self, scope: &mut Scope, id: ScopeId, report: TaskReport) {
        if matches!(scope.blocked_on, BlockedOn::Children(_)) {
            self.take_data_report(scope, id, report);
            return;
        }
        match report {
            // Only a Map Run has asked for items.
            TaskReport::ItemsRead { .. } => {
                let failure = Failure::runtime("The task was not asked to read items");
                self.fail_task(scope, id, failure);
            }
            TaskReport::Heartbeat => {
                let seconds = running(scope).and_then(|task| {
                    let heartbeat = task.heartbeat.take()?;
                    Some((heartbeat.seconds, heartbeat.timer))
                });
                if let Some((seconds, timer)) = seconds {
                    self.timers.disarm(timer);
                    let renewed = self.heartbeat_timer(seconds, id);
                    if let Some(task) = running(scope) {
                        task.heartbeat = Some(renewed);
                    }
                }
            }
            TaskReport::Started { worker_name } => {
                if let Some(task) = running(scope)
                    && task.resource.kind == ResourceKind::Activity
                    && !task.started
                {
                    self.arm(task, id);
                }
                self.record_started(scope, worker_name);
            }
            TaskReport::Submitted { output } => {
                self.record_started(scope, None);
                self.record_task(scope, TaskEvent::Submitted { output });
            }
            TaskReport::Succeeded { output } if output.fits() => {
                let event = TaskEvent::Succeeded {
                    output: output.clone(),
                };
                self.end_task(scope, id, event, Ok(output));
            }
            TaskReport::Succeeded { .. } => {
                let failure = Failure::too_large(&shown_resource(scope));
                self.fail_task(scope, id, failure);
            }
            TaskReport::Failed { error, cause } => {
                let failure = Failure {
                    error,
                    cause,
                    origin: Origin::Work,
                };
                self.fail_task(scope, id, failure);
            }
        }
    }

    fn fail_task(&mut self, scope: &mut Scope, id: ScopeId, failure: Failure) {
        let event = TaskEvent::Failed {
            error: failure.error.clone(),
            cause: failure.cause.clone(),
        };
        self.end_task(scope, id, event, Err(failure));
    }

    fn end_task(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        event: TaskEvent,
        result: Result<Payload, Failure>,
    ) {
        // An activity that no worker has taken ends without a start.
        if running(scope).is_some_and(|task| task.resource.kind != ResourceKind::Activity) {
            self.record_started(scope, None);
        }
        self.record_task(scope, event);
        let blocked_on = std::mem::replace(&mut scope.blocked_on, BlockedOn::Queue);
        if let BlockedOn::Task(task) = blocked_on {
            self.forget_task(&task);
        }
        self.ready.push_back((id, Resume::Result(result)));
    }

    pub(super) fn forget_task(&mut self, task: &RunningTask) {
        self.tasks.remove(&task.id);
        for timer in [task.timeout, task.heartbeat.map(|h| h.timer)]
            .into_iter()
            .flatten()
        {
            self.timers.disarm(timer);
        }
    }

    /// Records the start of a task, unless it has been recorded before.
    fn record_started(&mut self, scope: &mut Scope, worker_name: Option<String>) {
        let Some(task) = running(scope) else {
            return;
        };
        if !std::mem::replace(&mut task.started, true) {
            self.record_task(scope, TaskEvent::Started { worker_name });
        }
    }

    fn record_task(&mut self, scope: &mut Scope, event: TaskEvent) {
        if let Some(resource) = running(scope).map(|task| Arc::clone(&task.resource)) {
            self.record(scope, task_event(&resource, event));
        }
    }

    /// Fires everything that is due: waits, retries, timeouts of tasks and of the machine.
    pub(super) fn fire_timers(&mut self) {
        loop {
            let overdue = self.deadline.filter(|deadline| *deadline <= self.now);
            if let Some(deadline) = overdue
                && self.timers.next().is_none_or(|next| next >= deadline)
            {
                self.end_early(Status::TimedOut, Failure::timeout(Origin::Limit));
                return;
            }
            let Some((timer, id)) = self.timers.pop(self.now) else {
                return;
            };
            let Some(mut scope) = self.scopes.remove(&id) else {
                continue;
            };
            if scope.deadline == Some(timer) {
                self.end_unfinished_child(scope, Status::TimedOut, Failure::timeout(Origin::Limit));
                continue;
            }
            self.fire_timer(&mut scope, id, timer);
            self.scopes.insert(id, scope);
        }
    }

    fn fire_timer(&mut self, scope: &mut Scope, id: ScopeId, timer: TimerKey) {
        let resume = match &scope.blocked_on {
            BlockedOn::Wait(_) => Resume::WaitOver,
            BlockedOn::Backoff(_) => Resume::Retry,
            BlockedOn::Task(task) => {
                let origin = match task.timeout == Some(timer) {
                    true => Origin::Work,
                    false => Origin::Heartbeat,
                };
                self.cancelled.push(task.id);
                let failure = Failure::timeout(origin);
                let event = TaskEvent::TimedOut {
                    error: failure.error.clone(),
                    cause: None,
                };
                self.end_task(scope, id, event, Err(failure));
                return;
            }
            BlockedOn::Queue | BlockedOn::Children(_) => return,
        };
        scope.blocked_on = BlockedOn::Queue;
        self.ready.push_back((id, resume));
    }

    /// Ends the execution while its states are still running. They are not told of, and the end follows nothing.
    fn end_early(&mut self, status: Status, failure: Failure) {
        if self.outcome.is_some() {
            return;
        }
        self.abort(self.root, None);
        self.finish(status, 0, Err(failure));
    }
}

fn running(scope: &mut Scope) -> Option<&mut RunningTask> {
    match &mut scope.blocked_on {
        BlockedOn::Task(task) => Some(task),
        _ => None,
    }
}

fn task_event(resource: &Arc<Resource>, event: TaskEvent) -> EventKind {
    EventKind::Task {
        resource: Arc::clone(resource),
        event,
    }
}

/// The name of the task in a message about its result.
fn shown_resource(scope: &mut Scope) -> String {
    running(scope).map_or_else(String::new, |task| match &task.resource.kind {
        ResourceKind::Service { resource_type, .. } => resource_type.clone(),
        _ => task.resource.arn.clone(),
    })
}
