//! The times of executions.

mod time;

pub use time::between;
pub(crate) use time::rfc3339;
