//! How scopes move from state to state.

use std::sync::Arc;

use super::child_execution::ChildExecution;
use super::ids::ScopeId;
use super::scope::{BlockedOn, History, Parent, Resume, Scope};
use super::stopped::Stopped;
use super::turn::Turn;
use super::{Execution, Outcome, Status};
use crate::context::MapItem;
use crate::decision::{Decided, Decision};
use crate::failure::Failure;
use crate::flow::{Exit, Produced};
use crate::history::EventKind;
use crate::states::{Action, Program, State, StateKind};
use crate::variables::Variables;
use crate::{ExecutionKind, Payload};

/// The result of running a scope.
pub(super) enum Progress {
    /// It continues at once.
    Continue(Resume),
    /// It waits for something.
    Blocked(BlockedOn),
    Done(Payload),
    Failed(Failure),
}

/// A scope to create.
pub(super) struct NewScope<'a> {
    pub(super) program: &'a Arc<Program>,
    pub(super) parent: Option<Parent>,
    pub(super) history: History,
    pub(super) child: Option<Arc<ChildExecution>>,
    pub(super) variables: Variables,
    pub(super) item: Option<Arc<MapItem>>,
    pub(super) last_event: u64,
    pub(super) input: Payload,
    /// Where it stopped before a redrive.
    pub(super) at: Option<Stopped>,
}

impl Execution {
    pub(super) fn begin(&mut self, program: &Arc<Program>) {
        let at = match &mut self.options.redrive {
            Some(redrive) => redrive.at.take(),
            None => {
                self.record_start();
                None
            }
        };
        let input = self.options.input.clone();
        self.root = self.add_scope(NewScope {
            program,
            parent: None,
            history: History::Own,
            child: None,
            variables: Variables::default(),
            item: None,
            // The first state follows no event, not even the start.
            last_event: 0,
            input,
            at,
        });
    }

    fn record_start(&mut self) {
        let optional = |arn: &Option<String>| arn.as_deref().map(Arc::from);
        let event = EventKind::ExecutionStarted {
            input: self.options.input.clone(),
            role_arn: self.options.role_arn.as_str().into(),
            state_machine_version_arn: optional(&self.options.state_machine_version_arn),
            state_machine_alias_arn: optional(&self.options.state_machine_alias_arn),
        };
        self.recorder.add(self.now, 0, event);
    }

    /// Creates a scope and queues it: before its first state, or where it stopped.
    pub(super) fn add_scope(&mut self, new: NewScope) -> ScopeId {
        self.last_scope += 1;
        let id = ScopeId(self.last_scope);
        let state = Arc::clone(new.program.first());
        let mut scope = Scope {
            program: Arc::clone(new.program),
            parent: new.parent,
            history: new.history,
            child: new.child,
            variables: new.variables,
            item: new.item,
            last_event: new.last_event,
            state: Arc::clone(&state),
            input: new.input.clone(),
            entered: self.now,
            entered_event: 0,
            success_event: None,
            attempts: Vec::new(),
            task_token: None,
            begun: None,
            deadline: None,
            blocked_on: BlockedOn::Queue,
        };
        scope.move_to(state, new.input);
        let resume = new.at.map_or(Resume::Enter, |at| scope.put_back(at));
        self.scopes.insert(id, scope);
        self.ready.push_back((id, resume));
        id
    }

    /// Runs everything that can run. Returns false if the turn was over before.
    pub(super) fn run_ready(&mut self, mut turn: Turn) -> bool {
        while let Some((id, resume)) = self.ready.pop_front() {
            // A scope that has been aborted in the meantime no longer exists.
            let Some(mut scope) = self.scopes.remove(&id) else {
                continue;
            };
            let history = scope.history;
            match self.run(&mut scope, id, resume, &mut turn) {
                Progress::Continue(resume) => {
                    self.scopes.insert(id, scope);
                    self.ready.push_front((id, resume));
                    if !self.is_full(history) {
                        return false;
                    }
                }
                Progress::Blocked(blocked_on) => {
                    scope.blocked_on = blocked_on;
                    self.scopes.insert(id, scope);
                    self.settle_children(id);
                }
                Progress::Done(output) => self.scope_done(&scope, output),
                Progress::Failed(failure) => self.scope_failed(scope, failure),
            }
            self.end_full_children();
            if self.recorder.is_full() {
                self.fail_for_history();
            }
            if self.outcome.is_some() {
                break;
            }
        }
        true
    }

    /// Runs a scope until it blocks or ends, or the turn is over.
    fn run(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        mut resume: Resume,
        turn: &mut Turn,
    ) -> Progress {
        loop {
            if matches!(resume, Resume::Enter) {
                if let Some(cause) = &self.ends_at_transition {
                    return Progress::Failed(Failure::runtime(cause.clone()));
                }
                if turn.is_over() || self.is_full(scope.history) {
                    return Progress::Continue(resume);
                }
                turn.enter(&scope.input);
            }
            let state = Arc::clone(&scope.state);
            let action = match resume {
                Resume::Enter => {
                    self.enter(scope, &state);
                    state.run(self.visit(scope, &state))
                }
                Resume::Retry => {
                    self.renew_token(scope, &state);
                    state.run(self.visit(scope, &state))
                }
                Resume::WaitOver => state.leave_with_input(self.visit(scope, &state)),
                Resume::Result(Ok(result)) => {
                    let exit = self.visit(scope, &state).exit(Produced::Result(&result));
                    let success = scope.success_event.take();
                    if exit.is_err() {
                        scope.last_event = success.unwrap_or(scope.last_event);
                    }
                    exit.map(Action::Leave)
                }
                Resume::Result(Err(failure)) => Err(failure),
            };
            if self.options.cancellation.is_cancelled() {
                // The result of the state is incomplete. Whoever cancelled it stops the execution or drops it.
                return Progress::Continue(Resume::Retry);
            }
            let action = action.unwrap_or_else(Action::Fail);
            match self.perform(scope, id, &state, action) {
                Progress::Continue(next) => resume = next,
                progress => return progress,
            }
        }
    }

