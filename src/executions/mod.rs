//! Start, watch, check: what `txflow test` does.

mod check;
mod history;
mod logs;
mod run;
mod start;

pub use check::{Mismatch, check};
pub use logs::last_lines;
pub use run::{History, Run, StateRun, Told};
pub use start::{Start, execute};
