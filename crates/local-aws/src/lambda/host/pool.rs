//! The processes of one function version: reused while warm, started on demand, ended when idle.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::process::Recipe;
use super::sandbox::Sandbox;
use super::shared::Shared;
use super::workers::{Phase, Work, Workers};
use super::{Invocation, Outcome};
use crate::fault::Fault;
use crate::lambda::{Function, Version, package};
use crate::store::Store;

pub(super) struct Pool {
    shared: Arc<Shared>,
    recipe: Arc<Recipe>,
    workers: Arc<Workers>,
}

impl Pool {
    /// Unpacks the version's code.
    pub(super) async fn open(
        shared: &Arc<Shared>,
        store: &Store,
        unpacked: &Path,
        function: &Function,
        version: &Version,
    ) -> Result<Arc<Pool>, Fault> {
        let digest = version.code.sha256;
        let zip = store.blobs.file(&digest);
        let zip = zip.ok_or_else(|| Fault::storage("the code is not a file"))?;
        let hash = hex::encode(digest);
        let unpacked = unpacked.to_owned();
        let folder = tokio::task::spawn_blocking(move || package::unpack(&zip, &hash, &unpacked))
            .await
            .map_err(Fault::storage)?
            .map_err(Fault::storage)?;
        // Absolute, since processes start in it.
        let folder = folder.canonicalize().map_err(Fault::storage)?;
        let recipe = Recipe::new(&shared.endpoint_url, function, version, folder);
        Ok(Arc::new(Pool {
            shared: Arc::clone(shared),
            recipe: Arc::new(recipe),
            workers: Arc::new(Workers::new()),
        }))
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.workers.enter(phase);
    }

    /// Runs one call on a process that is free, or on a new one.
    pub(super) async fn invoke(&self, invocation: Invocation) -> Outcome {
        let launch = || Sandbox::launch(&self.shared, &self.recipe, &self.workers);
        let mut invocation = invocation;
        loop {
            if self.workers.stopped() {
                return Outcome::server_stopped();
            }
            let worker = self.workers.get(launch).await;
            let (reply, outcome) = oneshot::channel();
            match worker.send(Work { invocation, reply }).await {
                Ok(()) => {
                    if let Ok(outcome) = outcome.await {
                        return outcome;
                    }
                    return Outcome::server_stopped();
                }
                // It was idle for too long and ended just now.
                Err(mpsc::error::SendError(work)) => invocation = work.invocation,
            }
        }
    }
}

impl Outcome {
    /// The outcome of a call that the end of the server interrupts.
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
