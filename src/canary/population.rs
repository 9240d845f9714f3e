//! The executions of both releases in one step.

use std::time::Duration;

use jiff::Timestamp;

use crate::config::ExecutionStatus;
use crate::executions::{Status, between};

/// One execution that was started on the alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    pub release: u64,
    pub started: Timestamp,
    /// When it ended, if it has.
    pub stopped: Option<Timestamp>,
    pub status: Status,
}

/// Those of the old release and of the new one.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    pub old: Group,
    pub new: Group,
}

/// The executions of one release.
#[derive(Debug, Clone, Default)]
pub struct Group {
    pub(super) failed: u32,
    /// Somebody stopped them, which says nothing about the release; they count nowhere else.
    pub(super) aborted: u32,
    /// How long those took that have ended.
    pub(super) took: Vec<Duration>,
    /// For how long the others have been running.
    pub(super) running: Vec<Duration>,
}

impl Samples {
    /// Of the executions that were started since a step began.
    pub fn new(
        all: impl IntoIterator<Item = Sample>,
        (old, new): (u64, u64),
        since: Timestamp,
        now: Timestamp,
    ) -> Self {
        let mut samples = Self::default();
        for sample in all.into_iter().filter(|sample| sample.started >= since) {
            if sample.release == old {
                samples.old.take(sample, now);
            } else if sample.release == new {
                samples.new.take(sample, now);
            }
        }
        samples
    }
}

impl Group {
    fn take(&mut self, sample: Sample, now: Timestamp) {
        let elapsed = between(sample.started, sample.stopped.unwrap_or(now));
        match sample.status {
            Status::Running => self.running.push(elapsed),
            Status::Ended(ExecutionStatus::Aborted) => self.aborted += 1,
            Status::Ended(ExecutionStatus::Succeeded) => self.took.push(elapsed),
            Status::Ended(ExecutionStatus::Failed | ExecutionStatus::TimedOut)
            | Status::PendingRedrive => {
                self.failed += 1;
                self.took.push(elapsed);
            }
        }
    }

    pub(super) fn ended(&self) -> u32 {
        count(self.took.len())
    }

    pub(super) fn started(&self) -> u32 {
        self.ended() + count(self.running.len())
    }

    /// So many percent of those that have ended took no longer.
    pub(super) fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut took = self.took.clone();
        let rank = (took.len() * percent).div_ceil(100).checked_sub(1)?;
        Some(*took.select_nth_unstable(rank).1)
    }

    /// How many took longer than this, also of those that still run, and among how many.
    pub(super) fn longer_than(&self, limit: Duration) -> (u32, u32) {
        let longer = |durations: &[Duration]| durations.iter().filter(|one| **one > limit).count();
        let (ended, running) = (longer(&self.took), longer(&self.running));
        (count(ended + running), self.ended() + count(running))
    }
}

fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::style::since_1970;

    #[test]
    fn executions_count_for_their_release_and_their_step() {
        let sample = |release, started, took: Option<f64>, status| Sample {
            release,
            started: since_1970(started),
            stopped: took.map(|took| since_1970(started + took)),
            status,
        };
        use ExecutionStatus::{Aborted, Failed, Succeeded, TimedOut};
        let samples = Samples::new(
            [
                sample(6, 50.0, Some(1.0), Status::Ended(Failed)),
                sample(6, 100.0, Some(1.0), Status::Ended(Succeeded)),
                sample(7, 101.0, Some(3.0), Status::Ended(Failed)),
                sample(7, 101.0, Some(4.0), Status::Ended(TimedOut)),
                sample(7, 102.0, Some(9.0), Status::Ended(Aborted)),
                sample(7, 103.0, None, Status::Running),
                sample(5, 103.0, None, Status::Running),
            ],
            (6, 7),
            since_1970(100.0),
            since_1970(113.0),
        );
        assert_eq!((samples.old.started(), samples.old.failed), (1, 0));
        let new = samples.new;
        assert_eq!(
            (new.started(), new.ended(), new.failed, new.aborted),
            (3, 2, 2, 1)
        );
        assert_eq!(new.longer_than(Duration::from_millis(3500)), (2, 3));
        assert_eq!(new.longer_than(Duration::from_secs(10)), (0, 2));
    }

    #[test]
    fn a_percentile_is_a_duration_that_was_measured() {
        let mut group = Group {
            took: (1..=200).rev().map(Duration::from_secs).collect(),
            ..Group::default()
        };
        assert_eq!(group.percentile(50), Some(Duration::from_secs(100)));
        assert_eq!(group.percentile(99), Some(Duration::from_secs(198)));
        group.took.truncate(1);
        assert_eq!(group.percentile(99), Some(Duration::from_secs(200)));
        assert_eq!(Group::default().percentile(99), None);
    }
}
