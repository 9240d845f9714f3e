//! How branches and iterations start, end, fail and are aborted.

use std::sync::Arc;

use super::children::{Children, ChildrenKind};
use super::engine::{NewScope, Progress};
use super::ids::ScopeId;
use super::scope::{BlockedOn, Parent, Resume, Scope};
use super::{Execution, Status};
use crate::context::MapItem;
use crate::failure::{Failure, Origin};
use crate::history::{EventKind, MapRunEvent};
use crate::states::{Iterations, Map, Mode, State, StateKind};
use crate::variables::Variables;
use crate::{Arn, Payload};

impl Execution {
    pub(super) fn start_branches(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        state: &State,
        input: Payload,
    ) -> Progress {
        self.record(scope, EventKind::ParallelStateStarted);
        let outer = Arc::new(scope.variables.clone());
        let mut children = Children::new(ChildrenKind::Branches, state.branches().len());
        for (index, program) in state.branches().iter().enumerate() {
            let child = self.add_scope(NewScope {
                program,
                parent: Some(Parent { scope: id, index }),
                recorded: scope.recorded,
                variables: Variables::inner(&outer),
                item: scope.item.clone(),
                last_event: scope.last_event,
                input: input.clone(),
            });
            children.running.insert(index, child);
        }
        Progress::Blocked(BlockedOn::Children(Box::new(children)))
    }

    pub(super) fn start_iterations(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        state: &State,
        iterations: Iterations,
    ) -> Progress {
        let StateKind::Map(map) = &state.kind else {
            return Progress::Failed(Failure::runtime("The state is not a Map"));
        };
        let count = iterations.items.len();
        let length = count as u64;
        self.record(scope, EventKind::MapStateStarted { length });
        let tolerance = match map.tolerance(self.visit(scope, state), &iterations.effective) {
            Ok(tolerance) => tolerance,
            Err(failure) => {
                // As if the Map had not started.
                scope.last_event = scope.entered_event;
                return self.fail_state(scope, id, state, failure);
            }
        };
        let distributed = map.mode != Mode::Inline;
        if distributed && let Some(denied) = &self.options.map_runs_denied {
            let failure = Failure {
                error: Some(denied.error.clone()),
                cause: Some(denied.cause.clone()),
                origin: Origin::Work,
            };
            scope.last_event = scope.entered_event;
            return self.fail_state(scope, id, state, failure);
        }
        if distributed {
            let map_run_arn = self.map_run_arn(map, state);
            self.record(
                scope,
                EventKind::MapRun(MapRunEvent::Started { map_run_arn }),
            );
        }
        let kind = ChildrenKind::Iterations {
            effective: iterations.effective,
            outer: Arc::new(scope.variables.clone()),
            waiting: iterations.items.into(),
            distributed,
            tolerance,
            failures: 0,
        };
        let mut children = Children::new(kind, count);
        let previous = scope.last_event;
        for _ in 0..iterations.concurrency.min(count) {
            if let Err(failure) = self.start_iteration(scope, id, map, &mut children, previous) {
                self.abort_children(scope, &mut children, previous);
                return self.fail_state(scope, id, state, failure);
            }
        }
        Progress::Blocked(BlockedOn::Children(Box::new(children)))
    }

    /// `arn:…:mapRun:machine/label:uuid`, in the account and region of the state machine.
    fn map_run_arn(&self, map: &Map, state: &State) -> Arc<str> {
        let label = map.label.as_deref().unwrap_or(&state.name);
        let name = &self.options.state_machine_name;
        let map_run = format!("mapRun:{name}/{label}:{}", self.random.uuid());
        match Arn::parse(&self.options.state_machine_arn) {
            Some(machine) => machine.with_resource(&map_run).to_string().into(),
            None => map_run.into(),
        }
    }

    /// Starts the next iteration, if one is waiting.
    fn start_iteration(
        &mut self,
        scope: &Scope,
        id: ScopeId,
        map: &Map,
        children: &mut Children,
        previous: u64,
    ) -> Result<(), Failure> {
        let count = children.outputs.len();
        let ChildrenKind::Iterations {
            effective,
            outer,
            waiting,
            distributed,
            ..
        } = &mut children.kind
        else {
            return Ok(());
        };
        let index = count - waiting.len();
        let Some(value) = waiting.pop_front() else {
            return Ok(());
        };
        let item = Arc::new(MapItem { index, value });
        let mut visit = self.visit(scope, &scope.state);
        visit.context.item = Some(&item);
        let input = map.iteration_input(visit, effective, &item.value)?;
        let recorded = scope.recorded && !*distributed;
        let mut last_event = previous;
        if recorded {
            let event = EventKind::MapIterationStarted {
                name: Arc::clone(&scope.state.name),
                index: index as u64,
            };
            last_event = self.recorder.add(self.now, previous, event);
        }
        let child = self.add_scope(NewScope {
            program: &map.processor,
            parent: Some(Parent { scope: id, index }),
            recorded,
            variables: match *distributed {
                // Child executions do not see the variables of their parent.
                true => Variables::default(),
                false => Variables::inner(outer),
            },
            item: Some(item),
            last_event,
            input,
        });
        children.running.insert(index, child);
        Ok(())
    }

