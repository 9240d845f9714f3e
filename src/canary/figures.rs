//! What a look at both releases has shown, as data.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::population::Group;
use super::{Canary, Samples, Verdict, judge};

/// The executions of one release since a step began.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Figures {
    pub release: u64,
    /// Without those that somebody stopped.
    pub started: u32,
    pub running: u32,
    pub ended: u32,
    /// Also those that timed out.
    pub failed: u32,
    /// Stopped by somebody.
    pub aborted: u32,
    /// So many percent of those that ended took no longer, in seconds.
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub p50: Option<Duration>,
    #[serde(serialize_with = "optional_seconds")]
    #[schemars(with = "Option<f64>")]
    pub p99: Option<Duration>,
}

/// A look at a canary.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Look {
    /// From 1.
    pub step: usize,
    pub steps: usize,
    /// What the new release gets, in percent.
    pub share: u8,
    pub old: Figures,
    pub new: Figures,
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Look {
    pub fn new(canary: &Canary, (old, new): (u64, u64), samples: &Samples, now: Timestamp) -> Self {
        Self {
            step: canary.step + 1,
            steps: canary.shares.count(),
            share: canary.share(),
            old: Figures::new(old, &samples.old),
            new: Figures::new(new, &samples.new),
            verdict: judge(canary, samples, now),
        }
    }
}

impl Figures {
    fn new(release: u64, group: &Group) -> Self {
        Self {
            release,
            started: group.started(),
            running: group.started() - group.ended(),
            ended: group.ended(),
            failed: group.failed,
            aborted: group.aborted,
            p50: group.percentile(50),
            p99: group.percentile(99),
        }
    }
}

fn optional_seconds<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    duration.map(|one| one.as_secs_f64()).serialize(serializer)
}
