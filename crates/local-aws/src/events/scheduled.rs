//! Rules with a schedule: when they are due, and the event that their targets get.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use txflow_triggers::Schedule;

use super::{DEFAULT, Events, Rule, invalid};
use crate::clock::{self, Millis};
use crate::conditions::Conditions;
use crate::fault::Fault;
use crate::http::scope::Scope;
use crate::ticker::{Scheduled, Ticker};

/// Checks the schedule of a rule on this bus.
pub(super) fn check(expression: &str, bus: &str) -> Result<(), Fault> {
    if Schedule::parse_of_rule(expression).is_err() {
        return Err(invalid("Parameter ScheduleExpression is not valid."));
    }
    if bus != DEFAULT {
        return Err(invalid(
            "ScheduleExpression is supported only on the default event bus.",
        ));
    }
    Ok(())
}

impl Rule {
    /// When it is due after a time: when it was written, or when it was due before. Schedules of rules are in UTC, and the
    /// first period of a rate begins when the rule is written.
    pub(super) fn due_after(&self, time: Millis, now: Millis) -> Option<Millis> {
        if self.state != "ENABLED" {
            return None;
        }
        let schedule = Schedule::parse_of_rule(self.schedule.as_deref()?).ok()?;
        let timestamp = |at: Millis| Timestamp::from_millisecond(i64::try_from(at).ok()?).ok();
        let mut next = timestamp(time)?;
        loop {
            next = schedule.next(next, &TimeZone::UTC)?;
            // What was missed is not made up for.
            if next > timestamp(now)? {
                return Millis::try_from(next.as_millisecond()).ok();
            }
        }
    }

    fn scheduled_event(&self, id: &str, time: Millis) -> Value {
        let scope = Scope::of_arn(&self.arn);
        json!({
            "version": "0",
            "id": id,
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": scope.account,
            "time": clock::iam(time),
            "region": scope.region,
            "resources": [self.arn],
            "detail": {},
        })
    }
}

impl Scheduled for Events {
    fn ticker(&self) -> &Ticker {
        &self.ticker
    }

    fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    fn next_due(&self) -> Option<Millis> {
        let rules = self.rules.list("");
        rules.iter().filter_map(|(_, rule)| rule.due).min()
    }

    async fn send_due(&self) {
        let now = self.conditions.now();
        for (key, rule) in self.rules.list("") {
            let Some(due) = rule.due.filter(|due| *due <= now) else {
                continue;
            };
            // It is known to have been sent before it is: a server that is killed does not send it twice.
            let advanced = self.rules.change(|rules| {
                let current = rules.get(&key).filter(|current| current.due == Some(due));
                let Some(current) = current.map(Arc::clone) else {
                    return Ok(false);
                };
                let next = Rule {
                    due: current.due_after(due, now),
                    ..Rule::clone(&current)
                };
                rules.put(&key, next);
                Ok(true)
            });
            if matches!(advanced.await, Ok(true)) {
                let id = self.conditions.random.uuid().to_string();
                let event = rule.scheduled_event(&id, due);
                self.send(&rule, &event, &id, clock::iam(now), None);
            }
        }
    }
}
