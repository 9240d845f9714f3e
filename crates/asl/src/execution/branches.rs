//! How branches start, and how they and iterations end and fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::children::{Children, ChildrenKind};
use super::engine::{NewScope, Progress};
use super::ids::ScopeId;
use super::scope::{BlockedOn, History, Parent, Resume, Scope};
use super::stopped::Begun;
use super::{Execution, Status};
use crate::Payload;
use crate::failure::Failure;
use crate::history::{EventKind, MapRunEvent};
use crate::states::{State, StateKind};
use crate::variables::Variables;

impl Execution {
    pub(super) fn start_branches(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        state: &State,
        input: Payload,
    ) -> Progress {
        let mut begun = match scope.begun.take() {
            Some(work) => work.children,
            None => {
                self.record(scope, EventKind::ParallelStateStarted);
                BTreeMap::new()
            }
        };
        let outer = Arc::new(scope.variables.clone());
        let mut children = Children::new(ChildrenKind::Branches, state.branches().len());
        for (index, program) in state.branches().iter().enumerate() {
            let at = match begun.remove(&index) {
                Some(Begun::Done(output)) => {
                    children.end(index, Some(output));
                    continue;
                }
                Some(Begun::Stopped(at)) => Some(at),
                None => None,
            };
            let child = self.add_scope(NewScope {
                program,
                parent: Some(Parent { scope: id, index }),
                history: scope.history,
                child: scope.child.clone(),
                variables: Variables::inner(&outer),
                item: scope.item.clone(),
                last_event: scope.last_event,
                input: input.clone(),
                at,
            });
            children.running.insert(index, child);
        }
        Progress::Blocked(BlockedOn::Children(Box::new(children)))
    }

    pub(super) fn scope_done(&mut self, child: &Scope, output: Payload) {
        let Some(parent) = child.parent else {
            self.finish(Status::Succeeded, child.last_event, Ok(output));
            return;
        };
        self.with_children(parent, |execution, id, scope, children| {
            if let Some(run) = &mut children.map_run {
                if let Some(deadline) = child.deadline {
                    execution.timers.disarm(deadline);
                }
                let result = Ok(output.clone());
                if let Some(end) = execution.end_child(child, id, Status::Succeeded, result) {
                    run.child_ended(&end);
                }
            }
            children.end(parent.index, Some(output));
            match &children.kind {
                ChildrenKind::Branches => scope.last_event = child.last_event,
                ChildrenKind::Iterations { .. } if children.is_distributed() => {
                    return execution.continue_with_next(
                        parent.scope,
                        scope,
                        children,
                        scope.last_event,
                    );
                }
                ChildrenKind::Iterations { .. } => {
                    let event = EventKind::MapIterationSucceeded {
                        name: Arc::clone(&scope.state.name),
                        index: parent.index as u64,
                    };
                    execution.record_after(scope, child.last_event, event);
                }
            }
            execution.continue_with_next(parent.scope, scope, children, child.last_event)
        });
    }

    pub(super) fn scope_failed(&mut self, child: Scope, failure: Failure) {
        let Some(parent) = child.parent else {
            self.finish(Status::Failed, child.last_event, Err(failure));
            return;
        };
        if failure.is_runtime() && child.history == History::Own {
            self.finish(Status::Failed, child.last_event, Err(failure));
            return;
        }
        self.with_children(parent, |execution, id, scope, children| {
            if children.is_distributed() {
                let end = (Status::Failed, failure);
                return execution.child_execution_failed(
                    &child,
                    id,
                    end,
                    (parent, scope),
                    children,
                );
            }
            scope.last_event = child.last_event;
            let previous = Some(child.last_event);
            // AWS tells what became of each in their order.
            let later = children.running.split_off(&parent.index);
            execution.abort_children(scope, children, previous);
            if let ChildrenKind::Iterations { .. } = &children.kind {
                let event = EventKind::MapIterationFailed {
                    name: Arc::clone(&scope.state.name),
                    index: parent.index as u64,
                };
                execution.record_aside(scope, child.last_event, event);
            }
            execution.record_aborted_state(&child, child.last_event);
            children.running = later;
            execution.abort_children(scope, children, previous);
            Some(Err(failure))
        });
    }

