//! The child executions of a Map Run in numbers.

use schemars::JsonSchema;
use serde::Serialize;

/// How many child executions a Map Run has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ChildCounts {
    pub total: u64,
    pub waiting: u64,
    pub running: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub timed_out: u64,
    pub aborted: u64,
}
