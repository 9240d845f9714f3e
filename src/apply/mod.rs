//! Runs a [`Plan`](crate::plan::Plan): the only writes, and the waits for them.

mod appeared;
mod backoff;
mod executor;
mod outputs;
mod run;
mod schedule;
mod step_error;

pub use appeared::Found;
pub use backoff::Backoff;
pub use executor::Executor;
pub use outputs::{Outputs, PublishedRelease};
pub use run::{Apply, Failure, Outcome};
pub use step_error::StepError;
