//! The Map Run of a distributed Map: its children in numbers, its limits, and where it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::child_execution::{ChildEnd, ChildExecution};
use super::child_results::{ChildNames, ChildResult};
use super::ids::TaskId;
use super::outcome::{Outcome, Status};
use super::stopped::Stopped;
use crate::failure::Failure;
use crate::states::{Batch, DataRequest, Tolerance};
use crate::{Packed, Payload, Timestamp};

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
    /// What the express children have returned, by index, if a redrive may need it: nothing else remembers it.
    pub outputs: Vec<(usize, Packed)>,
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
    /// Those that failed, and wait for their turn to be redriven.
    pub pending_redrive: usize,
    pub running: usize,
    pub succeeded: usize,
    pub failed: usize,
    pub timed_out: usize,
    pub aborted: usize,
    pub written: usize,
    /// Those of the unsuccessful ones that no redrive runs again.
    pub not_redrivable: usize,
}

/// A Map Run that continues after its failure.
#[derive(Clone, Debug)]
pub struct ResumedMapRun {
    pub redrive_count: u64,
    pub started: Timestamp,
    /// The children that were started before, by index. Others start as if for the first time.
    pub children: BTreeMap<usize, ResumedChild>,
}

#[derive(Clone, Debug)]
pub struct ResumedChild {
    pub started: Timestamp,
    pub stopped: Timestamp,
    pub redrive_count: u64,
    pub before: ChildBefore,
}

/// What became of a child before a redrive.
#[derive(Clone, Debug)]
pub enum ChildBefore {
    Succeeded(Payload),
    /// It goes on where it stopped, after this event.
    Stopped {
        input: Payload,
        at: Option<Stopped>,
        last_event: u64,
    },
    /// Its history has no room for more.
    Final {
        error: Option<String>,
        cause: Option<String>,
    },
}

#[derive(Debug)]
pub(super) struct MapRun {
    pub(super) arn: Arc<str>,
    pub(super) names: ChildNames,
    pub(super) started: Timestamp,
    pub(super) express: bool,
    pub(super) limits: MapRunLimits,
    pub(super) items: Counts,
    pub(super) executions: Counts,
    pub(super) phase: Phase,
    pub(super) writer: Option<DataRequest>,
    /// What there is to write, if anything is written.
    pub(super) results: Vec<ChildResult>,
    pub(super) resumed: Option<ResumedMapRun>,
    pub(super) changed: bool,
}

/// What a Map Run is doing.
#[derive(Debug)]
pub(super) enum Phase {
    /// Reads the items, which are there unless the caller says otherwise.
    Reading(TaskId, Arc<str>),
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
        match &self.phase {
            Phase::Reading(task, _) | Phase::Writing(task, _) => Some(*task),
            Phase::Running => None,
        }
    }

    pub(super) fn is_exceeded(&self) -> bool {
        let tolerance = Tolerance {
            count: self.limits.tolerated_failure_count,
            percentage: self.limits.tolerated_failure_percentage,
        };
        // Batches count by their items.
        tolerance.is_exceeded(self.items.failed + self.items.timed_out, self.items.total())
    }

    /// Counts a batch. If it was run before a redrive and is not run again, that is how it ended.
    pub(super) fn queue(&mut self, index: usize, batch: &Batch) -> Option<ChildEnd> {
        self.changed = true;
        let before = { self.resumed.as_ref() }.and_then(|run| run.children.get(&index));
        let redriven = before.is_some();
        self.items.queue(batch.items, redriven);
        self.executions.queue(1, redriven);
        let end = self.ended_before(index, batch, before?)?;
        self.child_started(batch.items, redriven);
        self.child_ended(&end);
        Some(end)
    }

    fn ended_before(&self, index: usize, batch: &Batch, before: &ResumedChild) -> Option<ChildEnd> {
        let mut outcome = Outcome {
            status: Status::Succeeded,
            output: None,
            error: None,
            cause: None,
        };
        match &before.before {
            ChildBefore::Stopped { .. } => return None,
            ChildBefore::Succeeded(output) => outcome.output = Some(output.clone()),
            ChildBefore::Final { error, cause } => {
                outcome.status = Status::Failed;
                outcome.error.clone_from(error);
                outcome.cause.clone_from(cause);
            }
        }
        let redrivable = outcome.status == Status::Succeeded;
        let (arn, name) = self.names.child(index);
        Some(ChildEnd {
            child: Arc::new(ChildExecution {
                arn,
                name,
                map_run_arn: Arc::clone(&self.arn),
                index,
                item_count: batch.items,
                input: batch.clone().open(index).0,
                started: before.started,
                redrive_count: before.redrive_count,
            }),
            outcome,
            stopped: before.stopped,
            redrivable,
        })
    }

    /// Where a child stopped that is redriven now.
    pub(super) fn redriven(&mut self, index: usize) -> Option<ResumedChild> {
        self.resumed.as_mut()?.children.remove(&index)
    }

    pub(super) fn child_started(&mut self, items: usize, redriven: bool) {
        self.changed = true;
        self.items.start(items, redriven);
        self.executions.start(1, redriven);
    }

    pub(super) fn child_ended(&mut self, end: &ChildEnd) {
        self.changed = true;
        self.items.end(end.child.item_count, end);
        self.executions.end(1, end);
        if self.writer.is_some() {
            self.results.push(end.into());
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
            outputs: Vec::new(),
        }
    }
}

impl Counts {
    #[must_use]
    pub fn total(&self) -> usize {
        let unsuccessful = self.failed + self.timed_out + self.aborted;
        self.pending + self.pending_redrive + self.running + self.succeeded + unsuccessful
    }

    fn queue(&mut self, count: usize, redriven: bool) {
        *self.waiting(redriven) += count;
    }

    fn start(&mut self, count: usize, redriven: bool) {
        let waiting = self.waiting(redriven);
        *waiting = waiting.saturating_sub(count);
        self.running += count;
    }

    fn waiting(&mut self, redriven: bool) -> &mut usize {
        match redriven {
            true => &mut self.pending_redrive,
            false => &mut self.pending,
        }
    }

    fn end(&mut self, count: usize, end: &ChildEnd) {
        self.running = self.running.saturating_sub(count);
        match end.outcome.status {
            Status::Succeeded => self.succeeded += count,
            Status::Aborted => self.aborted += count,
            Status::Failed => self.failed += count,
            Status::TimedOut => self.timed_out += count,
        }
        if !end.redrivable {
            self.not_redrivable += count;
        }
    }

    fn abort(&mut self) {
        self.aborted += self.running + self.pending + self.pending_redrive;
        (self.running, self.pending, self.pending_redrive) = (0, 0, 0);
    }
}
