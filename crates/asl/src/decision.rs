//! What an execution decides on: where a state leads, and whether its work runs again.

use std::sync::Arc;

/// Something in a state that leads on from it, or that runs its work again. The numbers count the entries of its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// The rule of a Choice that matched and led on.
    Rule(usize),
    /// The `Default` of a Choice.
    Default,
    /// The entry of `Retry` that matched a failure, whether or not it allowed another attempt.
    Retrier(usize),
    /// The entry of `Catch` that matched a failure and led on.
    Catcher(usize),
}

/// A decision, and the state that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub state: Arc<str>,
    pub decision: Decision,
}
