//! One schedule: what it says, and when it is due.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use txflow_asl::Arn;
use txflow_triggers::{Schedule as Expression, time_zone};

use super::{SERVICE, invalid};
use crate::clock::{Millis, iam, millis};
use crate::conditions::Conditions;
use crate::delivery::Delivery;
use crate::fault::{Constraints, Fault};
use crate::http::scope::Scope;
use crate::target_call::TargetCall;
use crate::weather::Span;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) name: String,
    pub(super) group: String,
    pub(super) arn: String,
    pub(super) created: Millis,
    pub(super) modified: Millis,
    /// As it was sent.
    pub(super) settings: Settings,
    /// The time by its expression for which it is due next.
    pub(super) scheduled: Option<Millis>,
    /// When it is due: somewhere in the flexible window from then on.
    pub(super) due: Option<Millis>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Settings {
    pub(super) schedule_expression: String,
    #[serde(default = "utc")]
    pub(super) schedule_expression_timezone: String,
    #[serde(default = "enabled")]
    pub(super) state: String,
    pub(super) description: Option<String>,
    /// Seconds since 1970.
    pub(super) start_date: Option<f64>,
    pub(super) end_date: Option<f64>,
    pub(super) flexible_time_window: Value,
    pub(super) target: Value,
    #[serde(default = "none")]
    pub(super) action_after_completion: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn enabled() -> String {
    "ENABLED".to_owned()
}

fn none() -> String {
    "NONE".to_owned()
}

pub(super) fn arn(scope: &Scope, group: &str, name: &str) -> String {
    scope.arn("scheduler", &format!("schedule/{group}/{name}"))
}

impl Settings {
    pub(super) fn check(&self, now: Millis) -> Result<(), Fault> {
        let expression = self.expression()?;
        self.zone()?;
        let window = &self.flexible_time_window;
        let mode = window["Mode"].as_str().unwrap_or_default();
        let minutes = window["MaximumWindowInMinutes"].as_i64();
        Constraints::default()
            .one_of("state", &self.state, &["ENABLED", "DISABLED"])
            .one_of("flexibleTimeWindow.mode", mode, &["OFF", "FLEXIBLE"])
            .range(
                "flexibleTimeWindow.maximumWindowInMinutes",
                minutes,
                1,
                1440,
            )
            .one_of(
                "actionAfterCompletion",
                &self.action_after_completion,
                &["NONE", "DELETE"],
            )
            .check("ValidationException")?;
        if (mode == "FLEXIBLE") != minutes.is_some() {
            return Err(invalid(
                "MaximumWindowInMinutes must be specified only if the flexible time window mode is FLEXIBLE.",
            ));
        }
        let retry = &self.target["RetryPolicy"];
        Constraints::default()
            .range(
                "target.retryPolicy.maximumRetryAttempts",
                retry["MaximumRetryAttempts"].as_i64(),
                0,
                185,
            )
            .range(
                "target.retryPolicy.maximumEventAgeInSeconds",
                retry["MaximumEventAgeInSeconds"].as_i64(),
                60,
                86_400,
            )
            .present("target.arn", self.target["Arn"].as_str().as_ref())
            .present("target.roleArn", self.target["RoleArn"].as_str().as_ref())
            .check("ValidationException")?;
        // The dates of a schedule that is due once are ignored.
        if expression.recurs() {
            self.check_dates(now)?;
        }
        self.check_target()
    }

    fn check_dates(&self, now: Millis) -> Result<(), Fault> {
        let earliest = now.saturating_sub(millis(Duration::from_secs(5 * 60)));
        if { self.start_date }.is_some_and(|start| of_seconds(start) < earliest) {
            return Err(invalid(
                "The StartDate you specify cannot be earlier than 5 minutes ago.",
            ));
        }
        if { self.start_date.zip(self.end_date) }.is_some_and(|(start, end)| start >= end) {
            return Err(invalid(
                "The StartDate you specify must come before the EndDate.",
            ));
        }
        Ok(())
    }

    fn check_target(&self) -> Result<(), Fault> {
        let arn = Arn::parse(self.target["Arn"].as_str().unwrap_or_default());
        let of = |service: &str| arn.is_some_and(|arn| arn.service == service);
        let input = self.target["Input"].as_str();
        // All others take any text, says the API's reference.
        if ["lambda", "states", "events"].into_iter().any(of)
            && input.is_some_and(|input| serde_json::from_str::<Value>(input).is_err())
        {
            return Err(invalid("JSON syntax error in input for the target"));
        }
        let is_fifo = of("sqs") && arn.is_some_and(|arn| arn.resource.ends_with(".fifo"));
        if is_fifo && self.target["SqsParameters"].is_null() {
            return Err(invalid("Parameters SqsParameters must be specified"));
        }
        Ok(())
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.state == "ENABLED"
    }

    fn expression(&self) -> Result<Expression, Fault> {
        let text = &self.schedule_expression;
        Expression::parse(text).map_err(|_| invalid(format!("Invalid Schedule Expression {text}.")))
    }

    fn zone(&self) -> Result<TimeZone, Fault> {
        let name = &self.schedule_expression_timezone;
        time_zone(name)
            .ok_or_else(|| invalid(format!("Invalid Schedule Expression Timezone {name}.")))
    }

    /// The first time by the expression after a schedule was written.
    pub(super) fn first(&self, now: Millis) -> Option<Millis> {
        let from = self
            .start_date
            .map_or(now, |start| of_seconds(start).max(now));
        let (expression, zone) = (self.expression().ok()?, self.zone().ok()?);
        self.until_end(expression.first(timestamp(from)?, &zone)?)
    }

    /// The next time after one of which it was due, and after now: what was missed is not made up for.
    pub(super) fn next(&self, scheduled: Millis, now: Millis) -> Option<Millis> {
        let (expression, zone) = (self.expression().ok()?, self.zone().ok()?);
        let mut next = timestamp(scheduled)?;
        loop {
            next = expression.next(next, &zone)?;
            if next > timestamp(now)? {
                return self.until_end(next);
            }
        }
    }

    fn until_end(&self, at: Timestamp) -> Option<Millis> {
        let at = Millis::try_from(at.as_millisecond()).ok()?;
        let end = self.end_date.map(of_seconds);
        end.is_none_or(|end| at <= end).then_some(at)
    }

    /// When it is due for a time by the expression.
    pub(super) fn within_window(
        &self,
        scheduled: Millis,
        arn: &str,
        conditions: &Conditions,
    ) -> Millis {
        let minutes = self.flexible_time_window["MaximumWindowInMinutes"].as_u64();
        let longest = Duration::from_secs(60 * minutes.unwrap_or_default());
        let span = Span {
            least: Duration::ZERO,
            most: longest,
        };
        scheduled + millis(conditions.duration("flexible window", arn, span))
    }
}

impl Schedule {
    /// What it sends now.
    pub(super) fn delivery(&self, source_arn: String, scheduled: Millis, id: String) -> Delivery {
        let target = &self.settings.target;
        let text = |member: &str| target[member].as_str().unwrap_or_default().to_owned();
        let input = target["Input"].as_str().unwrap_or("{}");
        let input = input
            .replace("<aws.scheduler.schedule-arn>", &self.arn)
            .replace("<aws.scheduler.scheduled-time>", &iam(scheduled))
            .replace("<aws.scheduler.execution-id>", &id)
            .replace("<aws.scheduler.attempt-number>", "1");
        let arn = text("Arn");
        let delivery = Delivery {
            service: SERVICE,
            source_arn,
            sender: self.arn.clone(),
            role: Some(text("RoleArn")),
            call: TargetCall::to(&arn, target, &input, &id),
            target: arn,
            input,
            retries: 0,
            max_age: Duration::ZERO,
            dead_letter_queue: None,
            time: None,
        };
        delivery.with_policies(target)
    }
}

fn timestamp(at: Millis) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(at).ok()?).ok()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that does not fit becomes the nearest that does"
)]
fn of_seconds(seconds: f64) -> Millis {
    (seconds * 1000.0) as Millis
}
