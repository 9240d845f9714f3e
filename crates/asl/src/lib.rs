//! The Amazon States Language, as AWS runs it.

pub mod source;
