//! The pages, a file for each: what it reads, and what it does.

pub(super) mod executions;
