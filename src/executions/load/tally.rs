//! How many executions ended and how: counts, rate, percentiles, failures by cause. Pure.
//!
//! Every duration is kept, 16 bytes each, so that percentiles are exact.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::cause::FailureCause;
use crate::executions::time::between;
use crate::report::style::seconds;

/// An execution that is over.
pub struct Ended {
    /// When it started and when it stopped; `None` if AWS refused a call.
    pub times: Option<(Timestamp, Timestamp)>,
    pub failed: Option<FailureCause>,
    pub execution_arn: Option<String>,
}

/// What has ended so far.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    executions: usize,
    failed: usize,
    /// The first start and the last stop.
    span: Option<(Timestamp, Timestamp)>,
    durations: Vec<Duration>,
    causes: BTreeMap<FailureCause, Alike>,
}

#[derive(Debug, Clone)]
struct Alike {
    count: usize,
    example: Option<String>,
}

/// A tally as a report shows it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Figures {
    pub executions: usize,
    pub passed: usize,
    pub failed: usize,
    /// From the first start to the last stop, if any time passed.
    pub per_second: Option<f64>,
    /// Of all executions that ended, also of those that failed.
    pub seconds: Option<Percentiles>,
    /// The most frequent first.
    pub failures: Vec<Failures>,
}

/// How long the executions took: so many percent took no longer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Percentiles {
    #[serde(serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub p50: Duration,
    #[serde(serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub p90: Duration,
    #[serde(serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub p99: Duration,
    #[serde(serialize_with = "seconds")]
    #[schemars(with = "f64")]
    pub max: Duration,
}

/// Failures that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Failures {
    #[serde(flatten)]
    pub cause: FailureCause,
    pub count: usize,
    /// The ARN of one of them.
    pub example: Option<String>,
}

/// How far a load run is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Progress {
    /// How many executions have ended.
    pub executions: usize,
    pub total: usize,
    pub failed: usize,
    pub per_second: Option<f64>,
}

impl Progress {
    pub(super) fn of(tallies: &[Tally], total: usize) -> Self {
        let count = |what: fn(&Tally) -> usize| tallies.iter().map(what).sum();
        let spans = tallies.iter().filter_map(|tally| tally.span);
        Self {
            executions: count(|tally| tally.executions),
            total,
            failed: count(|tally| tally.failed),
            per_second: rate(
                count(|tally| tally.durations.len()),
                spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
            ),
        }
    }
}

impl Tally {
    pub fn take(&mut self, ended: Ended) {
        self.executions += 1;
        if let Some((started, stopped)) = ended.times {
            self.durations.push(between(started, stopped));
            self.widen((started, stopped));
        }
        if let Some(cause) = ended.failed {
            self.failed += 1;
            self.count(cause, 1, ended.execution_arn);
        }
    }

    /// All of these together.
    pub fn sum(tallies: &[Self]) -> Self {
        let mut sum = Self::default();
        for tally in tallies {
            sum.executions += tally.executions;
            sum.failed += tally.failed;
            sum.durations.extend(&tally.durations);
            if let Some(span) = tally.span {
                sum.widen(span);
            }
            for (cause, alike) in &tally.causes {
                sum.count(cause.clone(), alike.count, alike.example.clone());
            }
        }
        sum
    }

    pub fn figures(&self) -> Figures {
        let mut failures: Vec<Failures> = self
            .causes
            .iter()
            .map(|(cause, alike)| Failures {
                cause: cause.clone(),
                count: alike.count,
                example: alike.example.clone(),
            })
            .collect();
        failures.sort_by_key(|failures| std::cmp::Reverse(failures.count));
        Figures {
            executions: self.executions,
            passed: self.executions - self.failed,
            failed: self.failed,
            per_second: rate(self.durations.len(), self.span),
            seconds: percentiles(self.durations.clone()),
            failures,
        }
    }

    fn widen(&mut self, (started, stopped): (Timestamp, Timestamp)) {
        let (first, last) = self.span.unwrap_or((started, stopped));
        self.span = Some((first.min(started), last.max(stopped)));
    }

    fn count(&mut self, cause: FailureCause, count: usize, example: Option<String>) {
        let alike = self.causes.entry(cause).or_insert(Alike {
            count: 0,
            example: None,
        });
        alike.count += count;
        alike.example = alike.example.take().or(example);
    }
}

fn rate(count: usize, span: Option<(Timestamp, Timestamp)>) -> Option<f64> {
    let (first, last) = span.filter(|(first, last)| last > first)?;
    Some(count as f64 / between(first, last).as_secs_f64())
}

