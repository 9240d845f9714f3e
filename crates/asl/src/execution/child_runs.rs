//! The histories of child executions.

use std::sync::Arc;

use super::child_execution::{ChildEnd, ChildExecution, ChildUpdate};
use super::ids::ScopeId;
use super::recorder::Recorder;
use super::scope::{History, Scope};
use super::{Execution, Outcome, Status};
use crate::failure::Failure;
use crate::history::EventKind;
use crate::limits::MAX_REDRIVABLE_EVENTS;
use crate::{ExecutionKind, Payload};

/// A child execution that runs and has a history.
#[derive(Debug)]
pub(super) struct ChildRun {
    child: Arc<ChildExecution>,
    recorder: Recorder,
    /// Whether it has events that were not reported.
    changed: bool,
}

impl Execution {
    /// Begins the history of the child execution whose first scope this is, or goes on with it after event `last`.
    pub(super) fn begin_child(&mut self, id: ScopeId, child: &Arc<ChildExecution>, last: u64) {
        let run = ChildRun {
            child: Arc::clone(child),
            recorder: Recorder::after(last, ExecutionKind::Standard),
            changed: false,
        };
        self.child_runs.insert(id, run);
        let event = match child.redrive_count {
            0 => EventKind::ExecutionStarted {
                input: child.input.clone(),
                role_arn: self.options.role_arn.as_str().into(),
                state_machine_version_arn: None,
                state_machine_alias_arn: None,
            },
            redrive_count => EventKind::ExecutionRedriven { redrive_count },
        };
        self.add_child_event(id, 0, event);
    }

    pub(super) fn add_child_event(&mut self, id: ScopeId, previous: u64, event: EventKind) -> u64 {
        match self.child_runs.get_mut(&id) {
            Some(run) => {
                if !std::mem::replace(&mut run.changed, true) {
                    self.changed_children.push(id);
                }
                let event = run.recorder.add(self.now, previous, event);
                if run.recorder.is_full() {
                    self.full_children.push(id);
                }
                event
            }
            None => previous,
        }
    }

    /// Ends the child execution that this scope began.
    pub(super) fn end_child(
        &mut self,
        scope: &Scope,
        id: Option<ScopeId>,
        status: Status,
        end: Result<Payload, Failure>,
    ) -> Option<ChildEnd> {
        let child = Arc::clone(scope.child.as_ref()?);
        let (output, error, cause) = match end {
            Ok(output) => (Some(output), None, None),
            Err(failure) => (None, failure.error, failure.cause),
        };
        let outcome = Outcome {
            status,
            output,
            error,
            cause,
        };
        let run = id.and_then(|id| self.child_runs.remove(&id));
        let mut end = ChildEnd {
            child,
            outcome,
            stopped: self.now,
            redrivable: true,
        };
        if let Some(mut run) = run {
            let event = end_event(&end.outcome);
            let previous = match status {
                // It was ended from outside, which follows nothing.
                Status::Aborted => 0,
                _ => scope.last_event,
            };
            run.recorder.add_last(self.now, previous, event);
            end.redrivable = run.recorder.last_id() < MAX_REDRIVABLE_EVENTS;
            self.child_updates.push(ChildUpdate {
                child: Arc::clone(&run.child),
                events: run.recorder.take(),
                end: Some(end.clone()),
            });
        }
        Some(end)
    }

    /// Ends the children whose history has no room for more.
    pub(super) fn end_full_children(&mut self) {
        for id in std::mem::take(&mut self.full_children) {
            if let Some(scope) = self.scopes.remove(&id) {
                self.end_unfinished_child(scope, Status::Failed, Failure::history_full());
            }
        }
    }

    pub(super) fn is_full(&self, history: History) -> bool {
        match history {
            History::Own => self.recorder.is_full(),
            History::Child(id) => {
                { self.child_runs.get(&id) }.is_some_and(|run| run.recorder.is_full())
            }
            History::None => false,
        }
    }

    /// The scope was aborted. If a child execution began with it, that has ended.
    pub(super) fn child_aborted(&mut self, id: ScopeId, scope: &Scope) {
        if self.child_runs.contains_key(&id) {
            let aborted = Err(Failure::default());
            self.end_child(scope, Some(id), Status::Aborted, aborted);
        }
    }

    /// Reports what running child executions have recorded.
    pub(super) fn report_children(&mut self) {
        for id in std::mem::take(&mut self.changed_children) {
            // One that has ended meanwhile was reported with its end.
            let Some(run) = self.child_runs.get_mut(&id) else {
                continue;
            };
            run.changed = false;
            self.child_updates.push(ChildUpdate {
                child: Arc::clone(&run.child),
                events: run.recorder.take(),
                end: None,
            });
        }
        self.report_map_runs();
    }
}

fn end_event(outcome: &Outcome) -> EventKind {
    let (error, cause) = (outcome.error.clone(), outcome.cause.clone());
    match (outcome.status, &outcome.output) {
        (Status::Succeeded, Some(output)) => EventKind::ExecutionSucceeded {
            output: output.clone(),
        },
        (Status::Aborted, _) => EventKind::ExecutionAborted { error, cause },
        (Status::TimedOut, _) => EventKind::ExecutionTimedOut { error, cause },
        _ => EventKind::ExecutionFailed { error, cause },
    }
}
