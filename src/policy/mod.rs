//! The least IAM policy that txflow needs (pure).
//!
//! [`table`] says which command needs which action. Tests hold it to the calls in the source, and run every command
//! against the embedded AWS with nothing else allowed.

mod command;
mod document;
pub mod table;

pub use command::Command;
pub use document::{Scope, document};
