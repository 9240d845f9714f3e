//! The schedules that are due.

use std::sync::Arc;

use super::schedule::Schedule;
use super::{Scheduler, group_arn};
use crate::clock::Millis;
use crate::conditions::Conditions;
use crate::http::scope::Scope;
use crate::ticker::{Scheduled, Ticker};

impl Scheduled for Scheduler {
    fn ticker(&self) -> &Ticker {
        &self.ticker
    }

    fn conditions(&self) -> &Conditions {
        &self.conditions
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
}

impl Scheduler {
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
