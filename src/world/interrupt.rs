//! How urgently a run is to end.

use tokio::sync::watch;

/// Raised by Ctrl-C and by SIGTERM, which mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interrupt {
    None,
    /// Nothing new starts, and what is in flight is waited for.
    Stop,
    /// What is in flight is not waited for either.
    Leave,
}

impl Interrupt {
    /// Ends when it is as urgent as this; never if nobody can interrupt any more.
    pub async fn reached(self, interrupts: &mut watch::Receiver<Self>) {
        if interrupts.wait_for(|now| *now >= self).await.is_err() {
            std::future::pending().await
        }
    }
}
