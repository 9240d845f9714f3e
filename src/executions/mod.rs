//! Executions: started, watched, read, checked.

mod check;
mod events;
mod history;
mod list;
pub mod load;
mod logs;
mod read;
mod run;
mod start;

pub use check::{Mismatch, check};
pub use history::{Attempt, Failure, History, News, StateRun, Told};
pub use list::{Listed, find, list};
pub use logs::last_lines;
pub use read::read;
pub use run::{Run, Status};
pub use start::{Start, execute, watch};
