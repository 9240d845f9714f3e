//! Runs a [`Plan`](crate::plan::Plan): the only writes, and the waits on them.

mod alias;
mod appeared;
mod backoff;
mod execute;
mod function_settings;
mod functions;
mod log_groups;
mod outputs;
mod roles;
mod run;
mod schedule;
mod state_machines;

pub use execute::StepError;
pub use outputs::{Learned, PublishedRelease};
pub use run::{Apply, Failure, Outcome};
