//! An execution that goes on after it failed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::map_run::ResumedMapRun;
use super::stopped::Stopped;
use crate::Timestamp;

/// What an execution that is redriven did before.
#[derive(Clone, Debug)]
pub struct Redrive {
    /// How many times it was redriven, with this time.
    pub count: u64,
    pub time: Timestamp,
    /// When the execution started.
    pub started: Timestamp,
    /// The id of its last event, which is that of this redrive.
    pub last_event: u64,
    /// Where it stopped. `None` if that was before its first state.
    pub at: Option<Stopped>,
    /// The Map Runs that go on.
    pub map_runs: BTreeMap<Arc<str>, ResumedMapRun>,
}
