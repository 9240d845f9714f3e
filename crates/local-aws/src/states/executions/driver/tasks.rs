//! The tasks of an execution: how each is started, reported and forgotten.

use std::sync::Arc;

use tokio::sync::mpsc;
use txflow_asl::definition::{Pattern, ResourceKind};
use txflow_asl::{
    ChildExecution, Execution, Payload, Purpose, TaskError, TaskId, TaskRequest, TaskResult,
};

use super::super::map_runs::machine_of;
use super::super::parent::Parent;
use super::super::{Command, lock};
use super::Driver;
use crate::conditions::Conditions;
use crate::states::caller::Caller;
use crate::states::integrations::Performed;
use crate::states::map_data;
use crate::weather::ChildSource;

/// A task with a token.
pub(super) struct Held {
    token: String,
    /// Whether only a report ends it, and not the end of the call.
    waits: bool,
    /// Whether its history shows that the call has returned.
    pub(super) submitted: bool,
}

impl Driver {
    pub(super) fn start_task(
        &mut self,
        request: &TaskRequest,
        control: &mpsc::WeakUnboundedSender<Command>,
    ) {
        let call = called(request);
        let caller = self.caller_of(request);
        let permitted = || self.integrations.authorize(&caller, &call);
        // A mock gives the items of a Map, and its results are written for real.
        let mocks = self.mocks.as_mut();
        let mocks = mocks.filter(|_| !matches!(request.purpose, Purpose::WriteResults { .. }));
        if let Some(mocked) =
            mocks.and_then(|case| case.answer(&request.state_name, &request.resource, permitted))
        {
            self.begin_task(request);
            self.finish_task(request.id, mocked);
            return;
        }
        if request.resource.kind == ResourceKind::Activity {
            self.start_activity(request, control);
            return;
        }
        self.begin_task(request);
        self.hold(request, control);
        let id = request.id;
        let parent = Parent {
            arn: self.arn.clone(),
            task: id,
            execution: control.clone(),
        };
        if let Some(nested) = self.states.nested(&caller, request, &parent) {
            let running = self
                .tasks
                .spawn(async move { (id, nested.await.map(Performed::Output)) });
            self.running.insert(id, running);
            return;
        }
        let (integrations, caller, request) = (self.integrations.clone(), caller, request.clone());
        let running = self.tasks.spawn(async move {
            let performed = integrations.perform(&caller, &request, &parent);
            (id, performed.await)
        });
        self.running.insert(id, running);
    }

    /// A child execution of a Distributed Map may assume the role for itself.
    fn caller_of(&self, request: &TaskRequest) -> Arc<Caller> {
        let conditions = &self.executions.conditions;
        let source = { request.child.as_deref() }.and_then(|child| child_source(conditions, child));
        match source {
            Some(assumed_for) => Arc::new(Caller {
                assumed_for,
                ..Caller::clone(&self.caller)
            }),
            None => Arc::clone(&self.caller),
        }
    }

    /// What calls a service starts at once.
    fn begin_task(&mut self, request: &TaskRequest) {
        // Cannot fail: the engine has just asked for this task.
        let _ = lock(&self.execution).task_started(request.id, None);
        self.progressed = true;
    }

    /// A worker takes it, reports its end, and needs no role for that.
    fn start_activity(
        &mut self,
        request: &TaskRequest,
        control: &mpsc::WeakUnboundedSender<Command>,
    ) {
        if let Err(missing) = self.states.activity(&request.resource.arn) {
            self.finish_task(request.id, Err(missing));
            return;
        }
        self.hold(request, control);
        if let Some(token) = &request.token {
            self.executions.schedule(request, token, control);
        }
    }

    /// Lets the holder of the task's token report its end.
    fn hold(&mut self, request: &TaskRequest, control: &mpsc::WeakUnboundedSender<Command>) {
        let (Some(token), Some(control)) = (&request.token, control.upgrade()) else {
            return;
        };
        let waits = match request.resource.kind {
            ResourceKind::Service { pattern, .. } => pattern == Pattern::WaitForTaskToken,
            _ => true,
        };
        lock(&self.executions.tokens).insert(token.clone(), (control, request.id));
        let held = Held {
            token: token.clone(),
            waits,
            submitted: false,
        };
        self.tokens.insert(request.id, held);
    }

    pub(super) fn task_returned(
        &mut self,
        ended: Result<(TaskId, Result<Performed, TaskError>), tokio::task::JoinError>,
    ) {
        // Nobody waits for an aborted task.
        let Ok((task, result)) = ended else { return };
        self.running.remove(&task);
        match (result, self.tokens.get_mut(&task)) {
            // The call has returned; the holder of the token reports the result.
            (Ok(Performed::Output(output)), Some(held)) if held.waits => {
                held.submitted = true;
                let _ = lock(&self.execution).task_submitted(task, output);
            }
            (Ok(Performed::Output(output)), _) => self.finish_task(task, Ok(output)),
            (Ok(Performed::Items(items)), _) => {
                self.progressed = true;
                let _ = lock(&self.execution).items_read(task, items);
            }
            (Err(failed), _) => self.finish_task(task, Err(failed)),
        }
    }

    fn finish_task(&mut self, task: TaskId, result: TaskResult) {
        self.forget_token(task);
        self.progressed = true;
        // The task may have been cancelled in the meantime; then the report is ignored.
        let _ = match result {
            Ok(output) => lock(&self.execution).task_succeeded(task, output),
            Err(failed) => {
                lock(&self.execution).task_failed(task, Some(failed.error), Some(failed.cause))
            }
        };
    }

    /// A token can be reported before the call that received it has returned. AWS then counts the call as submitted.
    pub(super) fn report_by_token<R>(
        &mut self,
        task: TaskId,
        report: impl FnOnce(&mut Execution) -> R,
    ) -> R {
        if let Some(running) = self.running.remove(&task) {
            running.abort();
            if self.tokens.get(&task).is_some_and(|held| !held.submitted) {
                let submitted = Payload::from(serde_json::json!({}));
                let _ = lock(&self.execution).task_submitted(task, submitted);
            }
        }
        self.forget_token(task);
        report(&mut lock(&self.execution))
    }

    pub(super) fn forget_token(&mut self, task: TaskId) {
        if let Some(held) = self.tokens.remove(&task) {
            lock(&self.executions.tokens).remove(&held.token);
            self.executions.withdraw(&held.token);
        }
    }
}

/// The ARN for which a child assumes its role; `None` for that of the execution that has started it.
fn child_source(conditions: &Conditions, child: &ChildExecution) -> Option<String> {
    let source = match conditions.weather().child_source {
        ChildSource::Any => conditions.any_of(
            "child source",
            &child.map_run_arn,
            &[
                ChildSource::Parent,
                ChildSource::Label,
                ChildSource::MapRun,
                ChildSource::Execution,
            ],
        )?,
        source => source,
    };
    match source {
        ChildSource::Parent | ChildSource::Any => None,
        ChildSource::Label => Some(machine_of(&child.map_run_arn)),
        ChildSource::MapRun => Some(child.map_run_arn.to_string()),
        ChildSource::Execution => Some(child.arn.to_string()),
    }
}

/// The call that a request makes, as the role is asked for it.
fn called(request: &TaskRequest) -> TaskRequest {
    match request.purpose {
        Purpose::Task => request.clone(),
        Purpose::ReadItems { .. } | Purpose::WriteResults { .. } => map_data::as_sdk_call(request),
    }
}
