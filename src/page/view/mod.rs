//! The views: values in, markup out. Whatever they are given is escaped.

pub mod edit;
pub mod execution;
pub mod executions;
pub mod layout;
pub mod parts;
pub mod problem;
pub mod state;
pub mod timeline;

pub use layout::{Frame, Place, Section};

#[cfg(test)]
mod tests;
