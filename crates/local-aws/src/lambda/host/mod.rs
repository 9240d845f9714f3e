//! Runs functions: processes of this machine, one pool of them a function version.

mod leftovers;
mod living;
mod memory;
mod outcome;
mod output;
mod pool;
mod process;
mod runtime_api;
mod sandbox;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{OnceCell, watch};

pub(crate) use self::leftovers::end_leftovers;
use self::living::Living;
use self::memory::Census;
pub(crate) use self::outcome::Outcome;
use self::pool::{Phase, Pool};
use crate::aws::Aws;
use crate::clock::Millis;
use crate::contained::{Containment, Supervisor};
use crate::fault::Fault;
use crate::lambda::{Function, Version};

/// What a process is given for one call.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    /// The ARN as the caller named it, with its qualifier.
    pub(crate) invoked_arn: String,
    pub(crate) trace_id: String,
    /// Base64, as it came.
    pub(crate) client_context: Option<String>,
    /// Set when the process gets it.
    pub(crate) deadline: Millis,
}

/// All pools.
pub(crate) struct Host {
    unpacked: PathBuf,
    containment: Containment,
    living: Living,
    census: Census,
    stopped: watch::Sender<bool>,
    pools: Mutex<HashMap<(String, String), Slot>>,
    /// How many calls of each function run, by ARN.
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
    /// What the pool was opened for.
    fingerprint: String,
    /// Empty until its zip is unpacked.
    pool: Arc<OnceCell<Arc<Pool>>>,
}

impl Slot {
    fn new(fingerprint: String) -> Slot {
        Slot {
            fingerprint,
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
    pub(super) fn new(unpacked: PathBuf, supervisor: Option<Supervisor>) -> Host {
        Host {
            containment: Containment::new(supervisor, leftovers::family(&unpacked)),
            unpacked,
            living: Living::default(),
            census: Census::default(),
            stopped: watch::Sender::new(false),
            pools: Mutex::default(),
            running: Mutex::default(),
        }
    }

    /// Runs one call to its end. `Err` is for what keeps a process from being tried at all.
    ///
    /// Like on AWS, a call whose caller has gone is finished all the same: it runs in a task of its own.
    pub(super) async fn invoke(
        &self,
        aws: &Arc<Aws>,
        function: &Function,
        version: &Version,
        invocation: Invocation,
    ) -> Result<Outcome, Fault> {
        let running = self.admit(function)?;
        let cell = self.pool(function, version)?;
        let pool = cell
            .get_or_try_init(|| Pool::open(aws, &self.unpacked, function, version))
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

    /// Counts a call of the function as running until the value is dropped. Refuses it where the function has
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

    /// Ends the processes of a function, or of one of its versions. Those that are busy finish their call.
    pub(super) fn retire(&self, function_arn: &str, version: Option<&str>) {
        self.lock().retain(|(arn, of), slot| {
            let stays = arn != function_arn || version.is_some_and(|version| version != of);
            if !stays {
                slot.enter(Phase::Retired);
            }
            stays
        });
    }

    /// Ends all processes, also those that are busy, and starts no more.
    pub(super) fn stop(&self) {
        self.stopped.send_replace(true);
        for (_, slot) in self.lock().drain() {
            slot.enter(Phase::Stopped);
        }
    }

    /// Ends once [`Host::stop`] has been called.
    pub(super) async fn stopped(&self) {
        // This value holds the channel open.
        let _ = self.stopped.subscribe().wait_for(|stopped| *stopped).await;
    }

    /// Ends once all processes have.
    pub(super) async fn gone(&self) {
        self.living.none_left().await;
    }

    /// The pool of exactly this code and these settings. Another pool of the same version is from before an update:
    /// its processes end when they are idle.
    fn pool(
        &self,
        function: &Function,
        version: &Version,
    ) -> Result<Arc<OnceCell<Arc<Pool>>>, Fault> {
        let fingerprint = version.fingerprint()?;
        let mut pools = self.lock();
        // Looked at under the lock, under which a stop empties the list afterwards.
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
            .or_insert_with(|| Slot::new(fingerprint.clone()));
        if slot.fingerprint != fingerprint {
            slot.enter(Phase::Retired);
            *slot = Slot::new(fingerprint);
        }
        Ok(Arc::clone(&slot.pool))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), Slot>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
