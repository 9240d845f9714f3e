//! A separate runtime for the embedded AWS: however busy its threads are, the command reacts to Ctrl-C and ends.

use anyhow::{Context as _, Result};
use tokio::runtime::Runtime;

pub struct OwnRuntime(Option<Runtime>);

impl OwnRuntime {
    pub fn start() -> Result<Self> {
        let runtime = Runtime::new().context("the local AWS cannot start its threads")?;
        Ok(Self(Some(runtime)))
    }

    /// Runs some work there, and waits for the result.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        match &self.0 {
            Some(runtime) => Ok(runtime.spawn(work).await?),
            // Empty only during the drop.
            None => std::future::pending().await,
        }
    }
}

impl Drop for OwnRuntime {
    /// Does not wait for tasks: those that do not react end with the process.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
