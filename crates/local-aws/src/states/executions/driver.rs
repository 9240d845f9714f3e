//! Drives one execution: runs its tasks, waits its waits, tells its journal.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, JoinSet};
use txflow_asl::definition::{Pattern, ResourceKind};
use txflow_asl::{
    Cancellation, Execution, Machine, Outcome, Payload, StartOptions, Step, TaskId, TaskRequest,
    TaskResult, Timestamp,
};

use super::journal::Journal;
use super::{Control, Executions, Order, Report, lock};
use crate::clock::{self, Millis};
use crate::mocks::Case;
use crate::states::integrations::{Caller, Integrations};
use crate::timing::Time;

/// An execution that is about to run.
pub(super) struct Run {
    pub(super) executions: Arc<Executions>,
    pub(super) integrations: Integrations,
    pub(super) machine: Machine,
    pub(super) options: StartOptions,
    pub(super) journal: Journal,
    pub(super) mocks: Option<Case>,
    /// Both ends of how others reach it.
    pub(super) control: Control,
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
}

/// How it went, and when it ended.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) stopped: Millis,
}

struct Driver {
    executions: Arc<Executions>,
    integrations: Integrations,
    /// Shared with the thread that runs its expressions.
    execution: Arc<Mutex<Execution>>,
    /// Set if the definition has expressions, which can take long.
    expressions: Option<Cancellation>,
    caller: Arc<Caller>,
    mocks: Option<Case>,
    journal: Journal,
    tasks: JoinSet<(TaskId, TaskResult)>,
    running: HashMap<TaskId, AbortHandle>,
    /// Tasks that end when someone reports their token.
    tokens: HashMap<TaskId, String>,
    clock: ExecutionClock,
    stopping: Vec<oneshot::Sender<Millis>>,
    /// Something was reported since the last step.
    reported: bool,
}

impl Run {
    /// Runs to the end. `None` where the server stops before; the next start tells so.
    pub(super) async fn run(self) -> Option<Ended> {
        let Run {
            executions,
            integrations,
            machine,
            options,
            journal,
            mocks,
            control,
            mut orders,
        } = self;
        let clock = ExecutionClock {
            ahead: 0,
            jumps: executions.time == Time::Virtual,
        };
        let caller = Arc::new(Caller {
            role: options.role_arn.clone(),
            execution: options.name.clone(),
            region: options.region.clone(),
        });
        let mut driver = Driver {
            expressions: machine
                .has_expressions()
                .then(|| options.cancellation.clone()),
            execution: Arc::new(Mutex::new(Execution::start(&machine, options, clock.now()))),
            executions,
            integrations,
            caller,
            mocks,
            journal,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            tokens: HashMap::new(),
            clock,
            stopping: Vec::new(),
            reported: false,
        };
        // Only the registry's copies keep the channel open, so that a stopped server ends this run.
        let weak = control.downgrade();
        drop(control);
        loop {
            driver.reported = false;
            let step = driver.advance(&mut orders).await?;
            if let Some(ended) = driver.take(&step, &weak).await {
                return Some(ended);
            }
            driver.wait(step.wake, &mut orders).await?;
        }
    }
}

impl Driver {
    /// Runs what can run. Expressions are evaluated on a thread of their own, so that nobody waits for them who has
    /// other things to do, and end early if the execution is stopped. `None` if the server stops.
    async fn advance(&mut self, orders: &mut mpsc::UnboundedReceiver<Order>) -> Option<Step> {
        let now = self.clock.now();
        let Some(cancellation) = &self.expressions else {
            return Some(lock(&self.execution).advance(now));
        };
        let execution = Arc::clone(&self.execution);
        let mut evaluation = tokio::task::spawn_blocking(move || lock(&execution).advance(now));
        let mut waiting = Vec::new();
        let step = loop {
            tokio::select! {
                step = &mut evaluation => break step.ok()?,
                order = orders.recv() => {
                    let order = order?;
                    if matches!(order, Order::Stop { .. }) {
                        cancellation.cancel();
                    }
                    waiting.push(order);
                }
            }
        };
        for order in waiting {
            self.obey(order);
            self.reported = true;
        }
        Some(step)
    }

