//! The views: values in, markup out. Whatever they are given is escaped.

pub mod difference;
pub mod executions;
pub mod layout;
pub mod parts;
pub mod problem;
pub mod services;
pub mod source;
pub mod tests;
pub mod waiting;
pub mod workflow;

pub use layout::{Frame, Place, Section};
