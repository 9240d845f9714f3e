//! The views: values in, markup out. Whatever they are given is escaped.

pub mod children;
pub mod difference;
pub mod edit;
pub mod execution;
pub mod executions;
pub mod layout;
pub mod parts;
pub mod problem;
pub mod running;
pub mod services;
pub mod source;
pub mod state;
pub mod test_run;
pub mod timeline;
pub mod waiting;
pub mod workflow;

pub use layout::{Frame, Place, Section};

#[cfg(test)]
mod tests;