    pub(super) fn scope_done(&mut self, child: &Scope, output: Payload) {
        let Some(parent) = child.parent else {
            self.finish(Status::Succeeded, child.last_event, Ok(output));
            return;
        };
        self.with_children(parent, |execution, scope, children| {
            children.outputs[parent.index] = Some(output);
            children.done += 1;
            match &children.kind {
                ChildrenKind::Branches => scope.last_event = child.last_event,
                ChildrenKind::Iterations {
                    distributed: true, ..
                } => {}
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
        if failure.is_runtime() && child.recorded {
            self.finish(Status::Failed, child.last_event, Err(failure));
            return;
        }
        self.with_children(parent, |execution, scope, children| {
            if children.is_distributed() {
                return execution.child_execution_failed(parent, scope, children);
            }
            scope.last_event = child.last_event;
            if let ChildrenKind::Iterations { .. } = &children.kind {
                let event = EventKind::MapIterationFailed {
                    name: Arc::clone(&scope.state.name),
                    index: parent.index as u64,
                };
                execution.record_aside(scope, child.last_event, event);
            }
            execution.record_aborted_state(&child, child.last_event);
            execution.abort_children(scope, children, child.last_event);
            Some(Err(failure))
        });
    }

    /// Removes a child from its parent's list. `then` returns the result with which the parent continues, or `None` if
    /// the parent keeps waiting.
    fn with_children(
        &mut self,
        parent: Parent,
        then: impl FnOnce(&mut Self, &mut Scope, &mut Children) -> Option<Result<Payload, Failure>>,
    ) {
        let Some(mut scope) = self.scopes.remove(&parent.scope) else {
            return;
        };
        let blocked_on = std::mem::replace(&mut scope.blocked_on, BlockedOn::Queue);
        if let BlockedOn::Children(mut children) = blocked_on {
            children.running.remove(&parent.index);
            match then(self, &mut scope, &mut children) {
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
            self.record_success(scope, children);
            return Some(Ok(children.take_output()));
        }
        let state = Arc::clone(&scope.state);
        if let StateKind::Map(map) = &state.kind
            && let Err(failure) = self.start_iteration(scope, id, map, children, previous)
        {
            self.abort_children(scope, children, previous);
            return Some(Err(failure));
        }
        None
    }

    /// Completes a Map without items as soon as it waits.
    pub(super) fn settle_children(&mut self, id: ScopeId) {
        let Some(mut scope) = self.scopes.remove(&id) else {
            return;
        };
        if let BlockedOn::Children(children) = &mut scope.blocked_on
            && children.all_done()
        {
            let mut children =
                std::mem::replace(children, Box::new(Children::new(ChildrenKind::Branches, 0)));
            self.record_success(&scope, &children);
            let output = children.take_output();
            self.ready.push_back((id, Resume::Result(Ok(output))));
        }
        self.scopes.insert(id, scope);
    }

    /// Records the success of the children as a whole. Later events do not follow these, but the event before them.
    fn record_success(&mut self, scope: &Scope, children: &Children) {
        let mut previous = scope.last_event;
        if children.is_distributed() {
            let event = EventKind::MapRun(MapRunEvent::Succeeded);
            previous = self.record_aside(scope, previous, event);
        }
        let event = match children.kind {
            ChildrenKind::Branches => EventKind::ParallelStateSucceeded,
            ChildrenKind::Iterations { .. } => EventKind::MapStateSucceeded,
        };
        self.record_aside(scope, previous, event);
    }

    fn child_execution_failed(
        &mut self,
        parent: Parent,
        scope: &mut Scope,
        children: &mut Children,
    ) -> Option<Result<Payload, Failure>> {
        children.done += 1;
        let total = children.outputs.len();
        let ChildrenKind::Iterations {
            failures,
            tolerance,
            ..
        } = &mut children.kind
        else {
            return None;
        };
        *failures += 1;
        if !tolerance.is_exceeded(*failures, total) {
            let previous = scope.last_event;
            return self.continue_with_next(parent.scope, scope, children, previous);
        }
        self.abort_children(scope, children, 0);
        let failure = Failure::tolerated_failures_exceeded();
        let event = EventKind::MapRun(MapRunEvent::Failed {
            error: failure.error.clone(),
            cause: failure.cause.clone(),
        });
        self.record(scope, event);
        Some(Err(failure))
    }
}
