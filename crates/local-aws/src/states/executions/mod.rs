//! Executions: started, driven, told about.

mod driver;
pub(super) mod input;
mod journal;
mod list;
mod read;
mod record;
mod redrive;
mod restart;
mod start;
mod stop;
mod sync;
mod tokens;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};
use txflow_asl::{Machine, TaskId};

use super::definition;
use crate::clock::Millis;
use crate::fault::Fault;
use crate::timing::Time;

/// Definitions that are kept ready to run. More than a project has at a time.
const READY_DEFINITIONS: usize = 64;

/// What runs now. What has ended is in the store only.
pub(super) struct Executions {
    pub(super) time: Time,
    /// By execution ARN.
    running: Mutex<HashMap<String, Control>>,
    /// The tasks that wait for a report, by token.
    tokens: Mutex<HashMap<String, (Control, TaskId)>>,
    /// The hashes of the definitions that this server has stored.
    kept_definitions: Mutex<HashSet<String>>,
    /// Parsed definitions, by hash of their text.
    machines: Mutex<HashMap<[u8; 32], Machine>>,
}

/// Reaches a running execution.
type Control = mpsc::UnboundedSender<Order>;

/// What someone outside wants of a running execution.
enum Order {
    Stop {
        error: Option<String>,
        cause: Option<String>,
        stopped: oneshot::Sender<Millis>,
    },
    Report {
        task: TaskId,
        report: Report,
        taken: oneshot::Sender<bool>,
    },
}

/// What the owner of a task token says.
enum Report {
    Succeeded(txflow_asl::Payload),
    Failed {
        error: Option<String>,
        cause: Option<String>,
    },
    Alive,
}

impl Executions {
    pub(super) fn new(time: Time) -> Executions {
        Executions {
            time,
            running: Mutex::default(),
            tokens: Mutex::default(),
            machines: Mutex::default(),
            kept_definitions: Mutex::default(),
        }
    }

    /// Stops all executions of a state machine, which is being deleted.
    pub(super) fn stop_all_of(&self, machine_arn: &str) {
        let prefix = format!(
            "{}:",
            machine_arn.replacen(":stateMachine:", ":execution:", 1)
        );
        for (_, control) in lock(&self.running)
            .iter()
            .filter(|(arn, _)| arn.starts_with(&prefix))
        {
            let (stopped, _) = oneshot::channel();
            let cause = Some("The state machine was deleted".to_owned());
            // One that has just ended needs no stop.
            let _ = control.send(Order::Stop {
                error: None,
                cause,
                stopped,
            });
        }
    }

    /// Lets go of all that runs: their drivers end when they see that nobody can reach them.
    pub(super) fn abandon(&self) {
        lock(&self.running).clear();
        lock(&self.tokens).clear();
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

/// A panic inside these short sections leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn does_not_exist(arn: &str) -> Fault {
    Fault::bad(
        "ExecutionDoesNotExist",
        format!("Execution Does Not Exist: '{arn}'"),
    )
}
