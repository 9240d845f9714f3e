//! Drives one execution: runs its tasks, waits for its timers, and records its events.

mod tasks;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};
use txflow_asl::{
    Cancellation, Execution, Machine, Outcome, StartOptions, Step, TaskError, TaskId, Timestamp,
};

use self::tasks::Held;
use super::children::Children;
use super::journal::Journal;
use super::{Command, Control, Executions, Report, lock};
use crate::call_log::EndedExecution;
use crate::clock::{self, Clock, Millis};
use crate::mocks::Case;
use crate::states::States;
use crate::states::caller::Caller;
use crate::states::integrations::{Integrations, Performed};
use crate::timing::Time;

/// An execution that is ready to run.
pub(super) struct Run {
    /// What tasks start executions with.
    pub(super) states: Arc<States>,
    pub(super) executions: Arc<Executions>,
    pub(super) integrations: Integrations,
    pub(super) machine: Machine,
    pub(super) options: StartOptions,
    pub(super) journal: Journal,
    pub(super) mocks: Option<Case>,
    pub(super) time: Time,
    /// Both ends of the channel through which others reach the execution.
    pub(super) control: Control,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
}

/// The outcome of an execution, and when it ended.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) stopped: Millis,
}

struct Driver {
    states: Arc<States>,
    executions: Arc<Executions>,
    integrations: Integrations,
    /// Shared with the thread that runs its expressions.
    execution: Arc<Mutex<Execution>>,
    /// Set if the definition has expressions, which can take a long time.
    expressions: Option<Cancellation>,
    caller: Arc<Caller>,
    /// The ARN of the execution.
    arn: String,
    mocks: Option<Case>,
    journal: Journal,
    children: Children,
    tasks: JoinSet<(TaskId, Result<Performed, TaskError>)>,
    running: HashMap<TaskId, AbortHandle>,
    /// The tasks that end if their token is reported.
    tokens: HashMap<TaskId, Held>,
    clock: ExecutionClock,
    begun: Millis,
    stopping: Vec<oneshot::Sender<Millis>>,
    /// Whether something was reported to the engine since the last step.
    progressed: bool,
}

impl Run {
    /// Runs to the end. `None` if the server stops before; the next start records that.
    pub(super) async fn run(self) -> Option<Ended> {
        let Run {
            states,
            executions,
            integrations,
            machine,
            mut options,
            journal,
            mocks,
            time,
            control,
            mut commands,
        } = self;
        let clock = ExecutionClock {
            clock: executions.conditions.clock,
            ahead: 0,
            jumps: time == Time::Virtual,
        };
        let source = source(&options, executions.conditions.weather().qualified_source);
        let caller = Arc::new(Caller {
            role: options.role_arn.clone(),
            execution: options.name.clone(),
            region: options.region.clone(),
            assumed_for: source.clone(),
            source,
            time: Some(time),
        });
        let begun = clock.millis();
        options.map_runs_denied = integrations.map_runs_denied(&caller, &options.state_machine_arn);
        let mut driver = Driver {
            states,
            arn: options.execution_arn.clone(),
            expressions: machine
                .has_expressions()
                .then(|| options.cancellation.clone()),
            execution: Arc::new(Mutex::new(Execution::start(&machine, options, clock.now()))),
            executions,
            integrations,
            caller,
            mocks,
            children: Children::of(&journal),
            journal,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            tokens: HashMap::new(),
            clock,
            begun,
            stopping: Vec::new(),
            progressed: false,
        };
        // Only the copies in the registry keep the channel open, so stopping the server ends this run.
        let weak = control.downgrade();
        drop(control);
        loop {
            driver.progressed = false;
            let step = driver.advance(&mut commands).await?;
            if let Some(ended) = driver.apply(&step, &weak).await {
                return Some(ended);
            }
            driver.wait(step.wake, &mut commands).await?;
        }
    }
}

/// On whose behalf an execution assumes its role.
fn source(options: &StartOptions, qualified: bool) -> String {
    let version = options.state_machine_version_arn.as_ref();
    let started = options.state_machine_alias_arn.as_ref().or(version);
    let started = started.filter(|_| qualified);
    started.unwrap_or(&options.state_machine_arn).clone()
}

impl Driver {
    /// Runs what can run. Expressions are evaluated on a thread of their own, so that they do not block other work, and
    /// are cancelled if the execution is stopped. `None` if the server stops.
    async fn advance(&mut self, commands: &mut mpsc::UnboundedReceiver<Command>) -> Option<Step> {
        let now = self.clock.now();
        let Some(cancellation) = &self.expressions else {
            return Some(lock(&self.execution).advance(now));
        };
        if self.clock.clock.is_virtual() {
            return Some(lock(&self.execution).advance(now));
        }
        let execution = Arc::clone(&self.execution);
        let mut evaluation = tokio::task::spawn_blocking(move || lock(&execution).advance(now));
        let mut waiting = Vec::new();
        let step = loop {
            tokio::select! {
                step = &mut evaluation => break step.ok()?,
                command = commands.recv() => {
                    let command = command?;
                    if matches!(command, Command::Stop { .. }) {
                        cancellation.cancel();
                    }
                    waiting.push(command);
                }
            }
        };
        for command in waiting {
            self.handle(command);
            self.progressed = true;
        }
        Some(step)
    }

