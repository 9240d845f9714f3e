//! The life of one process: started, initialised, called again and again, ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::outcome::End;
use super::output::Output;
use super::pool::{Phase, Pool};
use super::process::{Process, start_failure};
use super::runtime_api::{RuntimeApi, Said};
use super::{Invocation, Outcome};
use crate::clock;
use crate::http::call::Scope;

/// Lambda's limit for initialisation.
const INIT_LIMIT: Duration = Duration::from_secs(10);
/// How long an idle process is kept.
const IDLE_LIMIT: Duration = Duration::from_secs(300);
/// How often memory and output are looked at while a call runs.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// A call for a process, and where its outcome goes.
pub(super) struct Work {
    pub(super) invocation: Invocation,
    pub(super) reply: oneshot::Sender<Outcome>,
}

pub(super) struct Sandbox {
    pool: Arc<Pool>,
    process: Process,
    api: RuntimeApi,
    output: Output,
    stream: String,
    /// Told in the first REPORT.
    init_duration: Option<Duration>,
}

impl Sandbox {
    /// Starts a process. The first call goes to the sender that this gives.
    pub(super) fn launch(pool: Arc<Pool>) -> mpsc::Sender<Work> {
        let (sender, work) = mpsc::channel(1);
        tokio::spawn({
            let sender = sender.clone();
            async move {
                let mut stopped = pool.phase();
                tokio::select! {
                    () = Self::live(&pool, sender, work) => {}
                    // Dropping the sandbox ends its process.
                    _ = stopped.wait_for(|phase| *phase == Phase::Stopped) => {}
                }
                pool.gone();
            }
        });
        sender
    }

    async fn live(pool: &Arc<Pool>, me: mpsc::Sender<Work>, mut work: mpsc::Receiver<Work>) {
        let started = Self::start(pool).await;
        let Some(first) = work.recv().await else {
            return pool.started();
        };
        let mut sandbox = match started {
            Ok(sandbox) => sandbox,
            Err(end) => {
                pool.started();
                let payload = end.payload(&first.invocation.request_id);
                let _ = first.reply.send(Outcome {
                    payload,
                    error: Some("Unhandled"),
                    log_tail: Vec::new(),
                });
                return;
            }
        };
        let initialised = sandbox.initialise().await;
        pool.started();
        if let Err(end) = initialised {
            let request_id = first.invocation.request_id.clone();
            sandbox.output.say(format!(
                "START RequestId: {request_id} Version: {}\n",
                pool.recipe.version
            ));
            let outcome = sandbox.report(&request_id, &end, Duration::ZERO, "").await;
            let _ = first.reply.send(outcome);
            return;
        }
        let mut next = Some(first);
        loop {
            let Some(call) = next.take() else { return };
            if !sandbox.call(call).await {
                return;
            }
            pool.free(me.clone());
            next = sandbox.idle(&me, &mut work).await;
        }
    }

    async fn start(pool: &Arc<Pool>) -> Result<Sandbox, End> {
        let failed = |error: std::io::Error| {
            let (error_type, message) = start_failure(&pool.recipe.folder, &error);
            End::InitFailed {
                error_type: error_type.to_owned(),
                message,
                reported: None,
            }
        };
        let api = RuntimeApi::open().await.map_err(failed)?;
        let name = pool.recipe.new_stream_name();
        let mut process = Process::start(&pool.recipe, api.address, &name)
            .await
            .map_err(failed)?;
        let output = Output::of(&mut process);
        let scope = Scope::of_arn(&pool.function_arn);
        let stream = pool
            .aws
            .logs
            .open_stream(&scope, &pool.log_group, &name)
            .await
            .unwrap_or_default();
        Ok(Sandbox {
            pool: Arc::clone(pool),
            process,
            api,
            output,
            stream,
            init_duration: None,
        })
    }

    /// Waits until the process asks for its first call.
    async fn initialise(&mut self) -> Result<(), End> {
        let started = Instant::now();
        self.output.say(
            "INIT_START Runtime Version: provided:al2023.local\tRuntime Version ARN: \n".to_owned(),
        );
        let limit = tokio::time::sleep(INIT_LIMIT);
        tokio::pin!(limit);
        loop {
            tokio::select! {
                biased;
                said = self.api.said.recv() => match said {
                    Some(Said::Next) => {
                        self.init_duration = Some(started.elapsed());
                        return Ok(());
                    }
                    Some(Said::InitError { body }) => {
                        let error = serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
                        return Err(End::InitFailed {
                            error_type: error["errorType"].as_str().unwrap_or("Runtime.Unknown").to_owned(),
                            message: error["errorMessage"].as_str().unwrap_or_default().to_owned(),
                            reported: Some(body),
                        });
                    }
                    // Nothing was handed out that it could answer.
                    Some(_) => {}
                    None => return Err(End::Exited("Runtime exited without providing a reason".to_owned())),
                },
                () = self.output.read() => {}
                how = self.process.exited() => {
                    self.output.finish().await;
                    return Err(End::Exited(how));
                }
                () = &mut limit => return Err(End::InitFailed {
                    error_type: "Sandbox.Timedout".to_owned(),
                    message: "Task timed out after 10.00 seconds".to_owned(),
                    reported: None,
                }),
            }
        }
    }

