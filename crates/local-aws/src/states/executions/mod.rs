//! Executions: started, driven, described.

mod children;
mod chunks;
mod driver;
pub(super) mod input;
mod journal;
mod list;
mod map_runs;
mod nested;
mod parent;
mod read;
mod record;
mod redrive;
mod restart;
mod resumed;
mod start;
mod stop;
mod sync;
mod tokens;
mod workers;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use txflow_asl::{Machine, MapRunLimits, TaskId};

pub(in crate::states) use self::map_runs::machine_of;
pub(in crate::states) use self::parent::Parent;
use self::workers::Scheduled;
use super::{arn, definition};
use crate::call_log::OnEnd;
use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::timing::Time;

/// The number of compiled definitions that are cached: more than a project has at a time.
const READY_DEFINITIONS: usize = 64;

/// The running executions. Those that have ended are only in the store.
pub(super) struct Executions {
    /// How they wait if nothing else is said.
    time: Time,
    on_end: Option<OnEnd>,
    conditions: Arc<Conditions>,
    /// By execution ARN.
    running: Mutex<BTreeMap<String, Control>>,
    /// Those who wait for the end of an execution, by its ARN.
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<()>>>>,
    /// The tasks that wait for their token, by token.
    tokens: Mutex<HashMap<String, (Control, TaskId)>>,
    /// The tasks of activities that wait for a worker.
    scheduled: Mutex<Scheduled>,
    /// The hashes of the definitions that this server has stored.
    kept_definitions: Mutex<HashSet<String>>,
    /// Parsed definitions, by hash of their text.
    machines: Mutex<HashMap<[u8; 32], Machine>>,
}

/// The sending end of the channel to a running execution.
type Control = mpsc::UnboundedSender<Command>;

/// A request to a running execution.
enum Command {
    Stop {
        error: Option<String>,
        cause: Option<String>,
        stopped: oneshot::Sender<Millis>,
    },
    /// Its state machine is being deleted.
    EndAtNextTransition { cause: String },
    Report {
        task: TaskId,
        report: Report,
        accepted: oneshot::Sender<bool>,
    },
    UpdateMapRun {
        arn: String,
        update: Box<dyn FnOnce(&mut MapRunLimits) + Send>,
        updated: oneshot::Sender<bool>,
    },
    /// A worker takes the task of an activity.
    Started {
        task: TaskId,
        worker: Option<String>,
        accepted: oneshot::Sender<bool>,
    },
    /// What a task started runs, and the task waits for its end.
    Submitted {
        task: TaskId,
        output: txflow_asl::Payload,
        recorded: oneshot::Sender<()>,
    },
}

/// What the holder of a task token reports.
enum Report {
    Succeeded(txflow_asl::Payload),
    Failed {
        error: Option<String>,
        cause: Option<String>,
    },
    Heartbeat,
}

impl Executions {
    pub(super) fn new(
        time: Time,
        conditions: Arc<Conditions>,
        on_end: Option<OnEnd>,
    ) -> Executions {
        Executions {
            time,
            on_end,
            conditions,
            running: Mutex::default(),
            waiting: Mutex::default(),
            tokens: Mutex::default(),
            scheduled: Mutex::default(),
            machines: Mutex::default(),
            kept_definitions: Mutex::default(),
        }
    }

    /// Ends when this execution does. It fails if that has ended already.
    fn ended(&self, arn: &str) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        let running = lock(&self.running);
        if running.contains_key(arn) {
            lock(&self.waiting)
                .entry(arn.to_owned())
                .or_default()
                .push(tell);
        }
        told
    }

    /// An execution has ended: all that it came to is stored.
    fn forget(&self, arn: &str) {
        let waiting = {
            let mut running = lock(&self.running);
            running.remove(arn);
            lock(&self.waiting).remove(arn)
        };
        for waiting in waiting.into_iter().flatten() {
            let _ = waiting.send(());
        }
    }

    /// Stops an execution that still runs, for one that no longer waits for it.
    fn stop(&self, arn: &str, cause: String) {
        if let Some(control) = lock(&self.running).get(arn) {
            let (stopped, _) = oneshot::channel();
            // It may have just ended.
            let _ = control.send(Command::Stop {
                error: None,
                cause: Some(cause),
                stopped,
            });
        }
    }

    /// Lets the executions of a state machine that is being deleted enter no further state.
    pub(super) fn end_all_of(&self, machine_arn: &str) {
        let name = machine_arn.rsplit(':').next().unwrap_or_default();
        for execution in self.running_of(machine_arn) {
            if let Some(control) = lock(&self.running).get(&execution) {
                let cause = format!("State machine {name} has been deleted.");
                // An execution that has just ended cannot be reached, which is fine.
                let _ = control.send(Command::EndAtNextTransition { cause });
            }
        }
    }

    /// Waits until no execution of the state machine runs. Express executions do not count.
    pub(super) async fn all_ended(&self, machine_arn: &str) {
        loop {
            let running = self.running_of(machine_arn);
            if running.is_empty() {
                return;
            }
            for execution in running {
                let _ = self.ended(&execution).await;
            }
        }
    }

    pub(super) fn is_running_any_of(&self, machine_arn: &str) -> bool {
        !self.running_of(machine_arn).is_empty()
    }

    fn running_of(&self, machine_arn: &str) -> Vec<String> {
        let prefix = arn::executions(machine_arn);
        let running = lock(&self.running);
        let executions = running.keys().filter(|arn| arn.starts_with(&prefix));
        executions.cloned().collect()
    }

    /// Abandons all running executions: a driver ends once nothing can reach it.
    pub(super) fn abandon(&self) {
        lock(&self.running).clear();
        lock(&self.waiting).clear();
        lock(&self.tokens).clear();
        *lock(&self.scheduled) = Scheduled::default();
    }

    /// The definition, parsed once.
    fn machine(&self, text: &str) -> Result<Machine, Fault> {
        let hash: [u8; 32] = Sha256::digest(text).into();
        let mut machines = lock(&self.machines);
        if let Some(machine) = machines.get(&hash) {
            return Ok(machine.clone());
        }
        if machines.len() >= READY_DEFINITIONS {
            machines.clear();
        }
        let machine = definition::compile(text)?;
        machines.insert(hash, machine.clone());
        Ok(machine)
    }
}

/// A panic in these short sections leaves no inconsistent state, so poisoning is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn does_not_exist(arn: &str) -> Fault {
    Fault::bad(
        "ExecutionDoesNotExist",
        format!("Execution Does Not Exist: '{arn}'"),
    )
}
