//! The life of one process: started, initialized, called repeatedly, ended.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Outcome;
use super::memory::Memory;
use super::outcome::End;
use super::output::Output;
use super::process::{Process, Recipe, start_failure};
use super::runtime_api::{RuntimeApi, RuntimeCall};
use super::shared::Shared;
use super::workers::{Phase, Work, Worker, Workers};
use crate::clock;
use crate::http::scope::Scope;

/// Lambda's limit for the initialization. Afterwards it is tried once more, as part of the first call.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// How long an idle process is kept.
const IDLE_LIMIT: Duration = Duration::from_secs(300);
/// How often memory and output are checked while a process is busy, and while it is idle.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);
const IDLE_LOOK_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Sandbox {
    shared: Arc<Shared>,
    recipe: Arc<Recipe>,
    workers: Arc<Workers>,
    process: Process,
    api: RuntimeApi,
    output: Output,
    /// The name of the log stream, and its key in the store.
    name: String,
    stream: String,
    memory: Memory,
    /// Part of the first REPORT.
    init_duration: Option<Duration>,
    /// How much of its time the first call has lost to a repeated initialization.
    lost: Duration,
}

/// Whose memory is checked.
enum Of {
    /// Takes microseconds.
    Handler,
    /// The handler and everything that it started.
    All,
}

/// What ends a wait.
enum Event {
    Called(Option<RuntimeCall>),
    Exited(String),
    TimedOut,
    OutOfMemory,
}

impl Sandbox {
    /// Starts a process, and returns the worker that takes its first call.
    pub(super) fn launch(
        shared: &Arc<Shared>,
        recipe: &Arc<Recipe>,
        workers: &Arc<Workers>,
    ) -> Worker {
        let (sender, work) = mpsc::channel(1);
        tokio::spawn({
            let sender = sender.clone();
            let (shared, recipe) = (Arc::clone(shared), Arc::clone(recipe));
            let workers = Arc::clone(workers);
            async move {
                let mut stopped = workers.phase();
                tokio::select! {
                    () = Self::live(shared, recipe, &workers, sender, work) => {}
                    // Dropping the sandbox ends its process.
                    _ = stopped.wait_for(|phase| *phase == Phase::Stopped) => {}
                }
                workers.ended();
            }
        });
        sender
    }

    async fn live(
        shared: Arc<Shared>,
        recipe: Arc<Recipe>,
        workers: &Arc<Workers>,
        me: Worker,
        mut work: mpsc::Receiver<Work>,
    ) {
        let started = Self::start(shared, recipe, workers).await;
        let Some(first) = work.recv().await else {
            return workers.started();
        };
        let mut sandbox = match started {
            Ok(sandbox) => sandbox,
            Err(end) => {
                workers.started();
                let payload = end.payload(&first.invocation.request_id);
                let _ = first.reply.send(Outcome {
                    payload,
                    error: Some("Unhandled"),
                    log_tail: Vec::new(),
                });
                return;
            }
        };
        let initialized = sandbox.initialize().await;
        workers.started();
        if let Err(end) = initialized {
            let request_id = first.invocation.request_id.clone();
            sandbox.start_line(&request_id);
            let lost = sandbox.lost;
            let outcome = sandbox.report(&request_id, &end, lost, "").await;
            let _ = first.reply.send(outcome);
            return;
        }
        let mut next = Some(first);
        loop {
            let Some(call) = next.take() else { return };
            if !sandbox.call(call).await {
                return;
            }
            workers.free(me.clone());
            next = sandbox.idle(&me, &mut work).await;
        }
    }

    async fn start(
        shared: Arc<Shared>,
        recipe: Arc<Recipe>,
        workers: &Arc<Workers>,
    ) -> Result<Sandbox, End> {
        let name = recipe.new_stream_name(shared.conditions.now());
        let (api, mut process) = Self::start_process(&shared, &recipe, &name).await?;
        let output = Output::of(
            &mut process,
            shared.conditions.clock,
            recipe.log_level.clone(),
        );
        let scope = Scope::of_arn(&recipe.function_arn);
        let stream = shared
            .logs
            .open_stream(&scope, &recipe.log_group, &name)
            .await
            .unwrap_or_default();
        Ok(Sandbox {
            shared,
            recipe,
            workers: Arc::clone(workers),
            process,
            api,
            output,
            name,
            stream,
            memory: Memory::default(),
            init_duration: None,
            lost: Duration::ZERO,
        })
    }

    async fn start_process(
        shared: &Shared,
        recipe: &Recipe,
        name: &str,
    ) -> Result<(RuntimeApi, Process), End> {
        let failed = |error: std::io::Error| {
            let (error_type, message) = start_failure(&recipe.folder, &error);
            End::InitFailed {
                error_type: error_type.to_owned(),
                message,
                reported: None,
            }
        };
        let api = RuntimeApi::open().await.map_err(failed)?;
        let process = Process::start(shared, recipe, api.address, name)
            .await
            .map_err(failed)?;
        Ok((api, process))
    }

