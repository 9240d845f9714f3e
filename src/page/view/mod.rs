//! The views: values in, markup out. Whatever they are given is escaped.

pub mod executions;
pub mod layout;
pub mod parts;
pub mod problem;

pub use layout::{Frame, Place, Section};
