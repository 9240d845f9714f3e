//! What came of the last test run of a stack: kept in `.txflow/`, so that it can be looked at while the tests run and
//! afterwards.

mod coverage;
#[expect(clippy::disallowed_types, reason = "reads and writes its files")]
mod file;
mod result;
mod time;

pub use coverage::LastCoverage;
pub use file::Place;
pub use result::{ExecutionFailure, LastTest, LastTests, Progress, Unmet};