    /// Waits until the process asks for its first call. A process that takes too long is ended, and another one gets as
    /// long as a call may take.
    async fn initialize(&mut self) -> Result<(), End> {
        self.output
            .say("INIT_START Runtime Version: provided:al2023.local\tRuntime Version ARN: \n");
        let started = Instant::now();
        let first = self.initialize_within(INIT_LIMIT).await;
        let Err(End::TimedOut { .. }) = first else {
            self.init_duration = Some(started.elapsed());
            return first;
        };
        self.init_report(started.elapsed(), "init", "timeout");
        let (api, process) = Self::start_process(&self.shared, &self.recipe, &self.name).await?;
        (self.api, self.process) = (api, process);
        self.output.follow(&mut self.process);
        self.memory = Memory::default();
        let started = Instant::now();
        let again = self.initialize_within(self.limit()).await;
        self.lost = started.elapsed();
        if let Err(End::TimedOut { .. }) = again {
            self.init_report(self.lost, "invoke", "timeout");
        }
        again
    }

    async fn initialize_within(&mut self, limit: Duration) -> Result<(), End> {
        let deadline = Instant::now() + limit;
        loop {
            let end = match self.next_event(deadline).await {
                Event::Called(Some(RuntimeCall::Next)) => return Ok(()),
                // It has not received a call that it could answer.
                Event::Called(Some(
                    RuntimeCall::Response { .. }
                    | RuntimeCall::ResponseTooLarge { .. }
                    | RuntimeCall::Error { .. },
                )) => continue,
                Event::Called(Some(RuntimeCall::InitError { body })) => {
                    let error: Value = serde_json::from_slice(&body).unwrap_or_default();
                    let text = |field: &str| error[field].as_str().map(str::to_owned);
                    return Err(End::InitFailed {
                        error_type: text("errorType").unwrap_or("Runtime.Unknown".to_owned()),
                        message: text("errorMessage").unwrap_or_default(),
                        reported: Some(body),
                    });
                }
                Event::Called(None) => {
                    End::Exited("Runtime exited without providing a reason".to_owned())
                }
                Event::Exited(how) => End::Exited(how),
                Event::TimedOut => End::TimedOut {
                    seconds: limit.as_secs(),
                },
                Event::OutOfMemory => End::OutOfMemory,
            };
            self.process.end();
            self.output.finish().await;
            return Err(end);
        }
    }

    /// Runs one call. Returns whether the process can take another.
    async fn call(&mut self, work: Work) -> bool {
        let Work {
            mut invocation,
            reply,
        } = work;
        let request_id = invocation.request_id.clone();
        let trace_id = invocation.trace_id.clone();
        self.output.begin_call();
        self.start_line(&request_id);
        let lost = std::mem::take(&mut self.lost);
        let limit = self.limit().saturating_sub(lost);
        let started = Instant::now();
        invocation.deadline = self.shared.conditions.now() + clock::millis(limit);
        // The channel has room for one, and the last one was taken, so this never waits.
        let _ = self.api.next.send(invocation).await;
        let end = self.end_of_call(&request_id, started + limit).await;
        let outcome = self
            .report(&request_id, &end, started.elapsed() + lost, &trace_id)
            .await;
        // The caller may no longer wait.
        let _ = reply.send(outcome);
        match end {
            End::Response(_) | End::Error(_) | End::ResponseTooLarge => self.wait_for_next().await,
            _ => false,
        }
    }

    async fn end_of_call(&mut self, request_id: &str, deadline: Instant) -> End {
        loop {
            let end = match self.next_event(deadline).await {
                Event::Called(call) => {
                    let (id, end) = match call {
                        Some(RuntimeCall::Response { request_id, body }) => {
                            (request_id, End::Response(body))
                        }
                        Some(RuntimeCall::Error { request_id, body }) => {
                            (request_id, End::Error(body))
                        }
                        Some(RuntimeCall::ResponseTooLarge { request_id }) => {
                            (request_id, End::ResponseTooLarge)
                        }
                        // Out of turn.
                        _ => continue,
                    };
                    // An answer to another call does not count.
                    if id != request_id {
                        continue;
                    }
                    if !self.exceeds_memory(Of::Handler) {
                        self.output.catch_up().await;
                        return end;
                    }
                    End::OutOfMemory
                }
                Event::Exited(how) => End::Exited(how),
                Event::TimedOut => End::TimedOut {
                    seconds: self.limit().as_secs(),
                },
                Event::OutOfMemory => End::OutOfMemory,
            };
            self.process.end();
            self.output.finish().await;
            return end;
        }
    }

    /// After an answer, the process asks for more work, or ends.
    async fn wait_for_next(&mut self) -> bool {
        let deadline = Instant::now() + INIT_LIMIT;
        loop {
            match self.next_event(deadline).await {
                Event::Called(Some(RuntimeCall::Next)) => return true,
                Event::Called(Some(_)) => {}
                _ => return false,
            }
        }
    }

