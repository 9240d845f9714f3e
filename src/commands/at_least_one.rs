//! A number of things to do or to show.

use std::num::NonZeroUsize;

/// Reads the value of an option.
pub(super) fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    let number = text.parse::<NonZeroUsize>();
    number.map_err(|_| "pass a whole number that is at least 1".to_owned())
}
