//! The IAM documents around a stack: the least policy that txflow needs, the boundary of the stack's roles, and whom the
//! deploying role trusts (pure).
//!
//! The policy is read off what the kinds of resources say that they do. Tests run every command against the embedded
//! AWS with nothing else allowed.

mod boundary;
mod command;
mod document;
mod permission;
mod trust;

pub use boundary::boundary;
pub use command::Command;
pub use document::{Scope, document, permissions};
pub use permission::{Permission, Target, with_parts};
pub use trust::{Repository, Subject, trust};

/// A managed policy has so many characters at most, white space not counted.
pub const SIZE_LIMIT: usize = 6144;