    /// What the process does next. Meanwhile its output is read and its memory is checked.
    async fn next_event(&mut self, deadline: Instant) -> Event {
        let limit = tokio::time::sleep_until(deadline);
        tokio::pin!(limit);
        let mut look = tokio::time::interval(LOOK_INTERVAL);
        look.reset();
        loop {
            // Not biased: a process that writes without end does not starve the other branches.
            tokio::select! {
                call = self.api.calls.recv() => return Event::Called(call),
                () = self.output.read() => {}
                how = self.process.exited() => return Event::Exited(how),
                () = &mut limit => return Event::TimedOut,
                _ = look.tick() => {
                    // Whoever follows the log sees the lines of a long call while it runs.
                    self.write_lines();
                    if self.exceeds_memory(Of::All) {
                        return Event::OutOfMemory;
                    }
                }
            }
        }
    }

    /// How long a call may take.
    fn limit(&self) -> Duration {
        Duration::from_secs(self.recipe.timeout_seconds)
    }

    fn start_line(&mut self, request_id: &str) {
        let version = &self.recipe.version;
        self.output.say(&format!(
            "START RequestId: {request_id} Version: {version}\n"
        ));
    }

    fn init_report(&mut self, took: Duration, phase: &str, status: &str) {
        let took = milliseconds(took);
        self.output.say(&format!(
            "INIT_REPORT Init Duration: {took:.2} ms\tPhase: {phase}\tStatus: {status}\n"
        ));
    }

    /// Waits for the next call. `None` once the process is to end.
    async fn idle(&mut self, me: &Worker, work: &mut mpsc::Receiver<Work>) -> Option<Work> {
        let mut phase = self.workers.phase();
        let too_long = tokio::time::sleep(IDLE_LIMIT);
        tokio::pin!(too_long);
        let mut look = tokio::time::interval(IDLE_LOOK_INTERVAL);
        look.reset();
        loop {
            tokio::select! {
                biased;
                next = work.recv() => return next,
                _ = self.process.exited() => break,
                _ = phase.wait_for(|phase| *phase != Phase::Serving) => break,
                () = &mut too_long => break,
                _ = look.tick() => {
                    self.write_lines();
                    if self.exceeds_memory(Of::All) {
                        break;
                    }
                }
                () = self.output.read() => {}
            }
        }
        // If the process is no longer on the idle list, a call is about to arrive.
        if self.workers.withdraw(me) {
            None
        } else {
            work.recv().await
        }
    }

    /// Writes END and REPORT, and returns the outcome for the caller.
    async fn report(
        &mut self,
        request_id: &str,
        end: &End,
        took: Duration,
        trace_id: &str,
    ) -> Outcome {
        let recipe = &self.recipe;
        let (remark, status) = end.remark(request_id, self.shared.conditions.now());
        if let Some(remark) = remark {
            self.output.say(&format!("{remark}\n"));
        }
        self.output.say(&format!("END RequestId: {request_id}\n"));
        let init = self.init_duration.take();
        let billed = took + init.unwrap_or_default();
        let peak = match end {
            End::OutOfMemory => recipe.memory_mb,
            _ => self.memory.peak_mb().unwrap_or_default(),
        };
        let mut line = format!(
            "REPORT RequestId: {request_id}\tDuration: {:.2} ms\tBilled Duration: {} ms\tMemory Size: {} MB\tMax Memory Used: {peak} MB\t",
            milliseconds(took),
            milliseconds(billed).ceil(),
            recipe.memory_mb,
        );
        if let Some(init) = init {
            line += &format!("Init Duration: {:.2} ms\t", milliseconds(init));
        }
        if let Some((status, error_type)) = status {
            line += &format!("Status: {status}\t");
            if !error_type.is_empty() {
                line += &format!("Error Type: {error_type}\t");
            }
        }
        if let Some(root) = trace_id
            .split(';')
            .find_map(|part| part.strip_prefix("Root="))
            && trace_id.contains("Sampled=1")
        {
            line += &format!("XRAY TraceId: {root}\t");
        }
        self.output.say(&(line + "\n"));
        self.write_lines();
        Outcome {
            payload: end.payload(request_id),
            error: end.failed().then_some("Unhandled"),
            log_tail: self.output.take_tail(),
        }
    }
}

impl Sandbox {
    /// Checks the memory, and returns whether it exceeds the limit.
    fn exceeds_memory(&mut self, of: Of) -> bool {
        let ids = match of {
            Of::Handler => self.process.ids(None),
            Of::All => self.process.ids(Some(&self.shared.census)),
        };
        self.memory.exceeds(self.recipe.memory_mb, &ids)
    }

    /// Writes new lines to the log stream.
    fn write_lines(&mut self) {
        let lines = self.output.take_lines();
        if lines.is_empty() {
            return;
        }
        if let Ok(commit) = self.shared.logs.append(&self.stream, lines) {
            commit.later();
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