fn percentiles(mut durations: Vec<Duration>) -> Option<Percentiles> {
    durations.sort_unstable();
    Some(Percentiles {
        p50: nearest_rank(&durations, 50)?,
        p90: nearest_rank(&durations, 90)?,
        p99: nearest_rank(&durations, 99)?,
        max: *durations.last()?,
    })
}

/// The smallest of the sorted values that `percent` of them do not exceed.
fn nearest_rank(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executions::load::CauseKind;
    use crate::report::style::since_1970;

    fn cause(detail: &str) -> FailureCause {
        FailureCause {
            kind: CauseKind::Execution,
            what: "Declined".to_owned(),
            detail: detail.to_owned(),
        }
    }

    fn passed(started: f64, stopped: f64) -> Ended {
        Ended {
            times: Some((since_1970(started), since_1970(stopped))),
            failed: None,
            execution_arn: Some("passed".to_owned()),
        }
    }

    fn failed(detail: &str, example: &str) -> Ended {
        Ended {
            times: Some((since_1970(0.0), since_1970(1.0))),
            failed: Some(cause(detail)),
            execution_arn: Some(example.to_owned()),
        }
    }

    fn tally(executions: impl IntoIterator<Item = Ended>) -> Tally {
        let mut tally = Tally::default();
        for ended in executions {
            tally.take(ended);
        }
        tally
    }

    #[test]
    fn percentiles_are_durations_that_occurred() {
        let hundred = tally((1..=100).rev().map(|n| passed(0.0, f64::from(n))));
        let seconds = hundred.figures().seconds.expect("durations");
        assert_eq!(
            [seconds.p50, seconds.p90],
            [50, 90].map(Duration::from_secs)
        );
        assert_eq!(
            [seconds.p99, seconds.max],
            [99, 100].map(Duration::from_secs)
        );

        let two = tally([passed(0.0, 1.0), passed(0.0, 3.0)]);
        let seconds = two.figures().seconds.expect("durations");
        assert_eq!(
            [seconds.p50, seconds.p90, seconds.p99],
            [1, 3, 3].map(Duration::from_secs)
        );

        let one = tally([passed(0.0, 7.0)]);
        let seconds = one.figures().seconds.expect("durations");
        assert_eq!([seconds.p50, seconds.max], [7, 7].map(Duration::from_secs));
    }

    #[test]
    fn the_rate_is_from_the_first_start_to_the_last_stop() {
        let figures = tally([passed(12.0, 13.0), passed(10.0, 11.0)]).figures();
        assert_eq!(figures.per_second, Some(2.0 / 3.0));
    }

    #[test]
    fn without_an_end_there_is_no_rate_and_no_percentile() {
        let refused = Ended {
            times: None,
            failed: Some(cause("refused")),
            execution_arn: None,
        };
        let figures = tally([refused]).figures();
        assert_eq!((figures.executions, figures.failed), (1, 1));
        assert_eq!((figures.per_second, figures.seconds), (None, None));
    }

    #[test]
    fn alike_failures_are_counted_with_the_first_as_their_example() {
        let figures = tally([
            failed("rare", "a"),
            failed("common", "b"),
            passed(0.0, 1.0),
            failed("common", "c"),
        ])
        .figures();
        assert_eq!((figures.passed, figures.failed), (1, 3));
        let failures = figures.failures.iter();
        let found: Vec<_> = failures
            .map(|alike| (&*alike.cause.detail, alike.count, alike.example.as_deref()))
            .collect();
        assert_eq!(found, [("common", 2, Some("b")), ("rare", 1, Some("a"))]);
    }

    #[test]
    fn all_tests_together_have_one_rate_and_one_list_of_failures() {
        let tallies = [
            tally([passed(10.0, 12.0), failed("common", "a")]),
            tally([passed(18.0, 20.0), failed("common", "b")]),
        ];
        let sum = Tally::sum(&tallies).figures();
        assert_eq!((sum.executions, sum.passed, sum.failed), (4, 2, 2));
        assert_eq!(sum.per_second, Some(4.0 / 20.0));
        assert_eq!(sum.failures.len(), 1);
        assert_eq!(sum.failures[0].count, 2);
        let progress = Progress::of(&tallies, 10);
        assert_eq!((progress.executions, progress.total), (4, 10));
        assert_eq!((progress.failed, progress.per_second), (2, sum.per_second));
    }
}
