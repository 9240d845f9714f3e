//! The IAM documents around a stack: the least policy that txflow needs, the boundary of the stack's roles, and whom the
//! deploying role trusts (pure).
//!
//! [`table`] says which command needs which action. Tests hold it to the calls in the source, and run every command
//! against the embedded AWS with nothing else allowed.

mod boundary;
mod command;
mod document;
pub mod table;
mod trust;

pub use boundary::boundary;
pub use command::Command;
pub use document::{Scope, document};
pub use trust::{Repository, Subject, trust};

/// A managed policy has so many characters at most, white space not counted.
pub const SIZE_LIMIT: usize = 6144;
