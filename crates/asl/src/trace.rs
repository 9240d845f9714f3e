use std::cell::RefCell;

use crate::Payload;

/// The steps of the data flow of one visit, as `TestState` shows them.
#[derive(Debug, Default)]
pub(crate) struct Trace(RefCell<Vec<(&'static str, Payload)>>);

impl Trace {
    pub(crate) fn note(&self, step: &'static str, payload: Payload) {
        self.0.borrow_mut().push((step, payload));
    }

    pub(crate) fn into_steps(self) -> Vec<(&'static str, Payload)> {
        self.0.into_inner()
    }
}
