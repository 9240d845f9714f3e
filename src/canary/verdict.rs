//! What a canary comes to.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::evidence::{Failures, less_often, more_often};
use super::population::Group;
use super::{Canary, Rules, Samples};
use crate::report::style::{duration, seconds};

/// Evidence this strong decides: each of the tests errs in at most one of 200 canaries, however often one looks.
const DECIDES: f64 = 200.0;

/// Evidence this strong against a release keeps it from getting a larger share.
const MAKES_DOUBTFUL: f64 = 10.0;

/// A release whose p99 has not grown has no more slow executions than this.
const SLOW: f64 = 0.01;

/// With fewer slow executions than this, or than the tolerance, it goes live.
const SLOW_TOLERATED: f64 = 0.02;

/// No execution is slow that takes only so much longer, whatever the ratio: that may be a cold start.
const NEVER_SLOW: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "verdict", content = "because", rename_all = "kebab-case")]
pub enum Verdict {
    /// The new release gets the next share.
    Continue,
    /// Nothing is decided yet.
    Wait(Missing),
    /// The old release gets all.
    RouteBack(Why),
    /// The new release gets all.
    Promote,
}

/// What a verdict waits for.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "missing", rename_all = "kebab-case")]
pub enum Missing {
    /// The step takes so much longer at least.
    Time {
        #[serde(rename = "seconds", serialize_with = "seconds")]
        #[schemars(with = "f64")]
        left: Duration,
    },
    /// Too few executions of a release have ended.
    Executions { ended: u32, of: u32 },
    /// Too few executions to say that the new release does not fail more often.
    MoreAboutFailures,
    /// The same of durations.
    MoreAboutDurations,
    /// Something speaks against the new release, but not enough to decide.
    Doubt,
}

/// Why the old release gets all executions again.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// The new release fails more often.
    Failures,
    /// Its executions take longer.
    Durations,
    /// The step could not be decided in its time.
    Undecided { missing: Missing },
}

impl Why {
    /// Whether the executions of the new release have shown it, rather than too few of them.
    pub fn is_shown(&self) -> bool {
        !matches!(self, Self::Undecided { .. })
    }
}

/// Judges the executions since the step began.
pub fn judge(canary: &Canary, samples: &Samples, now: Timestamp) -> Verdict {
    let rules = &canary.rules;
    if failures(samples).worse() >= DECIDES {
        return Verdict::RouteBack(Why::Failures);
    }
    if is_slower(rules, samples) {
        return Verdict::RouteBack(Why::Durations);
    }
    let elapsed = canary.elapsed(now);
    if elapsed < rules.least {
        let left = rules.least - elapsed;
        return Verdict::Wait(Missing::Time { left });
    }
    match missing(canary, samples) {
        None if canary.is_last() => Verdict::Promote,
        None => Verdict::Continue,
        Some(missing) if elapsed >= rules.least + rules.wait => {
            Verdict::RouteBack(Why::Undecided { missing })
        }
        Some(missing) => Verdict::Wait(missing),
    }
}

/// What keeps the new release from getting more. Only the last step needs proof that it is as good.
fn missing(canary: &Canary, samples: &Samples) -> Option<Missing> {
    let rules = &canary.rules;
    let Samples { old, new } = samples;
    let ended = old.ended().min(new.ended());
    let of = rules.min_executions;
    if ended < of {
        return Some(Missing::Executions { ended, of });
    }
    if failures(samples).worse() >= MAKES_DOUBTFUL {
        return Some(Missing::Doubt);
    }
    if !canary.is_last() {
        return None;
    }
    let rarely = less_often(new.failed, new.ended(), tolerated(rules, old));
    let no_worse = failures(samples).less_than(rules.failure_ratio.value());
    if rarely.max(no_worse) < DECIDES {
        return Some(Missing::MoreAboutFailures);
    }
    let (slow, among) = slow(rules, samples)?;
    let rarely = less_often(slow, among, rules.tolerated().max(SLOW_TOLERATED));
    (rarely < DECIDES).then_some(Missing::MoreAboutDurations)
}

/// The rate of failures of the old release, and what is tolerated beyond it. As long as that rate is not well known, it is
/// taken for less.
fn tolerated(rules: &Rules, old: &Group) -> f64 {
    let ended = f64::from(old.ended()).max(1.0);
    let rate = f64::from(old.failed) / ended;
    let error = (rate * (1.0 - rate) / ended).sqrt();
    ((rate - error).max(0.0) + rules.tolerated()).min(0.9)
}

fn failures(samples: &Samples) -> Failures {
    let Samples { old, new } = samples;
    let all = f64::from(old.started()) + f64::from(new.started());
    Failures {
        old: old.failed,
        new: new.failed,
        share: f64::from(new.started()) / all.max(1.0),
    }
}

fn is_slower(rules: &Rules, samples: &Samples) -> bool {
    let known = samples.old.ended() >= rules.min_executions;
    let slow = slow(rules, samples).filter(|_| known);
    slow.is_some_and(|(slow, among)| more_often(slow, among, SLOW) >= DECIDES)
}

/// How many executions of the new release took longer than 99 % of those of the old one, times the ratio, and among how many.
fn slow(rules: &Rules, samples: &Samples) -> Option<(u32, u32)> {
    let p99 = samples.old.percentile(99)?;
    let limit = p99.mul_f64(rules.p99_ratio.value());
    Some(samples.new.longer_than(limit.max(p99 + NEVER_SLOW)))
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time { left } => write!(f, "the step takes {} more", duration(*left)),
            Self::Executions { ended, of } => write!(
                f,
                "{ended} of the {of} executions have ended that each release needs"
            ),
            Self::MoreAboutFailures => f.write_str(
                "too few executions to say that the new release does not fail more often",
            ),
            Self::MoreAboutDurations => {
                f.write_str("too few executions to say that the new release does not take longer")
            }
            Self::Doubt => f.write_str("the new release may fail more often"),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failures => f.write_str("the new release fails more often"),
            Self::Durations => f.write_str("executions of the new release take longer"),
            Self::Undecided { missing } => write!(f, "its time is over: {missing}"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Continue => f.write_str("ready for the next step"),
            Self::Wait(missing) => write!(f, "wait: {missing}"),
            Self::RouteBack(why) => write!(f, "route back: {why}"),
            Self::Promote => f.write_str("ready to be live"),
        }
    }
}
