//! By what a canary is judged.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::Decimal;
use crate::report::style::seconds;

/// The thresholds of `[canary]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rules {
    /// How long each step takes at least.
    #[serde(rename = "for", serialize_with = "seconds")]
    #[schemars(rename = "for", with = "f64")]
    pub least: Duration,
    /// How much longer it may take, if it cannot be decided by then.
    #[serde(serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub wait: Duration,
    /// How many executions of each release must have ended in a step.
    pub min_executions: u32,
    /// How many times as often the new release may fail, but for this.
    pub failure_ratio: Decimal,
    /// In percentage points: how much more often it may fail, whatever the ratio is.
    pub tolerance: Decimal,
    /// How many times as long as 99 % of the old release's executions one may take, before it counts as slow.
    pub p99_ratio: Decimal,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            least: Duration::from_secs(15 * 60),
            wait: Duration::from_secs(4 * 60 * 60),
            min_executions: 20,
            failure_ratio: Decimal::hundredths(200),
            tolerance: Decimal::hundredths(200),
            p99_ratio: Decimal::hundredths(150),
        }
    }
}

impl Rules {
    /// The tolerance as a share of 1.
    pub(super) fn tolerated(&self) -> f64 {
        self.tolerance.value() / 100.0
    }

    /// Parses what `Display` has written.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split(", ");
        let times = fields.next()?.strip_prefix("for ")?;
        let (least, wait) = times.split_once('+')?;
        let seconds = |text: &str| Some(Duration::from_secs(text.parse().ok()?));
        let mut field = |name: &str| fields.next()?.strip_prefix(name)?.strip_prefix(' ');
        Some(Self {
            least: seconds(least)?,
            wait: seconds(wait)?,
            min_executions: field("min")?.parse().ok()?,
            failure_ratio: field("failures")?.parse().ok()?,
            tolerance: field("tolerance")?.parse().ok()?,
            p99_ratio: field("p99")?.parse().ok()?,
        })
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            least,
            wait,
            min_executions,
            failure_ratio,
            tolerance,
            p99_ratio,
        } = self;
        let (least, wait) = (least.as_secs(), wait.as_secs());
        write!(
            f,
            "for {least}+{wait}, min {min_executions}, failures {failure_ratio}, tolerance {tolerance}, p99 {p99_ratio}"
        )
    }
}
