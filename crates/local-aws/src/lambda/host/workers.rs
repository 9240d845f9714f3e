//! The workers of one function version, and the calls that wait for one.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::{Invocation, Outcome};

/// How long a call waits for a busy worker before one more is started. A handler of a few milliseconds needs few
/// processes however many calls come at once.
const PATIENCE: Duration = Duration::from_millis(15);
/// The most processes of a version. Further calls wait.
const MAX_PROCESSES: usize = 200;

/// What the workers are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Serving,
    /// End when idle: the version was deleted or changed.
    Retired,
    /// End now.
    Stopped,
}

/// A call for a worker, and where its outcome goes.
pub(super) struct Work {
    pub(super) invocation: Invocation,
    pub(super) reply: oneshot::Sender<Outcome>,
}

/// Reaches the task that runs a process.
pub(super) type Worker = mpsc::Sender<Work>;

pub(super) struct Workers {
    state: Mutex<State>,
    phase: watch::Sender<Phase>,
}

#[derive(Default)]
struct State {
    idle: Vec<Worker>,
    waiting: VecDeque<oneshot::Sender<Worker>>,
    processes: usize,
    /// Processes that have not asked for work yet. One at a time keeps a burst from starting hundreds.
    starting: usize,
}

impl Workers {
    pub(super) fn new() -> Workers {
        Workers {
            state: Mutex::default(),
            phase: watch::Sender::new(Phase::Serving),
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    pub(super) fn stopped(&self) -> bool {
        *self.phase.borrow() == Phase::Stopped
    }

    /// A worker that is idle, or one that `start` starts, or the next that becomes free.
    pub(super) async fn get(&self, start: impl Fn() -> Worker) -> Worker {
        let start = |state: &mut State| {
            state.processes += 1;
            state.starting += 1;
            start()
        };
        let mut free = {
            let mut state = self.lock();
            if let Some(worker) = state.idle.pop() {
                return worker;
            }
            if state.processes == 0 {
                return start(&mut state);
            }
            let (sender, free) = oneshot::channel();
            state.waiting.push_back(sender);
            free
        };
        loop {
            tokio::select! {
                // The sender stays in the queue for as long as this waits, so it is not dropped without a value.
                Ok(worker) = &mut free => return worker,
                () = tokio::time::sleep(PATIENCE) => {
                    let mut state = self.lock();
                    if let Ok(worker) = free.try_recv() {
                        return worker;
                    }
                    if state.processes < MAX_PROCESSES && state.starting == 0 {
                        // This call takes the new worker; its place in the queue is skipped once `free` is dropped.
                        return start(&mut state);
                    }
                }
            }
        }
    }

    /// A process is ready for its first call, or could not be started.
    pub(super) fn started(&self) {
        self.lock().starting -= 1;
    }

    /// A worker is free again: the call that has waited longest gets it.
    pub(super) fn free(&self, mut worker: Worker) {
        let mut state = self.lock();
        while let Some(waiting) = state.waiting.pop_front() {
            match waiting.send(worker) {
                Ok(()) => return,
                Err(back) => worker = back,
            }
        }
        state.idle.push(worker);
    }

    /// Takes an idle worker off the list. `false` if a call has taken it already.
    pub(super) fn withdraw(&self, worker: &Worker) -> bool {
        let mut state = self.lock();
        let before = state.idle.len();
        state.idle.retain(|idle| !idle.same_channel(worker));
        state.idle.len() < before
    }

    /// A process has ended.
    pub(super) fn ended(&self) {
        let mut state = self.lock();
        state.processes -= 1;
        state.idle.retain(|worker| !worker.is_closed());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
