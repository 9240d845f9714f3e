//! How running work is aborted.

use std::sync::Arc;

use super::Execution;
use super::children::{Children, ChildrenKind};
use super::ids::ScopeId;
use super::scope::{BlockedOn, Scope};
use crate::history::EventKind;
use crate::states::StateKind;

impl Execution {
    /// Adds an event that no other event follows, and returns its id.
    pub(super) fn record_aside(&mut self, scope: &Scope, previous: u64, event: EventKind) -> u64 {
        self.add_event(scope.history, previous, event)
    }

    /// Aborts the running children of the Parallel or Map that `scope` is in. The resulting events follow `previous`; without
    /// it, none are recorded.
    pub(super) fn abort_children(
        &mut self,
        scope: &Scope,
        children: &mut Children,
        previous: Option<u64>,
    ) {
        let iterates = matches!(children.kind, ChildrenKind::Iterations { .. });
        // A child execution is ended from outside, as by `StopExecution`.
        let previous = previous.filter(|_| !children.is_distributed());
        for (index, child) in std::mem::take(&mut children.running) {
            if let Some(previous) = previous.filter(|_| iterates) {
                let event = EventKind::MapIterationAborted {
                    name: Arc::clone(&scope.state.name),
                    index: index as u64,
                };
                self.record_aside(scope, previous, event);
            }
            self.abort(child, previous);
        }
        if let Some(run) = &mut children.map_run {
            run.all_aborted();
        }
    }

    /// Ends a scope and all scopes inside it. The resulting events follow `previous`; without it, none are recorded.
    pub(super) fn abort(&mut self, id: ScopeId, previous: Option<u64>) {
        let Some(mut scope) = self.scopes.remove(&id) else {
            return;
        };
        self.abort_work(&mut scope, previous);
        self.child_aborted(id, &scope);
    }

    /// Ends what a scope waits for.
    pub(super) fn abort_work(&mut self, scope: &mut Scope, previous: Option<u64>) {
        let blocked_on = std::mem::replace(&mut scope.blocked_on, BlockedOn::Queue);
        match blocked_on {
            BlockedOn::Queue => {}
            BlockedOn::Wait(timer) | BlockedOn::Backoff(timer) => self.timers.disarm(timer),
            BlockedOn::Task(task) => {
                self.forget_task(&task);
                self.cancelled.push(task.id);
            }
            BlockedOn::Children(mut children) => {
                self.abort_children(scope, &mut children, previous);
                self.abort_map_run(scope, &mut children, previous);
            }
        }
        if let Some(deadline) = scope.deadline.take() {
            self.timers.disarm(deadline);
        }
        if let Some(previous) = previous {
            self.record_aborted_state(scope, previous);
        }
    }

    /// Records the abortion of a state, for the types of states that take time.
    pub(super) fn record_aborted_state(&mut self, scope: &Scope, previous: u64) {
        let takes_time = matches!(
            scope.state.kind,
            StateKind::Task(_) | StateKind::Wait(_) | StateKind::Parallel(_) | StateKind::Map(_)
        );
        if takes_time && scope.entered_event > 0 {
            let state_type = scope.state.state_type();
            self.record_aside(scope, previous, EventKind::StateAborted { state_type });
        }
    }
}
