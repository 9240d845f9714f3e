//! Turns a panic into an error. The JSONata evaluator panics on some inputs, such as a date picture that makes no
//! sense; for us, that is an expression that cannot be evaluated.

use std::panic::{self, AssertUnwindSafe};

/// Runs `work`, whose state is not used again if it panics.
pub(super) fn catch_panic<R>(work: impl FnOnce() -> R) -> Result<R, &'static str> {
    panic::catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| "The expression uses something that the evaluator cannot handle")
}
