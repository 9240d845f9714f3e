//! Executions: started, watched, read, checked.

mod cause;
mod check;
mod compare;
mod events;
mod history;
mod list;
mod logs;
mod read;
mod run;
mod start;
mod tree;

pub use cause::Cause;
pub use check::{Mismatch, check};
pub use history::{Attempt, Failure, History, News, StateRun, Told};
pub use list::{Listed, find, list};
pub use logs::last_lines;
pub use read::read;
pub use run::{Run, Status};
pub use start::{Start, execute, watch};
pub use tree::{Outcome, Tree};
