//! A call that needs permissions.

use super::argument::Argument;
use crate::integrations::Operation;

/// One action of a call.
pub(super) struct Call<'a, 'd> {
    pub(super) action: &'a str,
    pub(super) operation: &'a Operation,
    pub(super) request: &'a Argument<'d>,
}
