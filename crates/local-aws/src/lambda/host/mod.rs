//! Runs functions as processes on this machine, with one pool of processes for each function version.

mod leftovers;
mod memory;
mod outcome;
mod output;
mod pool;
mod process;
mod process_count;
mod runtime_api;
mod sandbox;
mod shared;
mod workers;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{OnceCell, watch};

pub(crate) use self::leftovers::end_leftovers;
use self::memory::Census;
pub(crate) use self::outcome::Outcome;
use self::pool::Pool;
use self::process_count::ProcessCount;
use self::shared::Shared;
use self::workers::Phase;
use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::contained::{Containment, Supervisor};
use crate::fault::Fault;
use crate::iam::Iam;
use crate::lambda::package::is_unfinished;
use crate::lambda::{Function, Version};
use crate::logs::Logs;
use crate::store::{Store, remove_others};

/// What a process is given for one call.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    /// The ARN as the caller named it, with its qualifier.
    pub(crate) invoked_arn: String,
    pub(crate) trace_id: String,
    /// Base64, as received.
    pub(crate) client_context: Option<String>,
    /// Set when the process receives the call.
    pub(crate) deadline: Millis,
}

/// All pools.
pub(crate) struct Host {
    unpacked: PathBuf,
    store: Arc<Store>,
    shared: Arc<Shared>,
    stopped: watch::Sender<bool>,
    pools: Mutex<HashMap<(String, String), Slot>>,
    /// The number of running calls of each function, by ARN.
    running: Mutex<HashMap<String, Arc<AtomicU64>>>,
}

/// A call that counts as running.
struct Running(Arc<AtomicU64>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The pool of a function ARN and version.
struct Slot {
    /// The fingerprint of the version that the pool was opened for.
    fingerprint: String,
    /// The SHA-256 of its code, in hex.
    code: String,
    /// Empty until its zip is unpacked.
    pool: Arc<OnceCell<Arc<Pool>>>,
}

impl Slot {
    fn new(fingerprint: String, version: &Version) -> Slot {
        Slot {
            fingerprint,
            code: hex::encode(version.code.sha256),
            pool: Arc::default(),
        }
    }

    fn enter(&self, phase: Phase) {
        if let Some(pool) = self.pool.get() {
            pool.enter(phase);
        }
    }
}

impl Host {
    /// Processes have credentials from `iam`. Functions run from folders in `unpacked`, log to `logs`, and find this server at `endpoint_url`.
    pub(super) fn new(
        store: Arc<Store>,
        conditions: Arc<Conditions>,
        iam: Arc<Iam>,
        logs: Arc<Logs>,
        endpoint_url: String,
        unpacked: PathBuf,
        supervisor: Option<Supervisor>,
    ) -> Host {
        Host {
            shared: Arc::new(Shared {
                containment: Containment::new(supervisor, leftovers::family(&unpacked)),
                count: ProcessCount::default(),
                census: Census::default(),
                iam,
                conditions,
                logs,
                endpoint_url,
            }),
            store,
            unpacked,
            stopped: watch::Sender::new(false),
            pools: Mutex::default(),
            running: Mutex::default(),
        }
    }

    /// Runs one call to its end. `Err` if no process could be tried at all.
    ///
    /// As on AWS, a call is finished even if its caller no longer waits: it runs in a task of its own.
    pub(super) async fn invoke(
        &self,
        function: &Function,
        version: &Version,
        invocation: Invocation,
    ) -> Result<Outcome, Fault> {
        let running = self.admit(function)?;
        let cell = self.pool(function, version)?;
        let pool = cell
            .get_or_try_init(|| {
                Pool::open(&self.shared, &self.store, &self.unpacked, function, version)
            })
            .await?;
        let pool = Arc::clone(pool);
        let call = tokio::spawn(async move {
            let _running = running;
            pool.invoke(invocation).await
        });
        call.await.map_err(|_| {
            Fault::new(
                500,
                "ServiceException",
                "The local AWS failed to run the function.",
            )
        })
    }

    /// Counts a call of the function as running until the value is dropped. Refuses the call if the function has
    /// reserved concurrency and uses all of it.
    fn admit(&self, function: &Function) -> Result<Running, Fault> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let count = Arc::clone(running.entry(function.arn.clone()).or_default());
        let before = count.fetch_add(1, Ordering::Relaxed);
        let counted = Running(count);
        match function.reserved_concurrency {
            Some(reserved) if before >= reserved => {
                Err(
                    Fault::new(429, "TooManyRequestsException", "Rate Exceeded.").with(
                        "Reason",
                        "ReservedFunctionConcurrentInvocationLimitExceeded",
                    ),
                )
            }
            _ => Ok(counted),
        }
    }

    /// Ends the processes of a function or of one of its versions. Busy ones finish their call first.
    pub(super) fn retire(&self, function_arn: &str, version: Option<&str>) {
        self.lock().retain(|(arn, of), slot| {
            let stays = arn != function_arn || version.is_some_and(|version| version != of);
            if !stays {
                slot.enter(Phase::Retired);
            }
            stays
        });
    }

    /// Removes the folders of code, except that of the given hashes, and ends what runs from them. Busy processes finish their call
    /// first.
    pub(super) fn keep_only(&self, hashes: &HashSet<String>) {
        self.lock().retain(|_, slot| {
            let stays = hashes.contains(&slot.code);
            if !stays {
                slot.enter(Phase::Retired);
            }
            stays
        });
        let stays = |name: &str| hashes.contains(name) || is_unfinished(name);
        // What stays behind is removed at the next start.
        let _ = remove_others(&self.unpacked, stays);
    }

    /// Ends all processes, even busy ones, and starts no more.
    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
        for (_, slot) in self.lock().drain() {
            slot.enter(Phase::Stopped);
        }
    }

    /// Waits until [`Host::stop`] has been called.
    pub(super) async fn stopped(&self) {
        // This value holds the channel open.
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// Waits until all processes have ended.
    pub(super) async fn ended(&self) {
        self.shared.count.none_left().await;
    }

    /// The pool for exactly this code and these settings. A pool of the same version from before an update is retired:
    /// its processes end when they are idle.
    fn pool(
        &self,
        function: &Function,
        version: &Version,
    ) -> Result<Arc<OnceCell<Arc<Pool>>>, Fault> {
        let fingerprint = version.fingerprint()?;
        let mut pools = self.lock();
        // Checked under the lock: a stop sets this first and then empties the list under the lock.
        if *self.stopped.borrow() {
            return Err(Fault::new(
                503,
                "ServiceUnavailableException",
                "The local AWS is being stopped.",
            ));
        }
        let key = (function.arn.clone(), version.version.clone());
        let slot = pools
            .entry(key)
            .or_insert_with(|| Slot::new(fingerprint.clone(), version));
        if slot.fingerprint != fingerprint {
            slot.enter(Phase::Retired);
            *slot = Slot::new(fingerprint, version);
        }
        Ok(Arc::clone(&slot.pool))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Slot>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
