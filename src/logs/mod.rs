//! The logs of the handlers: read, merged in time order, followed, and assigned to executions.

#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod execution;
mod follow;
mod invocations;
mod line;
mod matching;
mod platform;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod read;
mod record;
#[expect(clippy::disallowed_types, reason = "reads AWS")]
mod recorded;
mod streams;

pub use execution::{ExecutionLine, group_of, of_attempt, of_execution, of_request, of_state};
pub use follow::{Follower, INTERVAL};
pub use line::{LogGroup, LogLine};
pub use read::{Read, Window, read};
pub use record::readable;
pub use recorded::{all_recorded, recorded};
pub use streams::Streams;
