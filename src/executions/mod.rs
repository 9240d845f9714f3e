//! Executions: started, watched, read, checked.

mod cause;
mod check;
mod compare;
mod definition;
mod events;
mod history;
mod list;
pub mod load;
mod masked;
mod read;
mod run;
mod start;
mod stop;
mod tree;

pub use cause::Cause;
pub use check::{Mismatch, check};
pub use definition::definition;
pub use history::{Attempt, Failure, History, News, StateRun, Told};
pub use list::{Listed, find, list};
pub use read::{json, read};
pub use run::{Run, Status};
pub use start::{Start, execute};
pub use stop::{redrive, stop};
pub use tree::{Outcome, Tree};
