//! What waits for the next thing to be due, on the server's clock.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::clock::Millis;
use crate::conditions::Conditions;

/// Tokio's timers do not reach as far as a schedule may.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// A service that has things that are due at times.
pub(crate) trait Scheduled: Send + Sync + Sized + 'static {
    fn ticker(&self) -> &Ticker;

    fn conditions(&self) -> &Conditions;

    /// When the next of them is due.
    fn next_due(&self) -> Option<Millis>;

    /// Sends all that are due now.
    fn send_due(&self) -> impl Future<Output = ()> + Send;

    /// Sees to it that what is due is sent. Called after each change; a service that never has anything due has no task.
    fn tick(self: &Arc<Self>) {
        let ticker = self.ticker();
        ticker.changed.notify_one();
        let mut state = ticker.state.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = state.task.as_ref().is_some_and(|task| !task.is_finished());
        if runs || state.stopped || self.next_due().is_none() {
            return;
        }
        let task = tokio::spawn(send_what_is_due(Arc::clone(self)));
        state.task = Some(task.abort_handle());
    }
}

#[derive(Default)]
pub(crate) struct Ticker {
    /// Told of each change.
    changed: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    task: Option<AbortHandle>,
    stopped: bool,
}

impl Ticker {
    pub(crate) fn stop(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopped = true;
        if let Some(task) = state.task.take() {
            task.abort();
        }
    }
}

async fn send_what_is_due<S: Scheduled>(service: Arc<S>) {
    loop {
        let until = match service.next_due() {
            Some(due) => service.conditions().clock.until(due).min(LONGEST),
            // Something may be written at this moment, so the task stays.
            None => LONGEST,
        };
        tokio::select! {
            () = tokio::time::sleep(until) => {}
            () = service.ticker().changed.notified() => continue,
        }
        service.send_due().await;
    }
}
