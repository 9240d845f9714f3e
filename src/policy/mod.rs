//! The IAM documents around a stack: the minimal policy that txflow needs, the boundary of the stack's roles, and the
//! trust policy of the deploying role (pure).
//!
//! The policy is derived from the operations of each kind of resource. Tests run every command against the embedded
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

/// The maximum number of characters in a managed policy, not counting white space.
pub const SIZE_LIMIT: usize = 6144;
