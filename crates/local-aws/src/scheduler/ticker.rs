//! What waits for the next schedule to be due.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::schedule::Schedule;
use super::{Scheduler, group_arn};
use crate::clock::Millis;
use crate::http::scope::Scope;

/// Tokio's timers do not reach as far as a schedule may.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Default)]
pub(super) struct Ticker {
    /// Told of each change of a schedule.
    changed: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    task: Option<AbortHandle>,
    stopped: bool,
}

impl Ticker {
    pub(super) fn stop(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.stopped = true;
        if let Some(task) = state.task.take() {
            task.abort();
        }
    }
}

impl Scheduler {
    /// Sees to it that what is due is sent. A server without schedules has no such task.
    pub(super) fn tick(self: &Arc<Self>) {
        self.ticker.changed.notify_one();
        let mut state = self
            .ticker
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let runs = state.task.as_ref().is_some_and(|task| !task.is_finished());
        if runs || state.stopped || self.next_due().is_none() {
            return;
        }
        let scheduler = Arc::clone(self);
        let task = tokio::spawn(async move { scheduler.send_what_is_due().await });
        state.task = Some(task.abort_handle());
    }

    async fn send_what_is_due(self: Arc<Self>) {
        loop {
            let until = match self.next_due() {
                Some(due) => self.conditions.clock.until(due).min(LONGEST),
                // A schedule may be written at this moment, so the task stays.
                None => LONGEST,
            };
            tokio::select! {
                () = tokio::time::sleep(until) => {}
                () = self.ticker.changed.notified() => continue,
            }
            self.send_due().await;
        }
    }

    fn next_due(&self) -> Option<Millis> {
        let schedules = self.schedules.list("");
        schedules
            .iter()
            .filter_map(|(_, schedule)| schedule.due)
            .min()
    }

    async fn send_due(&self) {
        let now = self.conditions.now();
        for (key, schedule) in self.schedules.list("") {
            let (Some(due), Some(scheduled)) = (schedule.due, schedule.scheduled) else {
                continue;
            };
            if due > now {
                continue;
            }
            // It is known to have been sent before it is: a server that is killed does not send it twice.
            let advanced = self.schedules.change(|schedules| {
                let current = schedules
                    .get(&key)
                    .filter(|current| current.due == Some(due));
                let Some(current) = current.map(Arc::clone) else {
                    return Ok(false);
                };
                match self.after(&current, scheduled, now) {
                    Some(next) => schedules.put(&key, next),
                    None => schedules.remove(&key),
                }
                Ok(true)
            });
            if matches!(advanced.await, Ok(true)) {
                let id = self.conditions.random.uuid().to_string();
                let source = group_arn(&Scope::of_arn(&schedule.arn), &schedule.group);
                self.deliveries
                    .send(schedule.delivery(source, scheduled, id));
            }
        }
    }

    /// The schedule once it was sent for a time; `None` if it is to go then.
    fn after(&self, schedule: &Schedule, scheduled: Millis, now: Millis) -> Option<Schedule> {
        let settings = &schedule.settings;
        let next = settings.next(scheduled, now);
        if next.is_none() && settings.action_after_completion == "DELETE" {
            return None;
        }
        Some(Schedule {
            scheduled: next,
            due: next.map(|at| settings.within_window(at, &schedule.arn, &self.conditions)),
            ..schedule.clone()
        })
    }
}
