//! The runtime that an embedded AWS has to itself: however busy its threads are, the command hears Ctrl-C and ends.

use anyhow::{Context as _, Result};
use tokio::runtime::Runtime;

pub(super) struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    pub fn start() -> Result<Self> {
        let runtime = Runtime::new().context("the local AWS cannot start its threads")?;
        Ok(Self(Some(runtime)))
    }

    /// Does some work there, and waits for what it comes to.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        match &self.0 {
            Some(runtime) => Ok(runtime.spawn(work).await?),
            // Only between the start and the end of a drop.
            None => std::future::pending().await,
        }
    }
}

impl Drop for OwnRuntime {
    /// Waits for nothing: what does not listen ends with the process.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
