//! What the handlers of the transaction workflow share.
//!
//! - [`Transaction`]: the input of the workflow, a [`Purchase`] or a [`Refund`]
//! - [`Outcome`]: what the purchase and refund handlers answer, and the result handler takes
//! - [`Receipt`]: what the result handler answers, which is the output of the workflow
//! - [`Error`]: what a handler fails with, and which failures may pass on their own
//! - [`serve`]: the loop around a handler, with its logs and its errors
//!
//! A value that exists is valid: every type here checks itself when it is parsed.

mod error;
mod id;
mod money;
mod outcome;
mod serve;
mod transaction;

pub use error::Error;
pub use id::{Id, InvalidId};
pub use money::{InvalidMoney, Money};
pub use outcome::{Authorization, Credit, Outcome, Receipt, Status};
pub use serve::serve;
pub use transaction::{Purchase, Refund, Transaction};
