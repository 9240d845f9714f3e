//! The processes of one function version: reused while warm, started with demand, ended when idle.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::process::Recipe;
use super::sandbox::{Sandbox, Work};
use super::{Invocation, Outcome};
use crate::fault::Fault;
use crate::lambda::host::Surroundings as Aws;
use crate::lambda::package;
use crate::lambda::{Function, Version};
use crate::store::hex;

/// How long a call waits for a busy process before one more is started. A handler of a few milliseconds needs few
/// processes however many calls come at once.
const PATIENCE: Duration = Duration::from_millis(15);
/// The most processes of one version. Further calls wait.
const MAX_PROCESSES: usize = 200;

/// What a pool's processes are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    /// End when idle: the version is gone or has changed.
    Retired,
    /// End now.
    Stopped,
}

pub(super) struct Pool {
    pub(super) aws: Arc<Aws>,
    pub(super) recipe: Recipe,
    pub(super) log_group: String,
    pub(super) function_arn: String,
    state: Mutex<State>,
    phase: watch::Sender<Phase>,
}

#[derive(Default)]
struct State {
    idle: Vec<mpsc::Sender<Work>>,
    waiting: VecDeque<oneshot::Sender<mpsc::Sender<Work>>>,
    processes: usize,
    /// Processes that have not asked for work yet. One at a time keeps a burst from starting hundreds.
    starting: usize,
}

impl Pool {
    pub(super) async fn open(
        aws: &Arc<Aws>,
        unpacked: &Path,
        function: &Function,
        version: &Version,
    ) -> Result<Arc<Pool>, Fault> {
        let zip = aws.lambda.store.blobs.path(&version.code.sha256);
        let (hash, unpacked) = (hex(&version.code.sha256), unpacked.to_owned());
        let folder = tokio::task::spawn_blocking(move || package::unpack(&zip, &hash, &unpacked))
            .await
            .map_err(Fault::storage)?
            .map_err(Fault::storage)?;
        // Absolute, since processes start in it.
        let folder = folder.canonicalize().map_err(Fault::storage)?;
        Ok(Arc::new(Pool {
            recipe: Recipe::new(aws, function, version, folder),
            log_group: version.settings.log_group.clone(),
            function_arn: function.arn.clone(),
            aws: Arc::clone(aws),
            state: Mutex::default(),
            phase: watch::Sender::new(Phase::Serving),
        }))
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    /// Runs one call on a process that is free, or on a new one.
    pub(super) async fn invoke(self: &Arc<Self>, invocation: Invocation) -> Outcome {
        let mut invocation = invocation;
        loop {
            if *self.phase.borrow() == Phase::Stopped {
                return Outcome::server_stopped();
            }
            let worker = self.worker().await;
            let (reply, outcome) = oneshot::channel();
            match worker.send(Work { invocation, reply }).await {
                Ok(()) => {
                    if let Ok(outcome) = outcome.await {
                        return outcome;
                    }
                    return Outcome::server_stopped();
                }
                // It went idle for too long and ended just now.
                Err(mpsc::error::SendError(work)) => invocation = work.invocation,
            }
        }
    }

    async fn worker(self: &Arc<Self>) -> mpsc::Sender<Work> {
        let mut free = {
            let mut state = self.lock();
            if let Some(worker) = state.idle.pop() {
                return worker;
            }
            if state.processes == 0 {
                return self.start(&mut state);
            }
            let (sender, free) = oneshot::channel();
            state.waiting.push_back(sender);
            free
        };
        loop {
            tokio::select! {
                // The sender stays in the queue as long as this waits, so it is not dropped without a value.
                Ok(worker) = &mut free => return worker,
                () = tokio::time::sleep(PATIENCE) => {
                    let mut state = self.lock();
                    if let Ok(worker) = free.try_recv() {
                        return worker;
                    }
                    if state.processes < MAX_PROCESSES && state.starting == 0 {
                        // This call takes the new process; its place in the queue is passed over once `free` drops.
                        return self.start(&mut state);
                    }
                }
            }
        }
    }

    fn start(self: &Arc<Self>, state: &mut State) -> mpsc::Sender<Work> {
        state.processes += 1;
        state.starting += 1;
        Sandbox::launch(Arc::clone(self))
    }

    /// A process is ready for its first call, or could not be started.
    pub(super) fn started(&self) {
        self.lock().starting -= 1;
    }

    /// A process is free again: the longest waiting call gets it.
    pub(super) fn free(&self, mut worker: mpsc::Sender<Work>) {
        let mut state = self.lock();
        while let Some(waiting) = state.waiting.pop_front() {
            match waiting.send(worker) {
                Ok(()) => return,
                Err(back) => worker = back,
            }
        }
        state.idle.push(worker);
    }

    /// Takes an idle process off the list. `false` where a call has taken it already.
    pub(super) fn withdraw(&self, worker: &mpsc::Sender<Work>) -> bool {
        let mut state = self.lock();
        let before = state.idle.len();
        state.idle.retain(|idle| !idle.same_channel(worker));
        state.idle.len() < before
    }

    /// A process has ended.
    pub(super) fn gone(&self) {
        let mut state = self.lock();
        state.processes -= 1;
        state.idle.retain(|worker| !worker.is_closed());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outcome {
    /// The server ends while the call runs.
    fn server_stopped() -> Outcome {
        Outcome {
            payload: bytes::Bytes::from_static(
                br#"{"errorType":"Sandbox.Stopped","errorMessage":"The local AWS was stopped while the function ran"}"#,
            ),
            error: Some("Unhandled"),
            log_tail: Vec::new(),
        }
    }
}
