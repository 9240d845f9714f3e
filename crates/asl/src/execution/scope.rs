use std::sync::Arc;

use super::child_execution::ChildExecution;
use super::children::Children;
use super::ids::ScopeId;
use super::running_task::RunningTask;
use super::stopped::{Stopped, Work};
use super::timers::TimerKey;
use crate::context::{Context, MapItem};
use crate::failure::Failure;
use crate::flow::Visit;
use crate::random::Random;
use crate::states::{Program, State};
use crate::variables::Variables;
use crate::{Payload, StartOptions, Timestamp};

/// A running program: the whole machine, a branch of a Parallel or an iteration of a Map.
#[derive(Debug)]
pub(super) struct Scope {
    pub(super) program: Arc<Program>,
    pub(super) parent: Option<Parent>,
    pub(super) history: History,
    /// The child execution of a distributed Map that it belongs to.
    pub(super) child: Option<Arc<ChildExecution>>,
    pub(super) variables: Variables,
    /// The item of the innermost enclosing Map.
    pub(super) item: Option<Arc<MapItem>>,
    /// The event that the next one follows.
    pub(super) last_event: u64,

    // The visit of the current state.
    pub(super) state: Arc<State>,
    pub(super) input: Payload,
    pub(super) entered: Timestamp,
    pub(super) entered_event: u64,
    /// The event that tells of the success of the children. Only a failure follows it.
    pub(super) success_event: Option<u64>,
    /// How many times each retrier has been used.
    pub(super) attempts: Vec<u64>,
    pub(super) task_token: Option<String>,
    /// What of the work of the state was done before a redrive.
    pub(super) begun: Option<Box<Work>>,
    /// When it times out, if it began an express execution.
    pub(super) deadline: Option<TimerKey>,
    pub(super) blocked_on: BlockedOn,
}

/// Where the events of a scope go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum History {
    /// To the history of the execution itself.
    Own,
    /// To that of a child execution, which this scope began.
    Child(ScopeId),
    /// Nowhere: the express children of a distributed Map have none.
    None,
}

/// The scope that waits for this one, and the index of this one among its children.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parent {
    pub(super) scope: ScopeId,
    pub(super) index: usize,
}

/// What a scope is waiting for.
#[derive(Debug)]
pub(super) enum BlockedOn {
    /// Its turn.
    Queue,
    Wait(TimerKey),
    Backoff(TimerKey),
    Task(Box<RunningTask>),
    Children(Box<Children>),
}

/// How a scope continues.
#[derive(Debug)]
pub(super) enum Resume {
    /// Enters its current state.
    Enter,
    /// Runs the work of the state again.
    Retry,
    /// Leaves a Wait.
    WaitOver,
    /// Continues with the result of a task or of the children.
    Result(Result<Payload, Failure>),
}

impl Scope {
    /// Puts it where it stopped, and says how it goes on.
    pub(super) fn put_back(&mut self, at: Stopped) -> Resume {
        self.variables.assign(at.variables);
        self.move_to(at.state, at.input);
        self.entered = at.entered;
        self.entered_event = at.entered_event;
        if let Some(before) = at.enter_after {
            self.last_event = before;
            return Resume::Enter;
        }
        // The work is scheduled again after the entry, which is not repeated.
        let started = at.work.as_ref().map(|work| work.started_event);
        self.last_event = started.unwrap_or(at.entered_event);
        self.begun = at.work.map(Box::new);
        Resume::Retry
    }

    /// Makes `state` the current one, without entering it.
    pub(super) fn move_to(&mut self, state: Arc<State>, input: Payload) {
        self.attempts.clear();
        self.attempts.resize(state.retry.len(), 0);
        self.task_token = None;
        self.begun = None;
        self.state = state;
        self.input = input;
    }

    pub(super) fn retry_count(&self) -> u64 {
        self.attempts.iter().sum()
    }

    pub(super) fn visit<'a>(
        &'a self,
        state: &'a State,
        execution: &'a StartOptions,
        started: Timestamp,
        random: &'a Random,
        now: Timestamp,
    ) -> Visit<'a> {
        Visit {
            state: &state.name,
            flow: &state.flow,
            input: &self.input,
            context: Context {
                execution,
                child: self.child.as_deref(),
                role_arn: Some(&execution.role_arn),
                started,
                state_name: &state.name,
                entered: self.entered,
                retry_count: state.can_retry().then(|| self.retry_count()),
                task_token: self.task_token.as_deref(),
                item: self.item.as_deref(),
                replaced: None,
            },
            variables: &self.variables,
            random,
            now,
            trace: None,
        }
    }
}
