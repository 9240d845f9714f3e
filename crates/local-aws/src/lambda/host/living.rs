//! How many processes of functions there are.

use tokio::sync::watch;

#[derive(Default)]
pub(super) struct Living(watch::Sender<usize>);

/// One that counts, until the value is dropped.
pub(super) struct Life(watch::Sender<usize>);

impl Living {
    pub(super) fn one_more(&self) -> Life {
        self.0.send_modify(|count| *count += 1);
        Life(self.0.clone())
    }

    /// Waits until there is none.
    pub(super) async fn none_left(&self) {
        // This value holds the channel open.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
