//! The Map Run of a distributed Map: its children in numbers, its limits, and where it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::child_execution::ChildEnd;
use super::ids::TaskId;
use super::outcome::Status;
use crate::failure::Failure;
use crate::states::{DataRequest, Tolerance};
use crate::{Payload, Timestamp};

/// A Map Run as its API shows it.
#[derive(Clone, Debug)]
pub struct MapRunReport {
    pub arn: Arc<str>,
    /// `None` while it runs.
    pub end: Option<Status>,
    pub started: Timestamp,
    pub stopped: Option<Timestamp>,
    pub limits: MapRunLimits,
    pub items: Counts,
    pub executions: Counts,
    pub redrive_count: u64,
    pub express: bool,
}

/// What a caller may change while a Map Run goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MapRunLimits {
    /// 0 if there is no limit.
    pub max_concurrency: usize,
    pub tolerated_failure_count: Option<f64>,
    pub tolerated_failure_percentage: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub pending: usize,
    pub running: usize,
    pub succeeded: usize,
    pub failed: usize,
    pub aborted: usize,
    pub written: usize,
}

/// A Map Run that continues after its failure.
#[derive(Clone, Debug)]
pub struct ResumedMapRun {
    pub arn: Arc<str>,
    pub redrive_count: u64,
    /// The children that were started before, by index.
    pub children: BTreeMap<usize, ResumedChild>,
}

#[derive(Clone, Debug)]
pub struct ResumedChild {
    pub arn: Arc<str>,
    pub name: String,
    pub started: Timestamp,
    pub stopped: Timestamp,
    pub redrive_count: u64,
    /// The output of one that has succeeded.
    pub output: Option<Payload>,
}

#[derive(Debug)]
pub(super) struct MapRun {
    pub(super) arn: Arc<str>,
    /// The `machine/label` of the ARNs of children.
    pub(super) name: String,
    pub(super) started: Timestamp,
    pub(super) express: bool,
    pub(super) limits: MapRunLimits,
    pub(super) items: Counts,
    pub(super) executions: Counts,
    pub(super) phase: Phase,
    pub(super) writer: Option<DataRequest>,
    /// What there is to write, if anything is written.
    pub(super) results: Vec<ChildEnd>,
    pub(super) resumed: Option<ResumedMapRun>,
    pub(super) changed: bool,
}

/// What a Map Run is doing.
#[derive(Debug)]
pub(super) enum Phase {
    Reading(TaskId),
    Running,
    /// Writes the results, and then ends, with this failure if there is one.
    Writing(TaskId, Option<Failure>),
}

impl MapRun {
    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    /// The call that it waits for.
    pub(super) fn task(&self) -> Option<TaskId> {
        match self.phase {
            Phase::Reading(task) | Phase::Writing(task, _) => Some(task),
            Phase::Running => None,
        }
    }

    pub(super) fn is_exceeded(&self) -> bool {
        let tolerance = Tolerance {
            count: self.limits.tolerated_failure_count,
            percentage: self.limits.tolerated_failure_percentage,
        };
        // Batches count by their items.
        tolerance.is_exceeded(self.items.failed, self.items.total())
    }

    pub(super) fn child_pending(&mut self, items: usize) {
        self.changed = true;
        self.items.pending += items;
        self.executions.pending += 1;
    }

    pub(super) fn child_started(&mut self, items: usize) {
        self.changed = true;
        self.items.start(items);
        self.executions.start(1);
    }

    pub(super) fn child_ended(&mut self, end: &ChildEnd) {
        self.changed = true;
        self.items.end(end.child.item_count, end.outcome.status);
        self.executions.end(1, end.outcome.status);
        if self.writer.is_some() {
            self.results.push(end.clone());
        }
    }

    /// Nothing runs any more, and nothing else will.
    pub(super) fn all_aborted(&mut self) {
        self.changed = true;
        self.items.abort();
        self.executions.abort();
    }

    pub(super) fn report(&self, end: Option<Status>, now: Timestamp) -> MapRunReport {
        MapRunReport {
            arn: Arc::clone(&self.arn),
            end,
            started: self.started,
            stopped: end.map(|_| now),
            limits: self.limits,
            items: self.items,
            executions: self.executions,
            redrive_count: self.resumed.as_ref().map_or(0, |run| run.redrive_count),
            express: self.express,
        }
    }
}

impl Counts {
    #[must_use]
    pub fn total(&self) -> usize {
        self.pending + self.running + self.succeeded + self.failed + self.aborted
    }

    fn start(&mut self, count: usize) {
        self.pending = self.pending.saturating_sub(count);
        self.running += count;
    }

    fn end(&mut self, count: usize, status: Status) {
        self.running = self.running.saturating_sub(count);
        match status {
            Status::Succeeded => self.succeeded += count,
            Status::Aborted => self.aborted += count,
            Status::Failed | Status::TimedOut => self.failed += count,
        }
    }

    fn abort(&mut self) {
        self.aborted += self.running + self.pending;
        (self.running, self.pending) = (0, 0);
    }
}
