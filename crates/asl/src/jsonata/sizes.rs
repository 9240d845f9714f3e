//! How much a value may hold.

use super::fault::{Fault, Limit};

/// The most items of a list: `[1..873782]` is accepted on AWS, and one more is not.
pub(super) const MAX_ITEMS: usize = 873_782;

/// The most UTF-16 units of a text, between what AWS accepts (2²²) and refuses (2²³).
pub(super) const MAX_TEXT: usize = 5 << 20;

/// Refuses a text before it is made.
pub(super) fn text_of_length(length: usize) -> Result<(), Fault> {
    if length > 4 * MAX_TEXT {
        return Err(Fault::Limit(Limit::Memory));
    }
    Ok(())
}
