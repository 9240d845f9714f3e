//! Who calls when a task runs.

use crate::timing::Time;

/// The identity that an execution calls with.
#[derive(Clone)]
pub(in crate::states) struct Caller {
    pub(in crate::states) role: String,
    /// The execution's name, which is also the session's.
    pub(in crate::states) execution: String,
    /// The state machine's region.
    pub(in crate::states) region: String,
    /// The ARN on which the execution was started.
    pub(in crate::states) source: String,
    /// The ARN on whose behalf the role is assumed, which trust policies see.
    pub(in crate::states) assumed_for: String,
    /// How the executions wait that it starts, if it says so.
    pub(in crate::states) time: Option<Time>,
}