    /// Does what a step asks for. Gives the end where the step was the last.
    async fn take(
        &mut self,
        step: &Step,
        control: &mpsc::WeakUnboundedSender<Order>,
    ) -> Option<Ended> {
        self.journal.add(&step.events);
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
            // Where the disk fails, the execution stays as it was last written, and the next start tells so.
            let _ = self.journal.finish(outcome, stopped).await;
            for waiting in self.stopping.drain(..) {
                let _ = waiting.send(stopped);
            }
            return Some(Ended {
                outcome: outcome.clone(),
                stopped,
            });
        }
        for request in &step.tasks {
            self.begin(request, control);
        }
        None
    }

    fn begin(&mut self, request: &TaskRequest, control: &mpsc::WeakUnboundedSender<Order>) {
        // The engine knows the task that it has just asked for.
        let _ = lock(&self.execution).task_started(request.id, None);
        self.reported = true;
        if let Some(mocked) = self
            .mocks
            .as_mut()
            .and_then(|case| case.answer(&request.state_name, &request.resource))
        {
            self.ended(request.id, mocked);
            return;
        }
        let by_token = matches!(
            &request.resource.kind,
            ResourceKind::Service {
                pattern: Pattern::WaitForTaskToken,
                ..
            }
        );
        if let (true, Some(token), Some(control)) = (by_token, &request.token, control.upgrade()) {
            lock(&self.executions.tokens).insert(token.clone(), (control, request.id));
            self.tokens.insert(request.id, token.clone());
        }
        let (integrations, caller, request) = (
            self.integrations.clone(),
            Arc::clone(&self.caller),
            request.clone(),
        );
        let id = request.id;
        let running = self
            .tasks
            .spawn(async move { (id, integrations.run(&caller, &request).await) });
        self.running.insert(id, running);
    }

    /// Waits until there is something to do. `None` where the server stops.
    async fn wait(
        &mut self,
        wake: Option<Timestamp>,
        orders: &mut mpsc::UnboundedReceiver<Order>,
    ) -> Option<()> {
        if self.reported {
            return self.take_waiting(orders);
        }
        if let Some(wake) = wake
            && self.tasks.is_empty()
            && self.tokens.is_empty()
            && self.clock.jump(wake)
        {
            // Nothing but time can go on. Others get a turn, and a stop is heard.
            tokio::task::yield_now().await;
            return self.take_waiting(orders);
        }
        let delay = wake.map(|wake| self.clock.until(wake));
        if delay != Some(Duration::ZERO) {
            self.journal.flush();
        }
        tokio::select! {
            Some(ended) = self.tasks.join_next() => self.joined(ended),
            order = orders.recv() => self.obey(order?),
            () = tokio::time::sleep(delay.unwrap_or_default()), if delay.is_some() => {}
        }
        self.take_waiting(orders)
    }

    /// Takes all that has come, so that one step does for all of it.
    fn take_waiting(&mut self, orders: &mut mpsc::UnboundedReceiver<Order>) -> Option<()> {
        while let Some(ended) = self.tasks.try_join_next() {
            self.joined(ended);
        }
        loop {
            match orders.try_recv() {
                Ok(order) => self.obey(order),
                Err(mpsc::error::TryRecvError::Empty) => return Some(()),
                Err(mpsc::error::TryRecvError::Disconnected) => return None,
            }
        }
    }

    fn joined(&mut self, ended: Result<(TaskId, TaskResult), tokio::task::JoinError>) {
        // An aborted task is one that nothing waits for any more.
        let Ok((task, result)) = ended else { return };
        self.running.remove(&task);
        match result {
            // The call has returned; the token's owner tells the end.
            Ok(output) if self.tokens.contains_key(&task) => {
                let _ = lock(&self.execution).task_submitted(task, output);
            }
            result => self.ended(task, result),
        }
    }

    fn ended(&mut self, task: TaskId, result: TaskResult) {
        self.forget_token(task);
        self.reported = true;
        // A report on a task that was cancelled in the meantime is no use, and no harm.
        let _ = match result {
            Ok(output) => lock(&self.execution).task_succeeded(task, output),
            Err(failed) => {
                lock(&self.execution).task_failed(task, Some(failed.error), Some(failed.cause))
            }
        };
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Stop {
                error,
                cause,
                stopped,
            } => {
                lock(&self.execution).stop(error, cause);
                self.stopping.push(stopped);
            }
            Order::Report {
                task,
                report,
                taken,
            } => {
                let result = match report {
                    Report::Alive => lock(&self.execution).heartbeat(task),
                    Report::Succeeded(output) => {
                        self.reported(task, |execution| execution.task_succeeded(task, output))
                    }
                    Report::Failed { error, cause } => {
                        self.reported(task, |execution| execution.task_failed(task, error, cause))
                    }
                };
                // Whoever asked may have gone.
                let _ = taken.send(result.is_ok());
            }
        }
    }

    /// The report of a token may come before the call that was given the token has returned; AWS counts the call as
    /// submitted then.
    fn reported<R>(&mut self, task: TaskId, report: impl FnOnce(&mut Execution) -> R) -> R {
        if let Some(running) = self.running.remove(&task) {
            running.abort();
            let _ =
                lock(&self.execution).task_submitted(task, Payload::from(serde_json::json!({})));
        }
        self.forget_token(task);
        report(&mut lock(&self.execution))
    }

    fn forget_token(&mut self, task: TaskId) {
        if let Some(token) = self.tokens.remove(&task) {
            lock(&self.executions.tokens).remove(&token);
        }
    }
}

impl Drop for Driver {
    /// An evaluation that still runs is for nobody.
    fn drop(&mut self) {
        if let Some(cancellation) = &self.expressions {
            cancellation.cancel();
        }
    }
}

/// An execution's own time. Where time is virtual, it runs ahead of the clock by all that was jumped.
struct ExecutionClock {
    ahead: Millis,
    jumps: bool,
}

impl ExecutionClock {
    fn millis(&self) -> Millis {
        clock::now().saturating_add(self.ahead)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(self.millis()).unwrap_or(i64::MAX))
    }

    fn until(&self, at: Timestamp) -> Duration {
        let millis = at.as_millis().saturating_sub(self.now().as_millis());
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }

    /// Goes to `at` without waiting. `false` where time is real.
    fn jump(&mut self, at: Timestamp) -> bool {
        if self.jumps {
            self.ahead = self.ahead.saturating_add(clock::millis(self.until(at)));
        }
        self.jumps
    }
}