    /// A child execution of a distributed Map ends while its states are still running.
    pub(super) fn end_unfinished_child(
        &mut self,
        mut child: Scope,
        status: Status,
        failure: Failure,
    ) {
        let Some(parent) = child.parent else { return };
        self.abort_work(&mut child, None);
        self.with_children(parent, |execution, id, scope, children| {
            let end = (status, failure);
            execution.child_execution_failed(&child, id, end, (parent, scope), children)
        });
    }

    /// Removes a child from its parent's list. `then` gets its id, and returns the result with which the parent continues, or `None` if
    /// the parent keeps waiting.
    fn with_children(
        &mut self,
        parent: Parent,
        then: impl FnOnce(
            &mut Self,
            Option<ScopeId>,
            &mut Scope,
            &mut Children,
        ) -> Option<Result<Payload, Failure>>,
    ) {
        let Some(mut scope) = self.scopes.remove(&parent.scope) else {
            return;
        };
        let blocked_on = std::mem::replace(&mut scope.blocked_on, BlockedOn::Queue);
        if let BlockedOn::Children(mut children) = blocked_on {
            let child = children.running.remove(&parent.index);
            match then(self, child, &mut scope, &mut children) {
                Some(result) => self.ready.push_back((parent.scope, Resume::Result(result))),
                None => scope.blocked_on = BlockedOn::Children(children),
            }
        }
        if self.outcome.is_none() {
            self.scopes.insert(parent.scope, scope);
        }
    }

    /// After the end of a child, starts the next one or ends the parent's work.
    fn continue_with_next(
        &mut self,
        id: ScopeId,
        scope: &mut Scope,
        children: &mut Children,
        previous: u64,
    ) -> Option<Result<Payload, Failure>> {
        if children.all_done() {
            return self.children_done(scope, id, children);
        }
        let state = Arc::clone(&scope.state);
        if let StateKind::Map(map) = &state.kind
            && let Err(failure) = self.fill(scope, id, map, children, previous)
        {
            return Some(Err(self.fail_iterations(scope, children, failure)));
        }
        None
    }

    /// Completes a Map without items as soon as it waits.
    pub(super) fn settle_children(&mut self, id: ScopeId) {
        let Some(mut scope) = self.scopes.remove(&id) else {
            return;
        };
        let blocked_on = std::mem::replace(&mut scope.blocked_on, BlockedOn::Queue);
        match blocked_on {
            BlockedOn::Children(mut children) if children.all_done() => {
                match self.children_done(&mut scope, id, &mut children) {
                    Some(result) => self.ready.push_back((id, Resume::Result(result))),
                    None => scope.blocked_on = BlockedOn::Children(children),
                }
            }
            blocked_on => scope.blocked_on = blocked_on,
        }
        self.scopes.insert(id, scope);
    }

    /// Records the success of the children as a whole. The exit does not follow these events, but the one before them.
    pub(super) fn record_success(&mut self, scope: &mut Scope, children: &mut Children) {
        let mut previous = scope.last_event;
        if children.is_distributed() {
            let event = EventKind::MapRun(MapRunEvent::Succeeded);
            previous = self.record_aside(scope, previous, event);
            self.end_map_run(children, Status::Succeeded);
        }
        let event = match children.kind {
            ChildrenKind::Branches => EventKind::ParallelStateSucceeded,
            ChildrenKind::Iterations { .. } => EventKind::MapStateSucceeded,
        };
        scope.success_event = Some(self.record_aside(scope, previous, event));
    }

    fn child_execution_failed(
        &mut self,
        child: &Scope,
        id: Option<ScopeId>,
        (status, failure): (Status, Failure),
        (parent, scope): (Parent, &mut Scope),
        children: &mut Children,
    ) -> Option<Result<Payload, Failure>> {
        if let Some(deadline) = child.deadline {
            self.timers.disarm(deadline);
        }
        let end = self.end_child(child, id, status, Err(failure));
        if let (Some(run), Some(end)) = (&mut children.map_run, end) {
            run.child_ended(&end);
        }
        children.end(parent.index, None);
        if children
            .map_run
            .as_ref()
            .is_some_and(|run| run.is_exceeded())
        {
            return self.tolerance_exceeded(scope, parent.scope, children);
        }
        let previous = scope.last_event;
        self.continue_with_next(parent.scope, scope, children, previous)
    }
}
