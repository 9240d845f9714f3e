//! The number of running processes of functions.

use tokio::sync::watch;

#[derive(Default)]
pub(super) struct ProcessCount(watch::Sender<usize>);

/// A process that counts until this value is dropped.
pub(super) struct Counted(watch::Sender<usize>);

impl ProcessCount {
    pub(super) fn add(&self) -> Counted {
        self.0.send_modify(|count| *count += 1);
        Counted(self.0.clone())
    }

    /// Waits until there are none.
    pub(super) async fn none_left(&self) {
        // This value holds the channel open.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
