//! One entry into a state, with the attempts of its task.

use serde_json::Value;

use crate::{Payload, TaskError, TaskResult, Timestamp};

/// One entry into a state.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) state: String,
    /// How many visits of the same state are before it.
    pub(super) occurrence: usize,
    /// Such as `Task`.
    pub(super) kind: String,
    pub(super) input: Payload,
    pub(super) attempts: Vec<Attempt>,
    /// How many times its branches or iterations began.
    pub(super) runs: usize,
    /// Whether its branches or iterations failed the last time.
    pub(super) failed: bool,
    /// An error outside of any attempt.
    pub(super) error: Option<TaskError>,
    pub(super) exit: Option<Exit>,
}

#[derive(Debug)]
pub(super) struct Exit {
    pub(super) output: Payload,
    pub(super) assigned: Value,
}

/// One call of a task.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) resource: String,
    pub(super) parameters: Payload,
    pub(super) scheduled: Timestamp,
    /// After how many redrives it was made.
    pub(super) redrives: usize,
    /// What the call returned, of a task that went on after it.
    pub(super) submitted: Option<Payload>,
    pub(super) end: Option<End>,
}

/// How an attempt ended.
#[derive(Debug)]
pub(super) struct End {
    /// The event, by which ends at the same time are ordered.
    pub(super) event: u64,
    pub(super) after_millis: u64,
    pub(super) timed_out: bool,
    pub(super) result: TaskResult,
}

impl Visit {
    /// How many times its work began, since the last redrive that it took part in.
    pub(super) fn tries(&self) -> usize {
        self.tries_after(self.redrives())
    }

    /// The same between a redrive and the next one.
    pub(super) fn tries_after(&self, redrives: usize) -> usize {
        self.runs.max(self.attempts_after(redrives).count())
    }

    pub(super) fn attempts_after(&self, redrives: usize) -> impl Iterator<Item = &Attempt> {
        let attempts = self.attempts.iter();
        attempts.filter(move |attempt| attempt.redrives == redrives)
    }

    /// After how many redrives its last attempt was made.
    pub(super) fn redrives(&self) -> usize {
        self.attempts.last().map_or(0, |last| last.redrives)
    }

    /// Why it failed, if it did.
    pub(super) fn failure(&self) -> Option<&TaskError> {
        let last = self
            .attempts
            .last()
            .and_then(|attempt| attempt.end.as_ref());
        let failed = last.and_then(|end| end.result.as_ref().err());
        self.error.as_ref().or(failed)
    }

    /// The attempt that is to this visit what the nth one is to another: counted from the redrive before it.
    pub(super) fn attempt_like(&self, other: &Self, nth: usize) -> Option<&Attempt> {
        let redrives = other.attempts.get(nth)?.redrives;
        let attempts = other.attempts.iter();
        let before = attempts.take_while(|attempt| attempt.redrives < redrives);
        self.attempts_after(redrives).nth(nth - before.count())
    }

    /// Whether its attempts before a redrive are missing in a replay only since the execution ended before they were made.
    pub(super) fn was_cut_off(&self, replayed: &Self, redrives: usize) -> bool {
        redrives < self.redrives() && replayed.attempts_after(redrives).next().is_none()
    }
}
