//! What AWS holds now, in the vocabulary of [`crate::desired`].

mod observed;

pub use observed::*;
