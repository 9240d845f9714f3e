//! The edge around the JSONata evaluator, in which some texts find a panic, such as a picture of a date that makes no
//! sense. Here that is an expression that cannot be evaluated.

use std::panic::{self, AssertUnwindSafe};

/// Does `work`, whose state is not used again if it panics.
pub(super) fn catch_panic<R>(work: impl FnOnce() -> R) -> Result<R, &'static str> {
    panic::catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| "The expression uses something that the evaluator cannot handle")
}
