//! Where calls wait until the test opens it.

use std::sync::Arc;

use tokio::sync::{Semaphore, watch};

#[derive(Debug, Clone)]
pub struct Gate {
    /// As many as have come.
    come: Arc<Semaphore>,
    open: watch::Sender<bool>,
}

impl Gate {
    pub fn closed() -> Self {
        Self {
            come: Arc::new(Semaphore::new(0)),
            open: watch::channel(false).0,
        }
    }

    /// Returns once another call has come.
    pub async fn reached(&self) {
        let come = self.come.acquire().await;
        come.expect("it is never closed").forget();
    }

    pub fn open(&self) {
        self.open.send_replace(true);
    }

    pub async fn pass(&self) {
        self.come.add_permits(1);
        let mut open = self.open.subscribe();
        // The test may be over.
        let _ = open.wait_for(|open| *open).await;
    }
}
