//! Where a canary is: what the description of the alias holds of it, so that any machine can go on.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Rules, Shares};
use crate::executions::{between, rfc3339};

/// A canary that is to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct CanaryStart {
    pub shares: Shares,
    pub rules: Rules,
}

/// A canary that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Canary {
    pub shares: Shares,
    /// From 0.
    #[serde(skip)]
    pub step: usize,
    /// When this step began.
    #[serde(rename = "step_since", serialize_with = "rfc3339")]
    #[schemars(with = "String")]
    pub since: Timestamp,
    pub rules: Rules,
}

impl CanaryStart {
    pub fn begin(&self, now: Timestamp) -> Canary {
        Canary {
            shares: self.shares.clone(),
            step: 0,
            since: whole_seconds(now),
            rules: self.rules.clone(),
        }
    }
}

/// `10/50, for 900+14400, min 20, …`
impl From<CanaryStart> for String {
    fn from(CanaryStart { shares, rules }: CanaryStart) -> Self {
        format!("{shares}, {rules}")
    }
}

impl TryFrom<String> for CanaryStart {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parse = || {
            let (shares, rules) = text.split_once(", ")?;
            Some(Self {
                shares: shares.parse().ok()?,
                rules: Rules::parse(rules)?,
            })
        };
        parse().ok_or("not a canary")
    }
}

impl Canary {
    /// What the new release gets, in percent.
    pub fn share(&self) -> u8 {
        self.shares.get(self.step).unwrap_or(1)
    }

    /// The next step; `None` if the release is to be live wholly after this one.
    pub fn next(&self, now: Timestamp) -> Option<Self> {
        let step = self.step + 1;
        self.shares.get(step).map(|_| Self {
            step,
            since: whole_seconds(now),
            ..self.clone()
        })
    }

    pub fn is_last(&self) -> bool {
        self.step + 1 >= self.shares.count()
    }

    pub fn elapsed(&self, now: Timestamp) -> Duration {
        between(self.since, now)
    }

    /// Parses what `Display` has written.
    pub fn parse(text: &str) -> Option<Self> {
        let (shares, rest) = text.split_once(" step ")?;
        let (step, rest) = rest.split_once(" since ")?;
        let (since, rules) = rest.split_once(", ")?;
        let shares: Shares = shares.parse().ok()?;
        let step = step.parse::<usize>().ok()?.checked_sub(1)?;
        shares.get(step)?;
        Some(Self {
            shares,
            step,
            since: since.parse().ok()?,
            rules: Rules::parse(rules)?,
        })
    }
}

/// `10/50 step 1 since 2026-01-31T12:00:00Z, for 900+14400, min 20, …`
impl fmt::Display for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            shares,
            step,
            since,
            rules,
        } = self;
        write!(f, "{shares} step {} since {since}, {rules}", step + 1)
    }
}

fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
