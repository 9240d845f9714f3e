//! The Map Run of a distributed `Map` state, and those of its child executions that were read.

use serde::Serialize;

use super::run::Run;
use super::status::Status;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapRun {
    /// The index of the state.
    pub state: usize,
    pub map_run_arn: String,
    pub status: Status,
    pub redrives: u32,
    pub executions: ChildCounts,
    /// The executions that were read: those that failed first, or as many as there are.
    pub children: Vec<Run>,
}

/// How many child executions a Map Run has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ChildCounts {
    pub total: u64,
    pub waiting: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
}

impl MapRun {
    /// The last part of its ARN.
    pub fn name(&self) -> &str {
        let name = self.map_run_arn.rsplit(':').next();
        name.unwrap_or(&self.map_run_arn)
    }

    /// How many executions have begun of which nothing but their number is known.
    pub fn unread(&self) -> u64 {
        let begun = self.executions.total - self.executions.waiting.min(self.executions.total);
        begun.saturating_sub(self.children.len() as u64)
    }
}