    /// Does what a step asks for. Returns the end if the step was the last.
    async fn apply(
        &mut self,
        step: &Step,
        control: &mpsc::WeakUnboundedSender<Command>,
    ) -> Option<Ended> {
        self.journal.add(&step.events);
        self.children.add(step);
        self.children.flush_full().await.ok()?;
        for task in &step.cancelled {
            if let Some(running) = self.running.remove(task) {
                running.abort();
            }
            self.forget_token(*task);
        }
        if let Some(outcome) = &step.end {
            let stopped = self.clock.millis();
            self.tokens
                .keys()
                .copied()
                .collect::<Vec<_>>()
                .into_iter()
                .for_each(|task| self.forget_token(task));
            self.children.flush().later();
            // If the disk fails, the execution stays as it was last written, and the next start records that.
            let _ = self.journal.finish(outcome, stopped).await;
            if let Some(on_end) = &self.executions.on_end {
                on_end(&EndedExecution {
                    arn: self.arn.clone(),
                    status: outcome.status.as_str(),
                    error: outcome.error.clone(),
                    duration: Duration::from_millis(stopped.saturating_sub(self.begun)),
                    is_virtual: self.clock.jumps,
                });
            }
            for waiting in self.stopping.drain(..) {
                let _ = waiting.send(stopped);
            }
            return Some(Ended {
                outcome: outcome.clone(),
                stopped,
            });
        }
        for request in &step.tasks {
            self.start_task(request, control);
        }
        None
    }

    /// Waits until there is something to do. `None` if the server stops.
    async fn wait(
        &mut self,
        wake: Option<Timestamp>,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> Option<()> {
        if self.progressed {
            return self.handle_pending(commands);
        }
        if let Some(wake) = wake
            && self.tasks.is_empty()
            && self.tokens.is_empty()
            && self.clock.jump(wake)
        {
            // Only time can pass now. Yield to other tasks, and look for a stop.
            tokio::task::yield_now().await;
            return self.handle_pending(commands);
        }
        let delay = wake.map(|wake| self.clock.until(wake));
        if delay != Some(Duration::ZERO) {
            self.journal.flush();
            self.children.flush().later();
        }
        tokio::select! {
            // In a fixed order, so that a seed determines what happens.
            biased;
            Some(ended) = self.tasks.join_next() => self.task_returned(ended),
            command = commands.recv() => self.handle(command?),
            () = tokio::time::sleep(delay.unwrap_or_default()), if delay.is_some() => {}
        }
        self.handle_pending(commands)
    }

    /// Handles everything that has arrived, so that one step covers all of it.
    fn handle_pending(&mut self, commands: &mut mpsc::UnboundedReceiver<Command>) -> Option<()> {
        while let Some(ended) = self.tasks.try_join_next() {
            self.task_returned(ended);
        }
        loop {
            match commands.try_recv() {
                Ok(command) => self.handle(command),
                Err(mpsc::error::TryRecvError::Empty) => return Some(()),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
            }
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Stop {
                error,
                cause,
                stopped,
            } => {
                lock(&self.execution).stop(error, cause);
                self.stopping.push(stopped);
            }
            Command::EndAtNextTransition { cause } => {
                lock(&self.execution).end_at_next_transition(cause);
            }
            Command::UpdateMapRun {
                arn,
                update,
                updated,
            } => {
                let found = lock(&self.execution).update_map_run(&arn, update);
                self.progressed = true;
                let _ = updated.send(found);
            }
            Command::Submitted {
                task,
                output,
                recorded,
            } => {
                if let Some(held) = self.tokens.get_mut(&task) {
                    held.submitted = true;
                }
                let _ = lock(&self.execution).task_submitted(task, output);
                self.progressed = true;
                let _ = recorded.send(());
            }
            Command::Started {
                task,
                worker,
                accepted,
            } => {
                let started = lock(&self.execution).task_started(task, worker);
                self.progressed = true;
                let _ = accepted.send(started.is_ok());
            }
            Command::Report {
                task,
                report,
                accepted,
            } => {
                let result = match report {
                    Report::Heartbeat => lock(&self.execution).heartbeat(task),
                    Report::Succeeded(output) => self
                        .report_by_token(task, |execution| execution.task_succeeded(task, output)),
                    Report::Failed { error, cause } => self.report_by_token(task, |execution| {
                        execution.task_failed(task, error, cause)
                    }),
                };
                // The caller may no longer wait.
                let _ = accepted.send(result.is_ok());
            }
        }
    }
}

impl Drop for Driver {
    /// Cancels an evaluation that still runs, since nobody needs it.
    fn drop(&mut self) {
        if let Some(cancellation) = &self.expressions {
            cancellation.cancel();
        }
    }
}

/// An execution's own time. If time is virtual, it runs ahead of the clock by everything that was skipped.
struct ExecutionClock {
    clock: Clock,
    ahead: Millis,
    jumps: bool,
}

impl ExecutionClock {
    fn millis(&self) -> Millis {
        self.clock.now().saturating_add(self.ahead)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.millis()).unwrap_or(i64::MAX))
    }

    fn until(&self, at: Timestamp) -> Duration {
        let millis = at.as_millis().saturating_sub(self.now().as_millis());
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }

    /// Goes to `at` without waiting. `false` if time is real.
    fn jump(&mut self, at: Timestamp) -> bool {
        if self.jumps {
            self.ahead = self.ahead.saturating_add(clock::millis(self.until(at)));
        }
        self.jumps
    }
}
