//! The pages, a file for each: what it reads, and what it does.

pub(super) mod children;
pub(super) mod execution;
pub(super) mod executions;
pub(super) mod fork;
pub(super) mod services;
pub(super) mod start;
pub(super) mod state;
pub(super) mod test_run;
pub(super) mod waiting;
pub(super) mod workflow;
