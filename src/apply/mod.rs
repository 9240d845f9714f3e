//! Runs a [`Plan`](crate::plan::Plan): the only writes, and the waits on them.

mod appeared;
mod backoff;
mod executor;
mod outputs;
mod run;
mod schedule;

pub use appeared::Found;
pub use backoff::Backoff;
pub use executor::{Executor, StepError};
pub use outputs::{Outputs, PublishedRelease};
pub use run::{Apply, Failure, Outcome};