    fn enter(&mut self, scope: &mut Scope, state: &State) {
        let event = EventKind::StateEntered {
            state_type: state.state_type(),
            name: Arc::clone(&state.name),
            input: scope.input.clone(),
        };
        scope.entered = self.now;
        self.record(scope, event);
        scope.entered_event = scope.last_event;
        self.renew_token(scope, state);
    }

    /// Each run of a task with a token has its own token.
    fn renew_token(&mut self, scope: &mut Scope, state: &State) {
        if let StateKind::Task(task) = &state.kind
            && task.has_token()
        {
            scope.task_token = Some(self.random.token());
        }
    }

    fn perform(
        &mut self,
        scope: &mut Scope,
        id: ScopeId,
        state: &Arc<State>,
        action: Action,
    ) -> Progress {
        match action {
            Action::Leave(exit) => self.leave(scope, state, exit, state.next()),
            Action::Choose { exit, next, by } => {
                self.decide(state, by);
                self.leave(scope, state, exit, Some(next))
            }
            Action::WaitUntil(moment) if moment <= self.now => Progress::Continue(Resume::WaitOver),
            Action::WaitUntil(moment) => {
                Progress::Blocked(BlockedOn::Wait(self.timers.arm(moment, id)))
            }
            Action::Task(start) => self.start_task(scope, id, state, start),
            Action::Branches(input) => self.start_branches(scope, id, state, input),
            Action::Iterate(iterations) => self.start_iterations(scope, id, state, iterations),
            Action::FailStarted { length, failure } => {
                self.record(scope, EventKind::MapStateStarted { length });
                self.fail_state(scope, id, state, failure)
            }
            Action::Fail(failure) => self.fail_state(scope, id, state, failure),
        }
    }

    pub(super) fn leave(
        &mut self,
        scope: &mut Scope,
        state: &State,
        exit: Exit,
        next: Option<&str>,
    ) -> Progress {
        let Exit { output, assigned } = exit;
        let assigned_variables = (!assigned.is_empty()).then(|| {
            let texts = assigned
                .iter()
                .map(|(name, value)| (name.clone(), value.to_string()));
            Arc::new(texts.collect())
        });
        scope.variables.assign(assigned);
        let event = EventKind::StateExited {
            state_type: state.state_type(),
            name: Arc::clone(&state.name),
            output: output.clone(),
            assigned_variables,
        };
        self.record(scope, event);
        let next = match next {
            None => return Progress::Done(output),
            Some(name) => scope.program.state(name).map(Arc::clone),
        };
        match next {
            Some(next) => {
                scope.move_to(next, output);
                Progress::Continue(Resume::Enter)
            }
            // Parsing has checked that every target exists.
            None => Progress::Failed(Failure::runtime("The next state does not exist")),
        }
    }

    pub(super) fn decide(&mut self, state: &State, decision: Decision) {
        let state = Arc::clone(&state.name);
        self.decided.push(Decided { state, decision });
    }

    /// Adds an event that follows the scope's last one.
    pub(super) fn record(&mut self, scope: &mut Scope, event: EventKind) {
        let previous = scope.last_event;
        self.record_after(scope, previous, event);
    }

    /// Adds an event that follows another one.
    pub(super) fn record_after(&mut self, scope: &mut Scope, previous: u64, event: EventKind) {
        scope.last_event = self.add_event(scope.history, previous, event);
    }

    /// Adds an event to a history, and returns its id.
    pub(super) fn add_event(&mut self, to: History, previous: u64, event: EventKind) -> u64 {
        match to {
            History::Own => self.recorder.add(self.now, previous, event),
            History::Child(id) => self.add_child_event(id, previous, event),
            History::None => previous,
        }
    }

    pub(super) fn visit<'a>(
        &'a self,
        scope: &'a Scope,
        state: &'a State,
    ) -> crate::flow::Visit<'a> {
        scope.visit(state, &self.options, self.started, &self.random, self.now)
    }

    /// Ends the execution.
    pub(super) fn finish(
        &mut self,
        status: Status,
        last_event: u64,
        end: Result<Payload, Failure>,
    ) {
        self.end_map_runs();
        let (output, mut error, cause) = match end {
            Ok(output) => (Some(output), None, None),
            Err(failure) => (None, failure.error, failure.cause),
        };
        let event = match (status, &output) {
            (Status::Succeeded, Some(output)) => EventKind::ExecutionSucceeded {
                output: output.clone(),
            },
            (Status::TimedOut, _) => EventKind::ExecutionTimedOut {
                error: error.clone(),
                cause: cause.clone(),
            },
            (Status::Aborted, _) => EventKind::ExecutionAborted {
                error: error.clone(),
                cause: cause.clone(),
            },
            _ => EventKind::ExecutionFailed {
                error: error.clone(),
                cause: cause.clone(),
            },
        };
        self.recorder.add_last(self.now, last_event, event);
        // Only the history says why a standard execution timed out.
        if status == Status::TimedOut && self.options.kind == ExecutionKind::Standard {
            error = None;
        }
        self.cancelled
            .extend(self.tasks.drain().map(|(task, _)| task));
        self.scopes.clear();
        self.ready.clear();
        self.timers = super::Timers::default();
        self.outcome = Some(Outcome {
            status,
            output,
            error,
            cause,
        });
    }

    fn fail_for_history(&mut self) {
        let last_event = self.recorder.last_id();
        self.finish(Status::Failed, last_event, Err(Failure::history_full()));
    }
}