    /// Runs one call. Whether the process can take another.
    async fn call(&mut self, work: Work) -> bool {
        let Work {
            mut invocation,
            reply,
        } = work;
        let request_id = invocation.request_id.clone();
        let trace_id = invocation.trace_id.clone();
        let limit = Duration::from_secs(self.pool.recipe.timeout_seconds);
        self.output.say(format!(
            "START RequestId: {request_id} Version: {}\n",
            self.pool.recipe.version
        ));
        let started = Instant::now();
        invocation.deadline = clock::now() + crate::options::millis(limit);
        // Room for one, and the last was taken: this never waits.
        let _ = self.api.next.send(invocation).await;
        let end = self.end_of_call(&request_id, limit).await;
        let outcome = self
            .report(&request_id, &end, started.elapsed(), &trace_id)
            .await;
        // The caller may have gone.
        let _ = reply.send(outcome);
        match end {
            End::Response(_) | End::Error(_) | End::ResponseTooLarge => self.wait_for_next().await,
            _ => false,
        }
    }

    async fn end_of_call(&mut self, request_id: &str, limit: Duration) -> End {
        let timeout = tokio::time::sleep(limit);
        tokio::pin!(timeout);
        let mut look = tokio::time::interval(LOOK_INTERVAL);
        look.tick().await;
        loop {
            tokio::select! {
                biased;
                () = self.output.read() => {}
                said = self.api.said.recv() => {
                    let (id, end) = match said {
                        Some(Said::Response { request_id, body }) => (request_id, End::Response(body)),
                        Some(Said::Error { request_id, body }) => (request_id, End::Error(body)),
                        Some(Said::ResponseTooLarge { request_id }) => (request_id, End::ResponseTooLarge),
                        // Out of turn.
                        _ => continue,
                    };
                    // An answer to another call than this one is none.
                    if id == request_id {
                        self.output.catch_up().await;
                        return end;
                    }
                }
                how = self.process.exited() => {
                    self.output.finish().await;
                    return End::Exited(how);
                }
                () = &mut timeout => {
                    self.process.end();
                    self.output.finish().await;
                    return End::TimedOut { seconds: limit.as_secs() };
                }
                _ = look.tick() => {
                    // Who follows the log sees a long call's lines while it runs.
                    self.write_lines();
                    if self.process.peak_memory_mb().is_some_and(|used| used > self.pool.recipe.memory_mb) {
                        self.process.end();
                        self.output.finish().await;
                        return End::OutOfMemory;
                    }
                }
            }
        }
    }

    /// After an answer, the process asks for more work, or ends.
    async fn wait_for_next(&mut self) -> bool {
        loop {
            tokio::select! {
                said = self.api.said.recv() => match said {
                    Some(Said::Next) => return true,
                    Some(_) => {}
                    None => return false,
                },
                () = self.output.read() => {}
                _ = self.process.exited() => return false,
                () = tokio::time::sleep(INIT_LIMIT) => return false,
            }
        }
    }

    /// Waits for the next call. `None` once the process is to end.
    async fn idle(
        &mut self,
        me: &mpsc::Sender<Work>,
        work: &mut mpsc::Receiver<Work>,
    ) -> Option<Work> {
        let mut phase = self.pool.phase();
        let pool = Arc::clone(&self.pool);
        let leaves = tokio::select! {
            biased;
            next = work.recv() => return next,
            _ = self.process.exited() => true,
            _ = phase.wait_for(|phase| *phase != Phase::Serving) => true,
            () = tokio::time::sleep(IDLE_LIMIT) => true,
            () = async { loop { self.output.read().await } } => false,
        };
        // Whoever took this process from the idle list in the meantime has a call for it.
        if leaves && pool.withdraw(me) {
            None
        } else {
            work.recv().await
        }
    }

    /// Writes END and REPORT, and gives the caller's outcome.
    async fn report(
        &mut self,
        request_id: &str,
        end: &End,
        took: Duration,
        trace_id: &str,
    ) -> Outcome {
        let recipe = &self.pool.recipe;
        let (remark, status) = end.remark(request_id);
        if let Some(remark) = remark {
            self.output.say(format!("{remark}\n"));
        }
        self.output.say(format!("END RequestId: {request_id}\n"));
        let init = self.init_duration.take();
        let billed = took + init.unwrap_or_default();
        let peak = match end {
            End::OutOfMemory => recipe.memory_mb,
            _ => self.process.peak_memory_mb().unwrap_or_default(),
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
        self.output.say(line + "\n");
        self.write_lines();
        Outcome {
            payload: end.payload(request_id),
            error: end.failed().then_some("Unhandled"),
            log_tail: self.output.take_tail(),
        }
    }
}

impl Sandbox {
    /// Hands what is new to the log stream.
    fn write_lines(&mut self) {
        let lines = self.output.take_lines();
        if lines.is_empty() {
            return;
        }
        if let Ok(commit) = self.pool.aws.logs.append(&self.stream, lines) {
            commit.later();
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
