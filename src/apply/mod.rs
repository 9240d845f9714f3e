//! Runs a [`Plan`](crate::plan::Plan): the only writes, and the waits for them.

#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod appeared;
mod backoff;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod executor;
#[expect(clippy::disallowed_types, reason = "knows when a policy was written")]
mod outputs;
#[expect(clippy::disallowed_types, reason = "calls AWS")]
mod run;
mod schedule;
mod step_error;

pub use appeared::Found;
pub use backoff::Backoff;
#[expect(clippy::disallowed_types, reason = "its own")]
pub use executor::Executor;
pub use outputs::{Outputs, PublishedRelease};
pub use run::{Apply, ApplyOutcome, Failure};
pub use step_error::StepError;
