//! The pages, a file for each: what it reads, and what it does.

pub(super) mod executions;
pub(super) mod services;
pub(super) mod tests;
pub(super) mod waiting;
pub(super) mod workflow;
